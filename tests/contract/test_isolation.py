"""Tenants do not see each other: by policy in the database, and over every route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.market.candle_maker import walk
from tests.support.authenticator import Authenticator, add_passkey
from tests.support.http import Answer, Api, Person
from tests.support.market import TestMarket
from tradewind.core.candles import Timeframe
from tradewind.entrypoints.api import create_app
from tradewind.entrypoints.api.guard import PUBLIC, api_routes
from tradewind.entrypoints.schema import metadata
from tradewind.market import CandleStore
from tradewind.platform.database import Database, tenant_tables
from tradewind.platform.settings import Settings
from tradewind.trading.strategies import builtin_text

TENANT_TABLES = [table.name for table in tenant_tables(metadata)]
#: Tables that are nobody's in particular: signals and market data are everybody's, people may belong to several
#: tenants, and the rest is the platform's own.
SHARED_TABLES = {
    "candle_tail",
    "engine_states",
    "event_seals",
    "frame_heads",
    "known_origins",
    "leases",
    "mail_tokens",
    "market_incidents",
    "memberships",
    "organisations",
    "outbox",
    "passkeys",
    "plans",
    "proof_tries",
    "recovery_codes",
    "sessions",
    "signal_events",
    "signals",
    "telegram_posts",
    "totp_seeds",
    "users",
}
#: What is one person's alone, in whatever organisation he works.
PERSONAL_TABLES = {"passkeys", "proof_tries", "recovery_codes", "totp_seeds"}

#: Candles that every API here has, and a back-test over them.
CANDLES = walk(2000)
BACKTEST = {"strategy": "ema_rsi_atr", "symbols": ["BTCUSDT"], "timeframe": "5m"}

PARAMETER = re.compile(r"{(\w+)}")
ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    CandleStore(settings.data / "candles").append("BTCUSDT", Timeframe.M5, CANDLES)
    return settings


def test_every_table_is_a_tenants_or_known_not_to_be() -> None:
    assert set(metadata.tables) - set(TENANT_TABLES) == SHARED_TABLES


async def test_every_tenant_table_has_forced_row_level_security(app_database: Database) -> None:
    connection = await app_database.connect()
    rows = await connection.fetch(
        "select c.relname, c.relrowsecurity, c.relforcerowsecurity, array_agg(p.polname) as policies "
        "from pg_class c left join pg_policy p on p.polrelid = c.oid "
        "where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace group by 1, 2, 3"
    )
    await connection.close()
    secured = {row["relname"]: row for row in rows}
    for table in TENANT_TABLES:
        row = secured[table]
        assert row["relrowsecurity"], table
        assert row["relforcerowsecurity"], table
        assert {"tenant", "system"} <= set(row["policies"]), table


async def test_policies_are_about_the_tenant_both_ways(app_database: Database) -> None:
    connection = await app_database.connect()
    rows = await connection.fetch("select tablename, qual, with_check from pg_policies where policyname = 'tenant'")
    await connection.close()
    assert {row["tablename"] for row in rows} == set(TENANT_TABLES)
    for row in rows:
        for expression in (row["qual"], row["with_check"]):
            assert "tenant_id" in expression, row["tablename"]
            assert "app.tenant_id" in expression, row["tablename"]


async def test_second_factors_are_seen_by_their_person_alone(
    settings: Settings, app_database: Database, own_api: Api
) -> None:
    person, other = await own_api.register(), await own_api.register()
    owner = await asyncpg.connect(settings.database_url)
    secured = await owner.fetch(
        "select relname from pg_class where relname = any($1) and relrowsecurity and relforcerowsecurity",
        list(PERSONAL_TABLES),
    )
    assert {row["relname"] for row in secured} == PERSONAL_TABLES
    await owner.close()
    connection = await app_database.connect()
    become = "select set_config('app.user_id', $1, true)"
    add = "insert into proof_tries (user_id, tries, open_at) values ($1, 1, now())"
    async with connection.transaction():
        await connection.execute(become, str(person.id))
        await connection.execute(add, person.id)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with connection.transaction():
                await connection.execute(add, other.id)
    for who, count in ((None, 0), (str(other.id), 0), (str(person.id), 1)):
        async with connection.transaction():
            if who is not None:
                await connection.execute(become, who)
            assert await connection.fetchval("select count(*) from proof_tries") == count
    for table in PERSONAL_TABLES:
        policy = await connection.fetchrow(
            "select qual, with_check from pg_policies where tablename = $1 and policyname = 'person'", table
        )
        assert policy is not None, table
        assert "app.user_id" in policy["qual"], table
        assert "app.user_id" in policy["with_check"], table
    await connection.close()


async def _filled(trader: Person, market: TestMarket) -> None:
    """Something in as many tables as one user fills."""
    signal = await market.publish()
    await trader.post(f"/signals/{signal.id}/execute", headers={"Idempotency-Key": "fill"})
    await market.enter()
    (position,) = (await trader.ok("GET", "/positions"))["items"]
    await market.tell()
    await trader.post(f"/positions/{position['id']}/close")
    await trader.post("/backtests", BACKTEST)
    await trader.ok("POST", "/alerts", json={"symbol": "ETHUSDT", "price": "3100"})
    await market.connection.execute(
        "insert into telegram_chats (user_id, tenant_id, chat, tries, asked_at) values ($1, $2, '@mine', 0, now())",
        trader.id,
        trader.tenant_id,
    )
    await market.attend()
    await market.move(ETHUSDT=3_200.0)


async def test_without_a_tenant_there_are_no_rows(
    own_api: Api, trader: Person, market: TestMarket, app_database: Database
) -> None:
    await _filled(trader, market)
    connection = await app_database.connect()
    for table in TENANT_TABLES:
        there = await market.connection.fetchval(f"select count(*) from {table} where tenant_id is not null")
        if not await connection.fetchval("select has_table_privilege($1, 'select')", table):
            continue
        counting = f"select count(*) from {table} where tenant_id is not null"
        async with connection.transaction():
            assert await connection.fetchval(counting) == 0, f"{table}: seen without a tenant"
            for nobody in ("", str(uuid4())):
                await connection.execute("select set_config('app.tenant_id', $1, true)", nobody)
                assert await connection.fetchval(counting) == 0, f"{table}: seen by nobody"
            await connection.execute("select set_config('app.tenant_id', $1, true)", str(trader.tenant_id))
            assert await connection.fetchval(counting) == there, f"{table}: not seen by its own tenant"
    await connection.close()


async def test_the_tests_of_isolation_are_about_rows_that_are_there(
    own_api: Api, trader: Person, market: TestMarket
) -> None:
    await _filled(trader, market)
    empty = [table for table in TENANT_TABLES if not await market.connection.fetchval(f"select count(*) from {table}")]
    assert empty == []


async def test_nobody_writes_for_another_tenant(
    own_api: Api, trader: Person, market: TestMarket, app_database: Database
) -> None:
    other = await own_api.register()
    connection = await app_database.connect()
    await connection.execute("select set_config('app.tenant_id', $1, false)", str(other.tenant_id))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await connection.execute(
            "insert into intents (id, tenant_id, user_id, account_id, signal_id, origin, status, holds_slot, actions,"
            " created_at) values ($1, $2, $3, $4, $1, 'manual', 'accepted', true, '{}', now())",
            uuid4(),
            trader.tenant_id,
            trader.id,
            trader.account_id,
        )
    changed = await connection.execute("update trading_accounts set name = 'mine now' where id = $1", trader.account_id)
    assert changed == "UPDATE 0"
    await connection.close()


async def test_a_pooled_connection_forgets_whose_it_was(own_api: Api, trader: Person, market: TestMarket) -> None:
    """Requests of two tenants in turn, over the same few connections."""
    other = await own_api.register()
    for person in [trader, other] * 10:
        (account,) = (await person.ok("GET", "/trading-accounts"))["items"]
        assert account["id"] == str(person.account_id)
        assert (await person.ok("GET", "/user/me"))["tenant_id"] == str(person.tenant_id)


# --------------------------------------------------------------------------------------------------------------- grants

#: What the application may do beyond reading; everything else it is refused.
APP_WRITES = {
    "alerts": {"INSERT"},
    "telegram_chats": {"INSERT", "UPDATE"},
    "allowances": {"INSERT", "UPDATE"},
    "equity_points": {"INSERT"},
    "event_details": {"INSERT"},
    "events": {"INSERT"},
    "exit_requests": {"INSERT"},
    "idempotency_keys": {"INSERT", "UPDATE", "DELETE"},
    "intents": {"INSERT"},
    "known_origins": {"INSERT", "UPDATE"},
    "ledger_entries": {"INSERT"},
    "mail_tokens": {"INSERT", "DELETE"},
    "mails": {"INSERT"},
    "memberships": {"INSERT"},
    "organisations": {"INSERT", "UPDATE"},
    "outbox": {"INSERT"},
    "passkeys": {"INSERT", "UPDATE", "DELETE"},
    "proof_tries": {"INSERT", "UPDATE"},
    "recovery_codes": {"INSERT", "UPDATE", "DELETE"},
    "research_runs": {"INSERT"},
    "sessions": {"INSERT", "UPDATE"},
    "strategies": {"INSERT"},
    "strategy_versions": {"INSERT"},
    "subscriptions": {"INSERT", "UPDATE"},
    "sweep_trials": {"INSERT"},
    "totp_seeds": {"INSERT", "UPDATE", "DELETE"},
    "trading_accounts": {"INSERT"},
    "user_signals": {"INSERT"},
    "users": {"INSERT", "UPDATE"},
}


async def test_the_application_may_write_only_what_it_must(app_database: Database) -> None:
    connection = await app_database.connect()
    for table in sorted(metadata.tables):
        may = {
            right
            for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
            if await connection.fetchval("select has_table_privilege($1, $2)", table, right)
        }
        assert may == APP_WRITES.get(table, set()), table
    await connection.close()


async def test_the_balance_is_the_engines_alone(app_database: Database) -> None:
    connection = await app_database.connect()
    changeable = await connection.fetch(
        "select attname from pg_attribute where attrelid = 'trading_accounts'::regclass and attnum > 0 "
        "and has_column_privilege('trading_accounts', attname::text, 'update')"
    )
    await connection.close()
    assert {row["attname"] for row in changeable} == {
        "name",
        "status",
        "risk_per_trade",
        "max_leverage",
        "auto_trading",
    }


@pytest.mark.parametrize("role", ["app", "system"])
async def test_roles_have_no_power_beyond_their_grants(
    app_database: Database, system_database: Database, role: str
) -> None:
    connection = await (app_database if role == "app" else system_database).connect()
    row = await connection.fetchrow(
        "select rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user"
    )
    owned = await connection.fetchval("select count(*) from pg_tables where tableowner = current_user")
    await connection.close()
    assert row is not None
    assert dict(row) == {
        "rolname": f"tradewind_{role}",
        "rolsuper": False,
        "rolbypassrls": False,
        "rolcreatedb": False,
        "rolcreaterole": False,
    }
    assert owned == 0


@pytest.mark.parametrize(
    "table",
    [
        "events",
        "event_seals",
        "ledger_entries",
        "decisions",
        "fills",
        "protections",
        "signal_events",
        "strategy_versions",
    ],
)
async def test_history_cannot_be_changed_by_its_owner_either(settings: Settings, table: str) -> None:
    connection = await asyncpg.connect(settings.database_url)
    triggers = await connection.fetch(
        "select tgname, tgenabled from pg_trigger where tgrelid = $1::regclass and not tgisinternal", table
    )
    await connection.close()
    assert ("append_only", b"O") in [(row["tgname"], row["tgenabled"]) for row in triggers]


# ------------------------------------------------------------------------------------------------------------ over HTTP


def ids_in(value: Any) -> Iterator[str]:
    """Every id in an answer."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from ids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from ids_in(inner)
    elif isinstance(value, str):
        try:
            yield str(UUID(value))
        except ValueError:
            return


