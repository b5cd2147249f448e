"""Authenticator apps and recovery codes: set up, asked for, used once."""

from __future__ import annotations

import asyncio
import base64
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support.factors import App, log_in, set_up_app
from tests.support.http import PASSWORD, Answer, Api, Person
from tradewind.accounts.factors import recovery
from tradewind.accounts.factors.service import prune_pending
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database

AUTH = "/api/v1/auth"


# ----------------------------------------------------------------------------------------------------------- setting up


async def test_an_app_is_in_force_once_a_code_of_it_was_given(api: Api, person: Person) -> None:
    begun = await person.ok("POST", "/auth/enable-2fa")
    assert set(begun) == {"secret", "qr_code_url", "qr_svg", "expires_at"}
    assert begun["secret"] in begun["qr_code_url"]
    assert (await log_in(api.client(), person)).status == 200, "nothing has changed yet"
    app = App(base64.b32decode(begun["secret"]), [])
    wrong = await person.post("/auth/confirm-2fa", {"code": app.wrong_code()})
    assert wrong.code == "invalid_second_factor"
    confirmed = await person.ok("POST", "/auth/confirm-2fa", json={"code": app.code()})
    assert len(confirmed["recovery_codes"]) == 10
    overview = await person.ok("GET", "/auth/factors")
    assert overview["totp"]["confirmed_at"]
    assert overview["recovery_codes_left"] == 10
    assert (await log_in(api.client(), person)).code == "second_factor_required"


async def test_nothing_to_confirm_is_said_so(person: Person) -> None:
    assert (await person.post("/auth/confirm-2fa", {"code": "123456"})).code == "no_second_factor"


