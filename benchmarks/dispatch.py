"""From a signal to the durable intents of all its followers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg
import uvloop

from benchmarks.measure import Figure
from tradewind.billing import sync_plans
from tradewind.entrypoints.migrating import migrate
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database, Urls
from tradewind.platform.embedded import temporary_servers
from tradewind.platform.settings import Settings
from tradewind.trading.dispatch import dispatch

_ROUNDS = 5

_FOLLOWERS = """
with people as (
    insert into users (id, email, password_hash)
    select gen_random_uuid(), 'bench-' || n || '@bench.invalid', '!' from generate_series($1::int, $2::int) n
    returning id
), organisations_made as (
    insert into organisations (id, name) select id, 'bench' from people returning id
), subscribed as (
    insert into subscriptions (id, tenant_id, plan, status, current_period_start)
    select gen_random_uuid(), id, 'ENTERPRISE', 'active', now() from people
), allowed as (
    insert into allowances (user_id, tenant_id, day, signals_used, slots_used)
    select id, id, current_date, 0, 0 from people
), deposited as (
    insert into ledger_entries (account_id, seq, tenant_id, at, kind, debit, credit, amount)
    select id, 1, id, now(), 'deposit', 'cash', 'capital', 10000 from people
)
insert into trading_accounts (id, tenant_id, user_id, name, venue, account_type, is_demo, currency, balance, ledger_seq,
                              risk_per_trade, max_leverage, auto_trading)
select id, id, id, 'Paper', 'paper', 'futures', true, 'USDT', 10000, 1, 0.005, 5, true from people
"""
_BARE = """
insert into bare (id, account_id, note)
select gen_random_uuid(), gen_random_uuid(), 'x' from generate_series(1, $1)
"""


async def _measure(settings: Settings) -> list[tuple[int, float, float]]:
    """(followers, seconds from signal to commit, seconds of a bare insert of as many rows), medians."""
    await migrate(settings)
    system = Database(Urls.system(settings))
    async with system.writing() as session:
        await sync_plans(session)
    owner = await asyncpg.connect(Urls.owner(settings).url)
    connection = await system.connect()
    measured = []
    try:
        await owner.execute("create table bare (id uuid primary key, account_id uuid, note text)")
        have = 0
        for followers in (1_000, 10_000):
            await connection.execute(_FOLLOWERS, have + 1, followers)
            have = followers
            await owner.execute("vacuum analyze")
            spent, bare = [], []
            for _ in range(_ROUNDS):
                began = time.perf_counter()
                async with owner.transaction():
                    await owner.execute(_BARE, followers)
                bare.append(time.perf_counter() - began)
                at = datetime.now(UTC)
                began = time.perf_counter()
                async with connection.transaction():
                    accepted = await dispatch(
                        connection, new_id(), day=at.date(), at=at, real_accounts=False, released={}
                    )
                spent.append(time.perf_counter() - began)
                assert len(accepted) == followers
            measured.append((followers, statistics.median(spent), statistics.median(bare)))
    finally:
        await connection.close()
        await owner.close()
        await system.close()
    return measured


def run() -> Iterator[Figure]:
    """Dispatch to 1,000 and 10,000 followers on a durable database."""
    with temporary_servers(durable=True) as servers:
        settings = Settings(
            data=servers.folder.path,
            database_url=servers.database.owner,
            database_app_url=servers.database.app,
            database_system_url=servers.database.system,
        )
        for followers, spent, bare in uvloop.run(_measure(settings)):
            yield Figure(
                f"signal → intents of {followers:,} followers, durable",
                spent * 1000,
                "ms",
                "≤ 1,000 for 10,000",
                spent <= 1.0,
                "one statement that locks, counts and inserts three rows a follower, and its commit",
                bare * 1000,
                "bare insert of one row a follower, ms",
            )
