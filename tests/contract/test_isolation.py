"""Tenants do not see each other: by policy in the database, and over every route."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.contract.wishes import Document, Operation
from tests.market.candle_maker import walk
from tests.support.http import Answer, Api, Person
from tests.support.market import TestMarket
from tradewind.core.candles import Timeframe
from tradewind.entrypoints.api import create_app
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
    "record_heads",
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
        "insert into telegram_chats (user_id, tenant_id, chat, tries, asked_at) values ($1, $2, '@victims', 0, now())",
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
        "record_heads",
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

#: Words of the victim's own; none of them may stand in an answer to somebody else.
NAME, ALERT, STRATEGY, CHAT, KEY = "Victoria Vanderbilt", "the-victims-alert", "the_victims_own", "@victims", "her-key"
#: What a schema cannot say of what is meant.
MEANINGS = {
    "document": builtin_text("ema_rsi_atr").replace("name: ema_rsi_atr", "name: somebody_elses"),
    "strategy": "ema_rsi_atr",
    "timeframe": "5m",
    "risk_per_trade": "0.01",
    "max_leverage": "2",
}
#: Of each table two are enough: one that is over and one that is not.
IDS_OF_A_TABLE = 2
#: Whose a row is.
OWNERS = {"users": "id", "organisations": "id", "memberships": "organisation_id"}
SAME_ID = {"X-Request-ID": "one-for-all-requests"}
_COLUMNS = """
select table_name as table, array_agg(column_name::text) as columns from information_schema.columns
join information_schema.tables using (table_schema, table_name)
where table_schema = 'public' and table_type = 'BASE TABLE' group by 1 order by 1
"""


class Victim:
    """A person and all that is hers in the database."""

    def __init__(self, person: Person, market: TestMarket) -> None:
        self.person = person
        self._connection = market.connection

    async def rows(self, *, others: bool = False) -> dict[str, list[str]]:
        """Her rows by table, as text; or everybody else's."""
        found = {}
        for table, columns in await self._connection.fetch(_COLUMNS):
            owner = OWNERS.get(table) or next((each for each in ("tenant_id", "user_id") if each in columns), None)
            if owner is None:
                continue
            is_user = owner == "user_id" or table == "users"
            condition = f"{owner} is distinct from $1" if others else f"{owner} = $1"
            rows = await self._connection.fetch(
                f"select t::text as row from {table} t where {condition} order by 1",
                self.person.id if is_user else self.person.tenant_id,
            )
            found[table] = [row["row"] for row in rows]
        return found

    async def ids(self) -> dict[str, list[str]]:
        """The ids that are in her rows and in nobody else's, by table."""
        public = await self._connection.fetch(
            "select to_jsonb(s) || to_jsonb(e) as row from signals s, signal_events e"
        )
        known = set(ID.findall(str([row["row"] for row in public]))) | set(
            ID.findall(str(await self.rows(others=True)))
        )
        return {table: sorted(set(ID.findall(str(rows))) - known) for table, rows in (await self.rows()).items()}


def _told(answer: Answer, *asked: str) -> tuple[int, bytes]:
    """What an answer says, but for what was asked."""
    told = answer.raw
    for each in asked:
        told = told.replace(each.encode(), b"?")
    return answer.status, told