def told_by(answer: Answer) -> Iterator[str]:
    """Every id in what was answered, be it JSON or a file."""
    if answer.status != 200:
        return iter(())
    if "json" in answer.headers["Content-Type"]:
        return ids_in(answer.json)
    return iter(ID.findall(answer.raw.decode()))


async def test_no_route_shows_one_tenant_anything_of_another(own_api: Api, trader: Person, market: TestMarket) -> None:
    """Every GET route there is, with every id that the other tenant ever saw as its parameter."""
    other = await own_api.register()
    theirs: dict[str, str] = {}
    for person in (trader, other):
        signal = await market.publish()
        intent = (await person.post(f"/signals/{signal.id}/execute")).json
        await market.enter()
        intent = await person.ok("GET", f"/intents/{intent['id']}")
        session = (await person.ok("GET", "/auth/sessions"))["items"][0]["id"]
        run = (await person.post("/backtests", BACKTEST)).json
        if person is trader:
            theirs = {
                "intent_id": intent["id"],
                "position_id": intent["position_id"],
                "session_id": session,
                "run_id": run["id"],
                "alert_id": await _alert(trader),
            }
    private = {str(trader.id), str(trader.tenant_id), str(trader.account_id), *theirs.values()}
    private |= set(ids_in(await trader.ok("GET", f"/positions/{theirs['position_id']}")))
    private -= set(ids_in(await trader.ok("GET", "/signals?status=all")))
    asked = 0
    for path in _private_paths():
        filled = path.replace("{symbol}", "BTCUSDT")
        names = set(PARAMETER.findall(path))
        for name in ("intent_id", "position_id", "session_id", "signal_id", "account_id", "run_id", "alert_id"):
            filled = filled.replace(f"{{{name}}}", theirs.get(name, str(uuid4())))
        for query in (
            "",
            f"?account_id={trader.account_id}",
            f"?position_id={theirs['position_id']}",
            f"?intent_id={theirs['intent_id']}",
            "?status=all&limit=200",
        ):
            answer = await other.client.get(filled + query)
            asked += 1
            if names - {"symbol"}:  # the market is everybody's
                assert answer.status == 404, f"{filled}: the caller may not know of it"
            assert not private & set(told_by(answer)), f"{filled}{query}"
    assert asked > 50


