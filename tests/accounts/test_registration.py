"""Registration: what a new user has at once, and what does not become a user."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.support.http import PASSWORD, Api
from tests.support.market import TestMarket
from tradewind.accounts.identity.registrar import Registrar
from tradewind.accounts.passwords import PasswordHasher
from tradewind.platform.database import Database, Session
from tradewind.platform.hooks import RegisteredUser

REGISTER = "/api/v1/auth/register"
OTHER_PASSWORD = "another horse, another battery"
LONG = "a sentence of just the longest length " * 3 + "that there is "


async def test_a_new_user_is_on_the_trial_with_a_paper_account(api: Api) -> None:
    person = await api.register()
    me = await person.ok("GET", "/user/me")
    assert me["user"]["email"] == person.email
    assert me["user"]["email_verified"] is False
    assert me["role"] == "owner"
    assert (me["plan"]["code"], me["plan"]["status"], me["plan"]["may_open"]) == ("FREE_TRIAL", "trialing", True)
    assert (me["plan"]["max_signals_per_day"], me["plan"]["max_active_positions"]) == (3, 1)
    (account,) = (await person.ok("GET", "/trading-accounts"))["items"]
    assert account["is_demo"] is True
    assert Decimal(account["balance"]) == 10_000
    stats = await person.ok("GET", "/user/stats")
    assert Decimal(stats["equity"]) == 10_000
    assert Decimal(stats["total_pnl"]) == 0
    assert stats["win_rate"] is None


async def test_the_answer_is_the_user_without_his_password(api: Api) -> None:
    body = {"email": "Some.One@Tests.Example ", "password": PASSWORD, "full_name": " Some One ", "locale": "ru"}
    answer = await api.client().post(REGISTER, body)
    assert answer.status == 201
    assert answer.json["email"] == "some.one@tests.example"
    assert answer.json["full_name"] == "Some One"
    assert answer.json["locale"] == "ru"
    assert "password" not in answer.raw.decode()


async def test_the_locale_is_the_browsers_when_none_is_given(api: Api) -> None:
    body = {"email": "locale@tests.example", "password": PASSWORD}
    answer = await api.client().post(REGISTER, body, headers={"Accept-Language": "ru-RU,ru;q=0.9"})
    assert answer.json["locale"] == "ru"


async def test_a_taken_address_is_answered_as_a_new_one_however_it_is_written(api: Api) -> None:
    await api.register("taken@tests.example")
    again = await api.client().post(REGISTER, {"email": "TAKEN@tests.example", "password": OTHER_PASSWORD})
    new = await api.client().post(REGISTER, {"email": "new@tests.example", "password": OTHER_PASSWORD})
    assert (again.status, new.status) == (201, 201)
    assert again.json == new.json | {"email": "taken@tests.example"}
    login = {"email": "taken@tests.example", "password": OTHER_PASSWORD}
    assert (await api.client().post("/api/v1/auth/login", login)).code == "invalid_credentials"
    assert (await api.client().post("/api/v1/auth/login", login | {"password": PASSWORD})).status == 200


async def test_of_registrations_at_the_same_time_one_wins(own_api: Api, system_database: Database) -> None:
    client = own_api.client()
    body = {"email": "race@tests.example", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post(REGISTER, body) for _ in range(6)))
    assert [answer.status for answer in answers] == [201] * 6
    async with system_database.reading() as session:
        for table in ("users", "organisations", "memberships", "trading_accounts"):
            assert await session.scalar(text(f"select count(*) from {table}")) == 1, table
        mails = (await session.scalars(text("select template from mails order by template"))).all()
    assert list(mails) == ["address_in_use"] * 5 + ["verify_email"]


@pytest.mark.parametrize(
    ("password", "pointer"), [("elevenchars", "#/password"), ("x" * 129, "#/password"), ("", "#/password")]
)
async def test_passwords_have_12_to_128_characters(api: Api, password: str, pointer: str) -> None:
    answer = await api.client().post(REGISTER, {"email": "length@tests.example", "password": password})
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


async def test_long_passwords_count_to_their_last_character(api: Api) -> None:
    client = api.client()
    await client.ok("POST", REGISTER, json={"email": "p128@tests.example", "password": LONG})
    login = {"email": "p128@tests.example", "password": LONG[:-1] + "q"}
    assert (await client.post("/api/v1/auth/login", login)).code == "invalid_credentials"
    assert (await client.post("/api/v1/auth/login", login | {"password": LONG})).status == 200


async def test_a_new_user_gets_the_active_signals_up_to_his_limit(own_api: Api, market: TestMarket) -> None:
    made = []
    for _ in range(5):
        await market.move(BTCUSDT=60_000.0)
        made.append(await market.publish())
    person = await own_api.register()
    items = (await person.ok("GET", "/signals?status=active"))["items"]
    open_ones = [item["id"] for item in items if not item["locked"]]
    assert open_ones == [str(signal.id) for signal in reversed(made)][:3], "the newest first, three on the trial"
    assert (await person.ok("GET", "/user/me"))["plan"]["signals_used_today"] == 3


async def test_a_registration_that_fails_half_way_leaves_nothing(own_api: Api, system_database: Database) -> None:
    async def fails(_session: Session, _user: RegisteredUser) -> None:
        raise RuntimeError("a room refuses")

    registrar = own_api.parts[Registrar]
    registrar.hooks.user_registered.append(fails)
    answer = await own_api.client().post(REGISTER, {"email": "half@tests.example", "password": PASSWORD})
    assert (answer.status, answer.code) == (500, "internal_error")
    registrar.hooks.user_registered.remove(fails)
    async with system_database.reading() as session:
        for table in ("users", "organisations", "memberships", "subscriptions", "trading_accounts", "events"):
            assert await session.scalar(text(f"select count(*) from {table}")) == 0, table
    assert (await own_api.client().post(REGISTER, {"email": "half@tests.example", "password": PASSWORD})).status == 201


async def test_the_audit_log_knows_from_where_but_not_in_the_chain(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    async with system_database.reading() as session:
        row = (
            await session.execute(
                text(
                    "select e.payload, e.detail_digest, d.ip_address, d.user_agent from events e "
                    "join event_details d on d.event_id = e.id where e.type = 'security_registered'"
                )
            )
        ).one()
    assert row.ip_address == "127.0.0.1"
    assert "aiohttp" in row.user_agent
    assert row.detail_digest is not None
    assert person.email not in str(row.payload)


async def test_too_many_at_once_are_told_to_come_back(own_api: Api) -> None:
    own_api.parts[PasswordHasher]._waiting = 10_000
    answer = await own_api.client().post(REGISTER, {"email": "busy@tests.example", "password": PASSWORD})
    assert (answer.status, answer.code) == (503, "too_busy")
    assert int(answer.headers["Retry-After"]) > 0