async def test_no_request_of_the_document_reaches_another_tenant(own_api: Api, market: TestMarket) -> None:
    """Every operation, with every kind of id that another tenant has wherever an id can stand."""

    async def attacker() -> Person:
        """Somebody whose plan keeps no route from him."""
        somebody = await own_api.register()
        await market.subscribe(somebody.tenant_id, "ENTERPRISE")
        return somebody

    trader = await own_api.register(full_name=NAME)
    await _filled(trader, market)
    await trader.ok("POST", "/alerts", json={"symbol": "ETHUSDT", "price": "3500", "name": ALERT})
    await _own_strategy(trader, market)
    signal = await market.publish()
    await trader.post(f"/signals/{signal.id}/execute", headers={"Idempotency-Key": KEY})
    await market.enter()
    await trader.ok("GET", "/positions")
    shared = {"signal_id": str((await market.publish()).id), "symbol": "BTCUSDT", "strategy": "ema_rsi_atr"}
    other = await attacker()
    await other.post(f"/signals/{shared['signal_id']}/execute")
    await market.enter()

    victim = Victim(trader, market)
    by_table = await victim.ids()
    private = {trader.email, NAME, ALERT, STRATEGY, CHAT, *(each for ids in by_table.values() for each in ids)}
    tried = sorted({each for ids in by_table.values() for each in (*ids[:IDS_OF_A_TABLE], *ids[-IDS_OF_A_TABLE:])})
    before = await victim.rows()
    asked = 0

    async def ask(
        operation: Operation, path: str, body: Any, query: Mapping[str, str] | None = None, *, key: str | None = None
    ) -> Answer:
        nonlocal other, asked
        headers = {name: key or str(uuid4()) for name in operation.names("header")} | SAME_ID
        if (await other.get("/user/me")).status == 401:  # what was asked before ended the session
            other = await attacker()
        answer = await other.client.request(operation.method, path, json=body, params=query, headers=headers)
        asked += 1
        assert answer.status != 500, f"{operation} {path} {body}"
        known = {word for word in private if word.encode() in answer.raw}
        assert known <= {word for word in private if word in f"{path}{body}{query}"}, f"{operation} {query} {body}"
        return answer

    document = Document(create_app(Settings()).openapi(), MEANINGS)
    for operation in document.operations():
        at = {name: shared.get(name, str(uuid4())) for name in operation.names("path")}
        bodies = document.bodies(operation)
        for body in bodies:
            await ask(operation, operation.path.format_map(at), body, key=KEY)
        for name in operation.names("path"):
            is_id = operation.parameters["path", name].get("format") == "uuid"
            missing = str(uuid4()) if is_id else "no_such_name"
            reached = False
            for body in bodies:
                nothing = await ask(operation, operation.path.format_map(at | {name: missing}), body)
                reached |= nothing.status == 404
                for theirs in tried if is_id else (STRATEGY,):
                    answer = await ask(operation, operation.path.format_map(at | {name: theirs}), body)
                    assert _told(answer, theirs) == _told(nothing, missing), f"{operation}: {name}, {body}"
            assert reached or not is_id, f"{operation}: no body was as it should be"
        for name in operation.names("query"):
            path = operation.path.format_map(at)
            if operation.parameters["query", name].get("format") == "uuid":
                missing = str(uuid4())
                nothing = await ask(operation, path, None, {name: missing})
                for theirs in tried:
                    answer = await ask(operation, path, None, {name: theirs})
                    assert _told(answer, theirs) == _told(nothing, missing), f"{operation}: {name}"
            elif name == "cursor":
                page = await trader.client.get(operation.path.format_map(at), params={"limit": "1"})
                if page.status == 200 and (cursor := page.json["next_cursor"]):
                    await ask(operation, path, None, {name: cursor})
        for name in document.ids_in_body(operation):
            missing = str(uuid4())
            least = bodies[0] or {}
            nothing = await ask(operation, operation.path.format_map(at), least | {name: missing})
            assert nothing.status == 404, f"{operation}: {name}"
            for theirs in tried:
                answer = await ask(operation, operation.path.format_map(at), least | {name: theirs})
                assert _told(answer, theirs) == _told(nothing, missing), f"{operation}: {name}"
    assert asked > 500
    await market.attend()
    assert await victim.rows() == before, "something of hers was changed"
    pointing = {
        table
        for table, rows in (await victim.rows(others=True)).items()
        for row in rows
        if private & set(ID.findall(row))
    }
    assert pointing == set(), "somebody else's rows are about hers"


async def _own_strategy(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    document = builtin_text("ema_rsi_atr").replace("name: ema_rsi_atr", f"name: {STRATEGY}")
    saved = await trader.ok("POST", "/strategies/own", json={"document": document})
    assert saved["active_version"] == 1


async def test_nobody_executes_on_another_tenants_account(own_api: Api, trader: Person, market: TestMarket) -> None:
    other = await own_api.register()
    signal = await market.publish()
    for account in (trader.account_id, uuid4()):
        answer = await other.post(f"/signals/{signal.id}/execute", {"account_id": str(account)})
        assert (answer.status, answer.code) == (404, "not_found")
    assert await market.connection.fetchval("select count(*) from intents") == 0
