"""Step-up: what is dangerous needs a proof of the last ten minutes, whoever holds the session."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from tests.support.authenticator import Authenticator, add_passkey
from tests.support.factors import log_in, set_up_app
from tests.support.http import PASSWORD, Answer, Api, Client, Person
from tradewind.platform.database import Database

#: Something dangerous that changes nothing yet.
DANGEROUS = "/auth/enable-2fa"


async def grow_old(database: Database, minutes: int = 11) -> None:
    """Let time pass since the sessions' last proofs."""
    async with database.writing() as session:
        await session.execute(
            text("update sessions set proven_at = proven_at - make_interval(mins => :minutes)"), {"minutes": minutes}
        )


async def step_up(person: Person, **proof: object) -> Answer:
    return await person.post("/auth/step-up", proof)


async def test_a_log_in_is_proof_enough_for_ten_minutes(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    assert (await person.post(DANGEROUS)).status == 200
    await grow_old(system_database, 9)
    assert (await person.post(DANGEROUS)).status == 200
    await grow_old(system_database, 1)
    refused = await person.post(DANGEROUS)
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert refused.json["accepted"] == ["password"]


async def test_who_has_no_second_factor_steps_up_with_his_password(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    await grow_old(system_database)
    assert (await step_up(person, password="wrong" * 4)).code == "invalid_second_factor"
    assert (await person.post(DANGEROUS)).code == "step_up_required"
    assert (await step_up(person, totp_code="123456")).json["accepted"] == ["password"]
    done = await step_up(person, password=PASSWORD)
    assert (done.status, done.json["proof"]) == (200, "password")
    assert (await person.post(DANGEROUS)).status == 200


async def test_who_has_a_second_factor_steps_up_with_nothing_less(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    app = await set_up_app(person)
    await grow_old(system_database)
    refused = await step_up(person, password=PASSWORD)
    assert (refused.code, refused.json["accepted"]) == ("step_up_required", ["totp", "recovery_code"])
    assert (await step_up(person, totp_code=app.wrong_code())).code == "invalid_second_factor"
    assert (await step_up(person, totp_code=app.code(1))).json["proof"] == "totp"
    assert (await person.post(DANGEROUS)).status == 200
    await grow_old(system_database)
    assert (await step_up(person, totp_code=app.code(1))).code == "invalid_second_factor", "a code works once"
    assert (await step_up(person, totp_code=app.recovery_codes[3])).json["proof"] == "recovery_code"
    assert (await person.post(DANGEROUS)).status == 200


async def test_a_passkey_steps_up(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    mine = Authenticator.of(person)
    await add_passkey(person, mine)
    await grow_old(system_database)
    asked = await person.ok("POST", "/auth/step-up/challenge")
    assert asked["accepted"] == ["passkey", "recovery_code"]
    proof = mine.answer(asked["passkey_options"])
    other_session = (await log_in(own_api.client(), person, passkey=await _second_step(own_api, person, mine))).json
    stolen = own_api.client()
    stolen.headers["Authorization"] = f"Bearer {other_session['access_token']}"
    answer = await stolen.post("/api/v1/auth/step-up", {"passkey": proof})
    assert answer.code == "invalid_second_factor", "it answers the challenge of another session"
    assert (await step_up(person, passkey=mine.answer(asked["passkey_options"]))).json["proof"] == "passkey"
    assert (await person.post(DANGEROUS)).status == 200


async def _second_step(api: Api, person: Person, mine: Authenticator) -> object:
    return mine.answer((await log_in(api.client(), person)).json["passkey_options"])


async def test_passwords_cannot_be_guessed_by_stepping_up(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    await grow_old(system_database)
    answers = await asyncio.gather(*(step_up(person, password=f"guess number {n:3}") for n in range(10)))
    codes = sorted(answer.code for answer in answers)
    assert codes == ["invalid_second_factor"] * 5 + ["too_many_attempts"] * 5
    assert (await step_up(person, password=PASSWORD)).code == "too_many_attempts"


async def test_a_proof_is_the_sessions_not_the_persons(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    browser = await own_api.browser(person)
    await grow_old(system_database)
    await step_up(person, password=PASSWORD)
    assert (await browser.post(f"/api/v1{DANGEROUS}")).code == "step_up_required"


async def test_a_renewed_access_token_is_as_fresh_as_its_session(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    await grow_old(system_database)
    renewed = (await person.post("/auth/refresh", {"refresh_token": person.tokens["refresh_token"]})).json
    person.client.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    assert (await person.post(DANGEROUS)).code == "step_up_required"


async def test_once_there_is_a_second_factor_a_password_given_before_counts_no_more(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    assert (await browser.post(f"/api/v1{DANGEROUS}")).status == 200
    await set_up_app(person)
    refused = await browser.post(f"/api/v1{DANGEROUS}")
    assert refused.json["accepted"] == ["totp", "recovery_code"]
    assert (await person.post(DANGEROUS)).status == 200, "the session that set it up has just proven it"


async def test_one_proof_at_a_time(person: Person) -> None:
    for body in ({}, {"password": PASSWORD, "totp_code": "123456"}):
        assert (await person.post("/auth/step-up", body)).code == "validation_failed"


async def test_automatic_trading_with_real_money_needs_a_fresh_proof(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    async with system_database.writing() as session:
        await session.execute(text("update subscriptions set plan = 'PRO'"))
    path = f"/api/v1/trading-accounts/{person.account_id}"
    await grow_old(system_database)
    assert (await _switch(person.client, path, on=True)).status == 200, "on paper it is nobody's risk"
    async with system_database.writing() as session:
        await session.execute(text("update trading_accounts set is_demo = false, auto_trading = false"))
    assert (await _switch(person.client, path, on=True)).code == "step_up_required"
    async with system_database.reading() as session:
        assert await session.scalar(text("select auto_trading from trading_accounts")) is False
    await step_up(person, password=PASSWORD)
    assert (await _switch(person.client, path, on=True)).json["auto_trading"] is True
    await grow_old(system_database)
    assert (await _switch(person.client, path, on=False)).status == 200, "switching it off is never dangerous"


async def _switch(client: Client, path: str, *, on: bool) -> Answer:
    return await client.request("PATCH", path, json={"auto_trading": on})
