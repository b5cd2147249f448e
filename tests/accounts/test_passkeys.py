"""Passkeys: added, asked for, and believed only when all of it is right."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support.authenticator import Authenticator, add_passkey, b64, unb64
from tests.support.factors import log_in, set_up_app
from tests.support.http import PASSWORD, Answer, Api, Client, Person, running_api
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.platform.web.subjects import CSRF_HEADER

PASSKEYS = "/api/v1/auth/passkeys"


async def sign_in(client: Client, authenticator: Authenticator, **changes: Any) -> Answer:
    """Log in with nothing but the passkey; `changes` go into the client data."""
    options = (await client.ok("POST", f"{PASSKEYS}/challenge"))["options"]
    return await client.post(f"{PASSKEYS}/sessions", {"credential": authenticator.answer(options, **changes)})


# -------------------------------------------------------------------------------------------------------------- keeping


async def test_the_first_passkey_comes_with_recovery_codes(api: Api, person: Person) -> None:
    first = await add_passkey(person, Authenticator.of(person), "Laptop")
    assert first["passkey"]["name"] == "Laptop"
    assert len(first["recovery_codes"]) == 10
    second = await add_passkey(person, Authenticator.of(person), "Key on the ring")
    assert second["recovery_codes"] is None
    items = (await person.ok("GET", "/auth/passkeys"))["items"]
    assert [item["name"] for item in items] == ["Key on the ring", "Laptop"]
    assert (await person.ok("GET", "/auth/factors"))["passkeys"] == items


async def test_a_browser_is_told_what_a_passkey_has_to_be(person: Person) -> None:
    mine = Authenticator.of(person)
    await add_passkey(person, mine)
    options = (await person.ok("POST", "/auth/passkeys/registration"))["options"]
    assert options["rp"] == {"id": "localhost", "name": "Tradewind"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [each["id"] for each in options["excludeCredentials"]] == [b64(mine.credential_id)]
    assert person.email.encode() not in unb64(options["user"]["id"]), "the user handle tells nothing of the person"


async def test_a_passkey_gets_another_name_and_goes(api: Api, person: Person) -> None:
    mine = Authenticator.of(person)
    added = (await add_passkey(person, mine))["passkey"]
    renamed = await person.ok("PATCH", f"/auth/passkeys/{added['id']}", json={"name": " Old laptop "})
    assert renamed["name"] == "Old laptop"
    await person.ok("DELETE", f"/auth/passkeys/{added['id']}")
    overview = await person.ok("GET", "/auth/factors")
    assert (overview["passkeys"], overview["recovery_codes_left"]) == ([], 0)
    assert (await sign_in(api.client(), mine)).code == "invalid_second_factor"
    assert (await log_in(api.client(), person)).status == 200, "the password is always another way in"


async def test_with_an_app_left_the_recovery_codes_stay(person: Person) -> None:
    added = (await add_passkey(person, Authenticator.of(person)))["passkey"]
    await set_up_app(person)
    await person.ok("DELETE", f"/auth/passkeys/{added['id']}")
    assert (await person.ok("GET", "/auth/factors"))["recovery_codes_left"] == 10


async def test_a_credential_is_kept_once(api: Api, person: Person) -> None:
    mine, other = Authenticator.of(person), await api.register()
    await add_passkey(person, mine)
    for who in (person, other):
        options = (await who.ok("POST", "/auth/passkeys/registration"))["options"]
        again = await who.post("/auth/passkeys", {"name": "again", "credential": mine.make(options)})
        assert again.code == "invalid_second_factor"


async def test_a_registration_answers_the_challenge_of_its_own_session_once(api: Api, person: Person) -> None:
    other = await api.register()
    options = (await person.ok("POST", "/auth/passkeys/registration"))["options"]
    credential = Authenticator.of(person).make(options)
    body = {"name": "mine", "credential": credential}
    assert (await other.post("/auth/passkeys", body)).code == "invalid_second_factor"
    browser = await api.browser(person)
    assert (await browser.post(PASSKEYS, body)).code == "invalid_second_factor"
    answers = await asyncio.gather(*(person.post("/auth/passkeys", body) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [201, 401, 401]


@pytest.mark.parametrize(
    ("authenticator", "changes"),
    [
        ({"origin": "http://evil.example"}, {}),
        ({"origin": "https://localhost"}, {}),
        ({"rp_id": "evil.example"}, {}),
        ({"verifies": False}, {}),
        ({}, {"type": "webauthn.get"}),
        ({}, {"challenge": b64(b"made up" * 9)}),
    ],
)
async def test_a_registration_for_another_site_or_challenge_is_none(
    person: Person, authenticator: dict[str, Any], changes: dict[str, Any]
) -> None:
    mine = Authenticator.of(person)
    for name, value in authenticator.items():
        setattr(mine, name, value)
    options = (await person.ok("POST", "/auth/passkeys/registration"))["options"]
    answer = await person.post("/auth/passkeys", {"name": "mine", "credential": mine.make(options, **changes)})
    assert (answer.status, answer.code) == (401, "invalid_second_factor")


async def test_there_is_an_end_to_passkeys(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    await add_passkey(person, Authenticator.of(person))
    more = (
        "insert into passkeys select gen_random_uuid(), user_id, credential_id || n::text::bytea, public_key, 0, '{}', "
        "false, 'more', now(), null from passkeys, generate_series(1, 19) n"
    )
    async with system_database.writing() as session:
        await session.execute(text(more))
    options = (await person.ok("POST", "/auth/passkeys/registration"))["options"]
    credential = Authenticator.of(person).make(options)
    answer = await person.post("/auth/passkeys", {"name": "one more", "credential": credential})
    assert (answer.status, answer.code) == (409, "passkey_limit_reached")


# ------------------------------------------------------------------------------------------------------- nothing but it


async def test_a_passkey_alone_logs_in(api: Api, person: Person) -> None:
    mine, client = Authenticator.of(person), api.client()
    await add_passkey(person, mine)
    opened = await sign_in(client, mine)
    assert opened.status == 201
    assert opened.json["user"]["email"] == person.email
    me = await client.ok("GET", "/api/v1/user/me")
    assert me["user"]["id"] == str(person.id)
    client.headers[CSRF_HEADER] = opened.json["csrf_token"]
    assert (await client.post("/api/v1/auth/enable-2fa")).status == 200, "which is proof enough for a while"
    (item,) = (await person.ok("GET", "/auth/passkeys"))["items"]
    assert item["last_used_at"] is not None


async def test_an_assertion_works_once(api: Api, person: Person) -> None:
    mine, client = Authenticator.of(person), api.client()
    await add_passkey(person, mine)
    options = (await client.ok("POST", f"{PASSKEYS}/challenge"))["options"]
    body = {"credential": mine.answer(options)}
    answers = await asyncio.gather(*(api.client().post(f"{PASSKEYS}/sessions", body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 401, 401, 401]


@pytest.mark.parametrize(
    ("authenticator", "changes"),
    [
        ({"origin": "http://evil.example"}, {}),
        ({"origin": "https://localhost"}, {}),
        ({"rp_id": "evil.example"}, {}),
        ({"verifies": False}, {}),
        ({"user_handle": bytes(16)}, {}),
        ({"user_handle": b"short"}, {}),
        ({"credential_id": b"unknown" * 4}, {}),
        ({}, {"type": "webauthn.create"}),
        ({}, {"challenge": b64(b"made up" * 9)}),
    ],
)
async def test_an_assertion_for_another_site_person_or_challenge_is_none(
    api: Api, person: Person, authenticator: dict[str, Any], changes: dict[str, Any]
) -> None:
    mine, client = Authenticator.of(person), api.client()
    await add_passkey(person, mine)
    for name, value in authenticator.items():
        setattr(mine, name, value)
    answer = await sign_in(client, mine, **changes)
    assert (answer.status, answer.code) == (401, "invalid_second_factor")
    assert "Set-Cookie" not in answer.headers


async def test_another_key_does_not_sign_for_a_passkey(api: Api, person: Person) -> None:
    mine, thief = Authenticator.of(person), Authenticator.of(person)
    await add_passkey(person, mine)
    thief.credential_id, thief.user_handle, thief.counter = mine.credential_id, mine.user_handle, 100
    assert (await sign_in(api.client(), thief)).code == "invalid_second_factor"


async def test_somebody_who_was_shut_out_does_not_get_in_by_passkey(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    mine = Authenticator.of(person)
    await add_passkey(person, mine)
    async with system_database.writing() as session:
        await session.execute(text("update users set is_active = false"))
    assert (await sign_in(own_api.client(), mine)).code == "invalid_second_factor"


async def test_a_counter_that_goes_back_shows_a_copy(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    mine = Authenticator.of(person, counter=41)
    await add_passkey(person, mine)
    assert (await sign_in(own_api.client(), mine)).status == 201
    for told in (41, 40, 0, -1):  # each answer adds one
        mine.counter = told
        assert (await sign_in(own_api.client(), mine)).code == "invalid_second_factor", told + 1
    mine.counter = 42
    assert (await sign_in(own_api.client(), mine)).status == 201
    async with system_database.reading() as session:
        counters = (
            await session.scalars(
                text("select payload->>'counter' from events where type = 'security_passkey_regressed' order by id")
            )
        ).all()
    assert counters == ["42", "41", "1", "0"]


async def test_authenticators_that_do_not_count_are_believed(api: Api, person: Person) -> None:
    mine = Authenticator.of(person, counter=None)
    await add_passkey(person, mine)
    for _ in range(2):
        assert (await sign_in(api.client(), mine)).status == 201


# -------------------------------------------------------------------------------------------------------- second factor


async def test_a_passkey_is_the_second_step_after_the_password(api: Api, person: Person) -> None:
    mine, client = Authenticator.of(person), api.client()
    await add_passkey(person, mine)
    asked = await log_in(client, person)
    assert (asked.code, asked.json["accepted"]) == ("second_factor_required", ["passkey", "recovery_code"])
    options = asked.json["passkey_options"]
    assert [each["id"] for each in options["allowCredentials"]] == [b64(mine.credential_id)]
    proof = mine.answer(options)
    wrong = {"email": person.email, "password": "wrong" * 4, "passkey": proof}
    assert (await client.post("/api/v1/auth/login", wrong)).code == "invalid_credentials"
    credentials = {"email": person.email, "password": PASSWORD, "passkey": proof}
    assert (await client.post("/api/v1/auth/sessions", credentials)).status == 201
    assert (await client.post("/api/v1/auth/sessions", credentials)).code == "invalid_second_factor", "once"


async def test_a_challenge_is_for_its_purpose_and_person_only(api: Api, person: Person) -> None:
    mine, other = Authenticator.of(person), await api.register()
    theirs = Authenticator.of(other)
    await add_passkey(person, mine)
    await add_passkey(other, theirs)
    client = api.client()
    second_step = (await log_in(client, person)).json["passkey_options"]
    of_another = (await log_in(client, other)).json["passkey_options"]
    passwordless = (await client.ok("POST", f"{PASSKEYS}/challenge"))["options"]
    step_up = (await person.ok("POST", "/auth/step-up/challenge"))["passkey_options"]
    for options in (of_another, passwordless, step_up):
        answer = await log_in(client, person, passkey=mine.answer(options))
        assert answer.code == "invalid_second_factor"
    for options in (second_step, step_up):
        answer = await client.post(f"{PASSKEYS}/sessions", {"credential": mine.answer(options)})
        assert answer.code == "invalid_second_factor"
    for options in (second_step, passwordless):
        answer = await person.post("/auth/step-up", {"passkey": mine.answer(options)})
        assert answer.code == "invalid_second_factor"
    assert (await log_in(client, person, passkey=theirs.answer(second_step))).code == "invalid_second_factor"
    assert (await log_in(client, person, passkey=mine.answer(second_step))).status == 200


# ------------------------------------------------------------------------------------------------------------ odd input


async def test_an_installation_without_a_name_has_no_passkeys(settings: Settings) -> None:
    async with running_api(settings.model_copy(update={"public_url": "http://127.0.0.1:8000"})) as api:
        person = await api.register()
        assert (await person.ok("GET", "/auth/factors"))["passkeys_available"] is False
        for method, path in (("POST", "/auth/passkeys/registration"), ("POST", "/auth/passkeys/challenge")):
            answer = await person.client.request(method, "/api/v1" + path)
            assert (answer.status, answer.code) == (409, "passkeys_unavailable")
        app = await set_up_app(person)
        assert (await log_in(api.client(), person, totp_code=app.code(1))).status == 200


@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "clientDataJSON": st.binary(max_size=40).map(b64) | st.text(max_size=20),
            "authenticatorData": st.binary(max_size=120).map(b64) | st.text(max_size=20),
            "signature": st.binary(max_size=80).map(b64) | st.none(),
            "userHandle": st.binary(max_size=20).map(b64) | st.integers(),
        },
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
async def test_whatever_is_sent_is_refused_in_words(api: Api, person: Person, changes: dict[str, Any]) -> None:
    mine, client = Authenticator.of(person), api.client()
    options = (await client.ok("POST", f"{PASSKEYS}/challenge"))["options"]
    mine.user_handle = person.id.bytes
    credential = mine.answer(options)
    credential["response"] |= changes
    answer = await client.post(f"{PASSKEYS}/sessions", {"credential": credential})
    assert answer.code in ("invalid_second_factor", "validation_failed")