async def test_setting_up_takes_a_quarter_of_an_hour_at_most(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    begun = await person.ok("POST", "/auth/enable-2fa")
    async with system_database.writing() as session:
        await session.execute(text("update totp_seeds set created_at = created_at - interval '16 minutes'"))
    code = App(base64.b32decode(begun["secret"]), []).code()
    assert (await person.post("/auth/confirm-2fa", {"code": code})).code == "no_second_factor"
    async with system_database.writing() as session:
        assert await prune_pending(session, datetime.now(UTC)) == 1
        assert await session.scalar(text("select count(*) from totp_seeds")) == 0


async def test_what_is_being_set_up_or_in_force_is_not_pruned(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    await set_up_app(person)
    await person.ok("POST", "/auth/enable-2fa")
    async with system_database.writing() as session:
        aged = "update totp_seeds set created_at = created_at - interval '1 year' where confirmed_at is not null"
        await session.execute(text(aged))
        assert await prune_pending(session, datetime.now(UTC)) == 0


async def test_of_two_confirmations_at_once_one_makes_the_codes(person: Person) -> None:
    begun = await person.ok("POST", "/auth/enable-2fa")
    code = App(base64.b32decode(begun["secret"]), []).code()
    answers = await asyncio.gather(*(person.post("/auth/confirm-2fa", {"code": code}) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]


async def test_a_new_phone_replaces_the_old_one_when_it_is_confirmed(api: Api, person: Person) -> None:
    old = await set_up_app(person)
    begun = await person.ok("POST", "/auth/enable-2fa")
    assert (await log_in(api.client(), person, totp_code=old.code(1))).status == 200, "the old one still works"
    new = App(base64.b32decode(begun["secret"]), [])
    await person.ok("POST", "/auth/confirm-2fa", json={"code": new.code()})
    assert (await log_in(api.client(), person, totp_code=old.code(1))).code == "invalid_second_factor"
    assert (await log_in(api.client(), person, totp_code=old.recovery_codes[0])).code == "invalid_second_factor"
    assert (await log_in(api.client(), person, totp_code=new.code(1))).status == 200


async def test_without_an_app_the_password_is_enough_again(api: Api, person: Person) -> None:
    await set_up_app(person)
    await person.ok("POST", "/auth/disable-2fa")
    assert (await log_in(api.client(), person)).status == 200
    assert (await person.ok("GET", "/auth/factors"))["recovery_codes_left"] == 0
    assert (await person.post("/auth/disable-2fa")).code == "no_second_factor"
    assert (await person.post("/auth/recovery-codes")).code == "no_second_factor"


async def test_neither_seeds_nor_codes_are_stored(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    app = await set_up_app(person)
    async with system_database.reading() as session:
        kept = [
            (await session.execute(text(f"select t::text from {table} t"))).scalars().all()
            for table in ("totp_seeds", "recovery_codes", "events", "event_details")
        ]
    stored = str(kept)
    for secret in (app.seed.hex(), base64.b32encode(app.seed).decode(), *app.recovery_codes):
        assert secret not in stored


# ----------------------------------------------------------------------------------------------------------- logging in


async def test_only_the_right_password_learns_that_there_is_a_second_factor(api: Api, person: Person) -> None:
    app = await set_up_app(person)
    client, code = api.client(), app.code(1)
    wrong = await client.post(f"{AUTH}/login", {"email": person.email, "password": "wrong" * 4, "totp_code": code})
    assert wrong.code == "invalid_credentials"
    right = await log_in(client, person)
    assert (right.status, right.code) == (401, "second_factor_required")
    assert right.json["accepted"] == ["totp", "recovery_code"]
    assert right.json["passkey_options"] is None


async def test_the_oauth2_form_takes_the_code(api: Api, person: Person) -> None:
    app, client = await set_up_app(person), api.client()
    form = {"grant_type": "password", "username": person.email, "password": PASSWORD}
    for unfilled in ({}, {"totp_code": ""}):
        answer = await client.request("POST", f"{AUTH}/login", data=form | unfilled)
        assert answer.code == "second_factor_required"
    assert (await client.request("POST", f"{AUTH}/login", data=form | {"totp_code": app.code(1)})).status == 200


async def test_a_browser_gets_no_cookie_before_its_code(api: Api, person: Person) -> None:
    app, client = await set_up_app(person), api.client()
    credentials = {"email": person.email, "password": PASSWORD}
    assert (await client.post(f"{AUTH}/sessions", credentials)).code == "second_factor_required"
    assert (await client.get("/api/v1/user/me")).status == 401
    typed = f"{app.code(1)[:3]} {app.code(1)[3:]}"
    assert (await client.post(f"{AUTH}/sessions", credentials | {"totp_code": typed})).status == 201
    assert (await client.get("/api/v1/user/me")).status == 200


async def test_a_code_works_once(api: Api, person: Person) -> None:
    app = await set_up_app(person)
    code = app.code(1)
    assert (await log_in(api.client(), person, totp_code=code)).status == 200
    for used in (code, app.code()):
        answer = await log_in(api.client(), person, totp_code=used)
        assert answer.code == "invalid_second_factor", "neither again nor an older one"


async def test_of_uses_of_a_code_at_the_same_time_one_gets_in(api: Api, person: Person) -> None:
    app = await set_up_app(person)
    for code in (app.code(1), app.recovery_codes[0]):
        answers = await asyncio.gather(*(log_in(api.client(), person, totp_code=code) for _ in range(4)))
        assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


async def test_codes_cannot_be_guessed(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    app = await set_up_app(person)
    client, wrong = own_api.client(), app.wrong_code()
    answers: list[Answer] = []
    for _ in range(3):  # no more at once than log-ins may be wrong
        answers += await asyncio.gather(*(log_in(client, person, totp_code=wrong) for _ in range(4)))
    codes = [answer.code for answer in answers]
    assert codes.count("invalid_second_factor") == 5, "however many come at once"
    assert codes.count("too_many_attempts") == 7
    shut = next(answer for answer in answers if answer.status == 429)
    assert 30 <= int(shut.headers["Retry-After"]) <= 61
    assert (await log_in(client, person, totp_code=app.code(1))).code == "too_many_attempts", "the right one, too"
    assert (await log_in(client, person, totp_code=app.recovery_codes[0])).status == 200, "the owner gets in"

    waits = []
    for _ in range(12):
        async with system_database.writing() as session:
            await session.execute(text("update proof_tries set open_at = now()"))
        assert (await log_in(client, person, totp_code=wrong)).code == "invalid_second_factor"
        shut = await log_in(client, person, totp_code=wrong)
        waits.append(round(int(shut.headers["Retry-After"]) / 60))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]

    async with system_database.writing() as session:
        await session.execute(text("update proof_tries set open_at = now()"))
    assert (await log_in(client, person, totp_code=app.code(1))).status == 200
    for _ in range(5):
        answer = await log_in(client, person, totp_code=wrong)
        assert answer.code == "invalid_second_factor", "a right one begins the count anew"


async def test_failures_and_uses_are_on_record(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    app = await set_up_app(person)
    await log_in(own_api.client(), person, totp_code=app.wrong_code())
    await log_in(own_api.client(), person, totp_code=app.recovery_codes[0])
    statement = "select type, payload from events where type ~ 'totp|recovery|proof' order by id"
    async with system_database.reading() as session:
        rows = (await session.execute(text(statement))).all()
    assert [row.type for row in rows] == [
        "security_totp_enabled",
        "security_recovery_codes_made",
        "security_proof_failed",
        "security_recovery_code_used",
    ]
    assert rows[2].payload == {"proof": "totp"}
    assert rows[3].payload == {"left": 9}


# ------------------------------------------------------------------------------------------------------- recovery codes


async def test_each_recovery_code_works_once_however_it_is_typed(api: Api, person: Person) -> None:
    app = await set_up_app(person)
    code = app.recovery_codes[0]
    sloppy = f" {code.lower().replace('-', ' ')} ".replace("0", "o").replace("1", "l")
    assert (await log_in(api.client(), person, totp_code=sloppy)).status == 200
    assert (await log_in(api.client(), person, totp_code=code)).code == "invalid_second_factor"
    assert (await person.ok("GET", "/auth/factors"))["recovery_codes_left"] == 9
    for other in app.recovery_codes[1:]:
        assert (await log_in(api.client(), person, totp_code=other)).status == 200
    used_up = await log_in(api.client(), person)
    assert used_up.json["accepted"] == ["totp"]


async def test_another_persons_recovery_code_is_none(api: Api, person: Person) -> None:
    other = await api.register()
    theirs, _ = await set_up_app(other), await set_up_app(person)
    answer = await log_in(api.client(), person, totp_code=theirs.recovery_codes[0])
    assert answer.code == "invalid_second_factor"


async def test_new_recovery_codes_void_the_old_ones(api: Api, person: Person) -> None:
    app = await set_up_app(person)
    new = (await person.ok("POST", "/auth/recovery-codes"))["recovery_codes"]
    assert not set(new) & set(app.recovery_codes)
    assert (await log_in(api.client(), person, totp_code=app.recovery_codes[0])).code == "invalid_second_factor"
    assert (await log_in(api.client(), person, totp_code=new[0])).status == 200


def test_recovery_codes_are_random_and_readable() -> None:
    codes = [code for _ in range(100) for code in recovery.new_codes()]
    assert len(set(codes)) == 1000
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code) for code in codes)


@given(code=st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=16, max_size=16), at=st.integers(0, 15))
def test_a_digest_is_of_one_person_one_code_and_one_key(code: str, at: int) -> None:
    person, key = new_id(), b"k" * 32
    digest = recovery.digest(key, person, code)
    assert digest == recovery.digest(key, person, "-".join(code.lower()))
    other = code[:at] + ("7" if code[at] != "7" else "8") + code[at + 1 :]
    assert len({digest, recovery.digest(key, person, other), recovery.digest(key, new_id(), code)}) == 3
    assert recovery.digest(b"o" * 32, person, code) != digest


@pytest.mark.parametrize("code", ["12345", "x" * 33, "\0" * 6, "１２３４５６"])
async def test_what_is_no_code_is_one_clear_error(api: Api, person: Person, code: str) -> None:
    await set_up_app(person)
    answer = await log_in(api.client(), person, totp_code=code)
    assert answer.code in ("validation_failed", "invalid_second_factor")