def _private_paths() -> list[str]:
    routes = api_routes(create_app(Settings()))
    return sorted(
        route.path_format
        for route in routes
        if "GET" in (route.methods or ()) and ("GET", route.path_format) not in PUBLIC
    )


async def test_what_is_anothers_looks_like_what_is_not(own_api: Api, trader: Person, market: TestMarket) -> None:
    """404 for both, and the same words, at every route about one thing of somebody's."""
    other = await own_api.register()
    signal = await market.publish()
    intent = (await trader.post(f"/signals/{signal.id}/execute")).json
    await market.enter()
    theirs = {
        "intent_id": intent["id"],
        "position_id": (await trader.ok("GET", f"/intents/{intent['id']}"))["position_id"],
        "account_id": str(trader.account_id),
        "session_id": (await trader.ok("GET", "/auth/sessions"))["items"][0]["id"],
        "own_name": await _own_strategy(trader, market),
        "run_id": (await trader.post("/backtests", BACKTEST)).json["id"],
        "alert_id": await _alert(trader),
        "passkey_id": await _passkey(trader),
    }
    asked = 0
    for method, path in sorted(_routes_of_one_thing()):
        (name,) = PARAMETER.findall(path)
        if name in ("signal_id", "strategy", "symbol"):  # signals, built-in strategies and the market are everybody's
            continue
        answers = [
            await other.client.request(
                method, path.replace(f"{{{name}}}", each), json=BODIES.get(name, {"name": "mine"})
            )
            for each in (theirs[name], str(uuid4()))
        ]
        documents = [answer.json | {"request_id": "", "instance": ""} for answer in answers]
        assert answers[0].status == 404, f"{method} {path}"
        assert documents[0] == documents[1], f"{method} {path}"
        asked += 1
    assert asked >= 5
    assert (await trader.ok("GET", f"/positions/{theirs['position_id']}"))["status"] == "open"
    assert (await trader.ok("GET", "/trading-accounts"))["items"][0]["name"] != "mine"


