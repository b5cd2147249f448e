"""Addresses and passwords: links that work once, what ends with a change, and what nobody learns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.support.events import fetch
from tests.support.http import PASSWORD, Answer, Api, Client, Person
from tests.support.mail import HandClock, newest_token, waiting_mails
from tradewind.accounts.identity.desk import IdentityDesk, InvalidLinkError
from tradewind.platform.database import Database
from tradewind.platform.spine import RequestOrigin

type Notices = Callable[[], Awaitable[list[str]]]

AUTH = "/api/v1/auth"
NEW = "another horse, another battery"
HERE = RequestOrigin("127.0.0.1", "test")


@pytest.fixture
async def anybody(own_api: Api) -> Client:
    return own_api.client()


async def log_in(api: Api, email: str, password: str) -> Answer:
    return await api.client().post(f"{AUTH}/login", {"email": email, "password": password})


async def event_types(database: Database) -> list[str]:
    return [row["type"] for row in await fetch(database, "select type from events order by recorded_at, id")]


# --------------------------------------------------------------------------------------------------------- verification


async def test_an_address_is_proven_by_its_link_once(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    token = await newest_token(system_database, own_api.settings, "verify_email", person.email)
    assert (await anybody.post(f"{AUTH}/verify-email", {"token": token})).status == 204
    assert (await person.ok("GET", "/user/me"))["user"]["email_verified"] is True
    again = await anybody.post(f"{AUTH}/verify-email", {"token": token})
    assert (again.status, again.code) == (400, "invalid_link")
    assert (await person.post("/auth/resend-verification")).status == 202
    assert [mail.template for mail in await waiting_mails(system_database, own_api.settings)] == ["verify_email"]


async def test_a_link_can_be_sent_again_but_not_without_end(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    answers = [await person.post("/auth/resend-verification") for _ in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 30
    assert len(await waiting_mails(system_database, own_api.settings, person.email)) == 4


async def test_of_uses_at_once_one_gets_the_link(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    token = await newest_token(system_database, own_api.settings, "verify_email", person.email)
    answers = await asyncio.gather(*(anybody.post(f"{AUTH}/verify-email", {"token": token}) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [204] + [400] * 7


@pytest.mark.parametrize("path", ["verify-email", "reset-password", "confirm-email-change", "undo-email-change"])
@pytest.mark.parametrize("token", ["A" * 43, "x' or '1'='1' -- -", "п" * 40])
async def test_made_up_links_lead_nowhere(api: Api, path: str, token: str) -> None:
    body = {"token": token} | ({"password": NEW} if path == "reset-password" else {})
    answer = await api.client().post(f"{AUTH}/{path}", body)
    assert (answer.status, answer.code) == (400, "invalid_link")


async def test_a_link_does_only_what_it_is_for(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    token = await newest_token(system_database, own_api.settings, "verify_email", person.email)
    answer = await anybody.post(f"{AUTH}/reset-password", {"token": token, "password": NEW})
    assert answer.code == "invalid_link"
    assert (await log_in(own_api, person.email, PASSWORD)).status == 200


async def test_tokens_are_in_no_table_and_no_event(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    await anybody.post(f"{AUTH}/forgot-password", {"email": person.email})
    tokens = [mail.token for mail in await waiting_mails(system_database, own_api.settings)]
    assert len(tokens) == 2
    kept = ""
    for table in ("mails", "mail_tokens", "events", "event_details", "outbox"):
        kept += str([tuple(row) for row in await fetch(system_database, f"select * from {table}")])
    assert not any(token in kept for token in tokens)


async def test_throw_away_addresses_are_noted_not_refused(own_api: Api, system_database: Database) -> None:
    for email in ("someone@mailinator.com", "someone@tests.example"):
        await own_api.register(email)
    rows = await fetch(system_database, "select email, disposable_email from users order by email")
    assert [row["disposable_email"] for row in rows] == [True, False]


# -------------------------------------------------------------------------------------------------- forgotten passwords


async def test_a_forgotten_password_is_replaced_and_all_sessions_end(
    own_api: Api, system_database: Database, anybody: Client
) -> None:
    person = await own_api.register()
    browser = await own_api.browser(person)
    assert (await anybody.post(f"{AUTH}/forgot-password", {"email": person.email.upper()})).status == 202
    token = await newest_token(system_database, own_api.settings, "reset_password", person.email)
    weak = await anybody.post(f"{AUTH}/reset-password", {"token": token, "password": "password1234"})
    assert (weak.status, weak.json["errors"][0]["pointer"]) == (422, "#/password")
    assert (await anybody.post(f"{AUTH}/reset-password", {"token": token, "password": NEW})).status == 204
    assert (await anybody.post(f"{AUTH}/reset-password", {"token": token, "password": PASSWORD})).status == 400
    assert (await person.get("/user/me")).status == 401
    assert (await browser.get("/api/v1/user/me")).status == 401
    assert (await log_in(own_api, person.email, PASSWORD)).code == "invalid_credentials"
    fresh = (await log_in(own_api, person.email, NEW)).json
    me = await anybody.ok("GET", "/api/v1/user/me", headers={"Authorization": f"Bearer {fresh['access_token']}"})
    assert me["user"]["email_verified"] is True, "whoever followed the link reads the mailbox"
    assert "security_password_reset" in await event_types(system_database)


async def test_of_resets_at_the_same_time_one_wins(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    await anybody.post(f"{AUTH}/forgot-password", {"email": person.email})
    token = await newest_token(system_database, own_api.settings, "reset_password", person.email)
    bodies = [{"token": token, "password": f"{NEW}, number {number}"} for number in range(5)]
    answers = await asyncio.gather(*(anybody.post(f"{AUTH}/reset-password", body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [204, 400, 400, 400, 400]
    winner = bodies[[answer.status for answer in answers].index(204)]["password"]
    assert (await log_in(own_api, person.email, winner)).status == 200


async def test_a_reset_voids_the_other_links(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    for _ in range(2):
        await anybody.post(f"{AUTH}/forgot-password", {"email": person.email})
    mails = await waiting_mails(system_database, own_api.settings, person.email)
    first, second = (mail.token for mail in mails if mail.template == "reset_password")
    assert (await anybody.post(f"{AUTH}/reset-password", {"token": first, "password": NEW})).status == 204
    assert (await anybody.post(f"{AUTH}/reset-password", {"token": second, "password": PASSWORD})).status == 400


async def test_links_expire(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    clock = HandClock()
    desk = replace(own_api.parts[IdentityDesk], clock=clock)
    for minutes, works in ((31, False), (29, True)):
        await desk.forgot_password(person.email, HERE)
        token = await newest_token(system_database, own_api.settings, "reset_password", person.email)
        clock.pass_by(minutes=minutes)
        if works:
            await desk.reset_password(token, NEW, HERE)
        else:
            with pytest.raises(InvalidLinkError):
                await desk.reset_password(token, NEW, HERE)


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """The statements that go to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(" ".join(statement.split())[:60])

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_asking_for_a_reset_tells_nothing_and_does_the_same(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    client = own_api.client()
    answers, work = [], []
    for email in (person.email, "nobody@tests.example"):
        with statements_of(own_api.parts[Database]) as seen:
            answers.append(await client.post(f"{AUTH}/forgot-password", {"email": email}))
        work.append(seen)
    assert {(answer.status, answer.raw) for answer in answers} == {(202, b"")}
    ends = ("RELEASE SAVEPOINT sa_savepoint_1", "ROLLBACK TO SAVEPOINT sa_savepoint_1")
    assert [each for each in work[0] if each not in ends] == [each for each in work[1] if each not in ends]
    assert len(work[0]) == len(work[1])
    assert len(await waiting_mails(system_database, own_api.settings, "nobody@tests.example")) == 0


async def test_a_registration_of_a_taken_address_does_the_work_of_one(own_api: Api) -> None:
    person = await own_api.register()
    work = []
    for email in ("new@tests.example", person.email):
        with statements_of(own_api.parts[Database]) as seen:
            body = {"email": email, "password": NEW}
            assert (await own_api.client().post(f"{AUTH}/register", body)).status == 201
        work.append([statement for statement in seen if statement.startswith("INSERT")])
    new, taken = work
    # All that is written for a new account is written for a taken address as well, and more.
    assert {each for each in new if "mail_tokens" not in each} <= set(taken)


async def test_a_failed_log_in_does_the_same_work_for_both(own_api: Api) -> None:
    person = await own_api.register()
    work = []
    for email in (person.email, "nobody@tests.example"):
        with statements_of(own_api.parts[Database]) as seen:
            assert (await log_in(own_api, email, "wrong " * 4)).code == "invalid_credentials"
        work.append(seen)
    assert work[0] == work[1]


async def test_nobody_is_flooded_by_resets_and_nobody_kept_from_one(own_api: Api) -> None:
    person = await own_api.register()
    for email in (person.email, "nobody@tests.example"):
        answers = [await own_api.client().post(f"{AUTH}/forgot-password", {"email": email}) for _ in range(6)]
        assert [answer.status for answer in answers] == [202] * 5 + [429], email
    elsewhere = RequestOrigin("203.0.113.9", "test")
    await own_api.parts[IdentityDesk].forgot_password(person.email, elsewhere)


# ---------------------------------------------------------------------------------------------------- changed passwords


async def change(person: Person, current: str, password: str, **more: Any) -> Answer:
    return await person.post("/auth/change-password", {"current_password": current, "password": password}, **more)


async def test_a_change_of_password_ends_the_other_sessions(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    browser = await own_api.browser(person)
    assert (await change(person, PASSWORD, NEW)).status == 204
    assert (await person.get("/user/me")).status == 200
    assert (await browser.get("/api/v1/user/me")).status == 401
    assert (await log_in(own_api, person.email, NEW)).status == 200
    assert "security_password_changed" in await event_types(system_database)


async def test_a_change_of_password_needs_the_present_one(own_api: Api) -> None:
    person = await own_api.register()
    for language, words in (("en", "present password"), ("ru", "текущий пароль")):
        wrong = await change(person, "not it at all", NEW, headers={"Accept-Language": language})
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "#/current_password")
        assert words in wrong.json["errors"][0]["detail"]
    weak = await change(person, PASSWORD, "qwertyuiop12")
    assert weak.json["errors"][0]["pointer"] == "#/password"
    assert (await log_in(own_api, person.email, PASSWORD)).status == 200


async def test_whoever_stole_a_session_does_not_guess_the_password_with_it(own_api: Api) -> None:
    person = await own_api.register()
    answers = [await change(person, "not it at all", NEW) for _ in range(6)]
    assert [answer.status for answer in answers] == [422] * 5 + [429]
    assert (await change(person, PASSWORD, NEW)).code == "too_many_attempts"


async def test_by_cookie_it_needs_the_csrf_token(own_api: Api) -> None:
    person = await own_api.register()
    browser = await own_api.browser(person)
    browser.headers.clear()
    body = {"current_password": PASSWORD, "password": NEW}
    assert (await browser.post(f"{AUTH}/change-password", body)).code == "csrf_failed"


# -------------------------------------------------------------------------------------------------------- new addresses


async def ask(person: Person, email: str, password: str = PASSWORD) -> Answer:
    return await person.post("/auth/change-email", {"email": email, "current_password": password})


async def test_a_new_address_counts_once_it_is_proven(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    browser = await own_api.browser(person)
    assert (await ask(person, "Moved@Tests.Example")).status == 202
    assert (await person.ok("GET", "/user/me"))["user"]["email"] == person.email, "nothing yet"
    told = {mail.to: mail for mail in await waiting_mails(system_database, own_api.settings)}
    assert told["moved@tests.example"].template == "confirm_new_email"
    assert told[person.email].template == "email_change_asked"
    body = {"token": told["moved@tests.example"].token}
    assert (await anybody.post(f"{AUTH}/confirm-email-change", body)).status == 204
    me = await person.ok("GET", "/user/me")
    assert (me["user"]["email"], me["user"]["email_verified"]) == ("moved@tests.example", True)
    assert (await browser.get("/api/v1/user/me")).status == 401, "sessions that did not ask for it end"
    assert (await log_in(own_api, person.email, PASSWORD)).code == "invalid_credentials"
    assert (await log_in(own_api, "moved@tests.example", PASSWORD)).status == 200
    mails = await waiting_mails(system_database, own_api.settings, person.email)
    assert mails[-1].template == "email_changed"


async def test_it_was_not_me_stops_a_change(own_api: Api, system_database: Database, anybody: Client) -> None:
    person = await own_api.register()
    await ask(person, "thief@tests.example")
    undo = await newest_token(system_database, own_api.settings, "email_change_asked", person.email)
    confirm = await newest_token(system_database, own_api.settings, "confirm_new_email")
    assert (await anybody.post(f"{AUTH}/undo-email-change", {"token": undo})).status == 204
    assert (await anybody.post(f"{AUTH}/confirm-email-change", {"token": confirm})).code == "invalid_link"
    assert (await person.get("/user/me")).status == 401, "whoever asked knew the password: all sessions end"
    reset = await newest_token(system_database, own_api.settings, "reset_password", person.email)
    assert (await anybody.post(f"{AUTH}/reset-password", {"token": reset, "password": NEW})).status == 204
    assert (await log_in(own_api, person.email, NEW)).status == 200


async def test_a_stolen_account_is_taken_back_whatever_the_thief_did_meanwhile(
    own_api: Api, system_database: Database, anybody: Client
) -> None:
    person = await own_api.register()
    owner = person.email
    for address in ("thief@tests.example", "hideout@tests.example"):
        await ask(person, address)
        token = await newest_token(system_database, own_api.settings, "confirm_new_email", address)
        assert (await anybody.post(f"{AUTH}/confirm-email-change", {"token": token})).status == 204
    assert (await change(person, PASSWORD, "the password of a thief")).status == 204
    # The thief has "undo" links of his own, for an address of his: they bring nothing back from the owner.
    thiefs = await newest_token(system_database, own_api.settings, "email_changed", "thief@tests.example")
    assert (await anybody.post(f"{AUTH}/undo-email-change", {"token": thiefs})).status == 204
    undo = await newest_token(system_database, own_api.settings, "email_changed", owner)
    assert (await anybody.post(f"{AUTH}/undo-email-change", {"token": undo})).status == 204
    for address in ("thief@tests.example", "hideout@tests.example"):
        mails = await waiting_mails(system_database, own_api.settings, address)
        for mail in mails:
            for path in ("undo-email-change", "confirm-email-change"):
                body = {"token": mail.parameters.get("token", "-" * 20)}
                assert (await anybody.post(f"{AUTH}/{path}", body)).status == 400
            body = {"token": mail.parameters.get("token", "-" * 20), "password": "the password of a thief"}
            assert (await anybody.post(f"{AUTH}/reset-password", body)).status == 400
    reset = await newest_token(system_database, own_api.settings, "reset_password", owner)
    assert (await anybody.post(f"{AUTH}/reset-password", {"token": reset, "password": NEW})).status == 204
    assert (await log_in(own_api, owner, NEW)).status == 200


async def test_another_persons_address_is_not_told_of_to_whoever_wants_it(
    own_api: Api, system_database: Database
) -> None:
    person, other = await own_api.register(), await own_api.register()
    free, taken = await ask(person, "free@tests.example"), await ask(person, other.email)
    assert (free.status, free.raw) == (taken.status, taken.raw) == (202, b"")
    mails = await waiting_mails(system_database, own_api.settings, other.email)
    assert [mail.template for mail in mails] == ["verify_email", "address_in_use"]


async def test_an_address_that_was_taken_meanwhile_is_a_conflict(
    own_api: Api, system_database: Database, anybody: Client
) -> None:
    person = await own_api.register()
    await ask(person, "wanted@tests.example")
    token = await newest_token(system_database, own_api.settings, "confirm_new_email", "wanted@tests.example")
    await own_api.register("wanted@tests.example")
    answer = await anybody.post(f"{AUTH}/confirm-email-change", {"token": token})
    assert (answer.status, answer.code) == (409, "email_taken")


async def test_a_change_of_address_needs_the_password_and_another_address(own_api: Api) -> None:
    person = await own_api.register()
    wrong = await ask(person, "moved@tests.example", "not it at all")
    assert wrong.json["errors"][0]["pointer"] == "#/current_password"
    same = await ask(person, person.email.upper())
    assert same.json["errors"][0]["pointer"] == "#/email"


# ------------------------------------------------------------------------------------------------------------- sessions


async def test_all_other_sessions_end_at_once(own_api: Api) -> None:
    person = await own_api.register()
    browsers = [await own_api.browser(person) for _ in range(3)]
    stranger = await own_api.register()
    assert (await browsers[0].request("DELETE", f"{AUTH}/sessions")).status == 204
    statuses = [(await browser.get("/api/v1/user/me")).status for browser in browsers]
    assert statuses == [200, 401, 401]
    assert (await person.get("/user/me")).status == 401
    assert (await stranger.get("/user/me")).status == 200


@pytest.fixture
def notices(own_api: Api, system_database: Database) -> Notices:
    """Asks which security events were recorded that the person is told of."""

    async def told() -> list[str]:
        rows = await fetch(
            system_database, "select e.type from outbox o join events e on e.id = o.event_id where destination = 'mail'"
        )
        return [row["type"] for row in rows]

    return told


async def test_a_log_in_from_a_new_device_is_told_but_not_the_first(own_api: Api, notices: Notices) -> None:
    person = await own_api.register()
    assert await notices() == [], "the first log-in is that of whoever registered"
    first = await own_api.browser(person)
    assert await notices() == ["security_new_device"]
    credentials = {"email": person.email, "password": PASSWORD}
    assert (await first.post(f"{AUTH}/sessions", credentials)).status == 201
    assert (await log_in(own_api, person.email, PASSWORD)).status == 200
    assert await notices() == ["security_new_device"], "the browser is known by its cookie, the client by its network"
    await own_api.browser(person)
    assert await notices() == ["security_new_device"] * 2


async def test_the_cookie_of_a_device_opens_nothing_and_is_kept_as_a_digest(
    own_api: Api, system_database: Database
) -> None:
    person = await own_api.register()
    answer = await own_api.client().post(f"{AUTH}/sessions", {"email": person.email, "password": PASSWORD})
    cookies = answer.headers.getall("Set-Cookie")
    (device,) = (cookie for cookie in cookies if cookie.startswith("tradewind_device="))
    for attribute in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert attribute in device
    value = device.partition(";")[0].partition("=")[2]
    asked = await own_api.client().get("/api/v1/user/me", headers={"Cookie": f"tradewind_device={value}"})
    assert asked.status == 401
    async with system_database.reading() as session:
        kept = str((await session.execute(text("select * from known_origins"))).all())
    assert value not in kept
    assert "127.0.0" not in kept