#: What is sent to a route about one thing, by its parameter.
BODIES = {"own_name": {"version": 1}}


async def _alert(trader: Person) -> str:
    """The id of an alert of the trader's."""
    made = await trader.ok("POST", "/alerts", json={"symbol": "ETHUSDT", "price": "3500"})
    return str(made["id"])


async def _passkey(trader: Person) -> str:
    """The id of a passkey of the trader's."""
    return str((await add_passkey(trader, Authenticator.of(trader)))["passkey"]["id"])


async def _own_strategy(trader: Person, market: TestMarket) -> str:
    """The name of a strategy of the trader's own."""
    await market.subscribe(trader.tenant_id, "PRO")
    document = builtin_text("ema_rsi_atr").replace("name: ema_rsi_atr", "name: of_my_own")
    saved = await trader.ok("POST", "/strategies/own", json={"document": document})
    assert saved["active_version"] == 1
    return "of_my_own"


async def test_nobody_executes_on_another_tenants_account(own_api: Api, trader: Person, market: TestMarket) -> None:
    other = await own_api.register()
    signal = await market.publish()
    for account in (trader.account_id, uuid4()):
        answer = await other.post(f"/signals/{signal.id}/execute", {"account_id": str(account)})
        assert (answer.status, answer.code) == (404, "not_found")
    assert await market.connection.fetchval("select count(*) from intents") == 0


def _routes_of_one_thing() -> list[tuple[str, str]]:
    return [
        (method, route.path_format)
        for route in api_routes(create_app(Settings()))
        for method in route.methods or ()
        if PARAMETER.search(route.path_format)
    ]
