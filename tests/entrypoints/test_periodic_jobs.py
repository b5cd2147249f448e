"""Jobs that are done by the clock, and whom events are for."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import numpy as np
import pytest
from redis.asyncio import Redis

from tests.support.events import (
    NOW,
    NOW_MS,
    candles_before,
    count,
    deliver,
    fetch,
    fill_tail,
    join,
    position_event,
    signal_event,
    tell,
)
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.entrypoints.audience import audience
from tradewind.entrypoints.jobs import compact_candles, prune_tables, verify_audit
from tradewind.entrypoints.worker import candle_source
from tradewind.kit.ids import new_id
from tradewind.market import CandleStore
from tradewind.platform import metrics
from tradewind.platform.database import Database
from tradewind.platform.jobs import JobContext, JobQueue, celery_app
from tradewind.platform.settings import Settings
from tradewind.platform.spine import Delivery, Event, seal, verify_chain
from tradewind.platform.spine.sealing import PLATFORM_CHAIN


@pytest.fixture
async def context(settings: Settings, system_database: Database, broker: Redis) -> JobContext:
    """What jobs get, for doing them here and now."""
    return JobContext(system_database, broker, settings, JobQueue(celery_app(settings)))


# ------------------------------------------------------------------------------------------------------------ audience


async def test_a_tenants_events_reach_all_its_members_and_a_signals_those_who_have_it(
    system_database: Database,
) -> None:
    owner = await join(system_database)
    colleague = await join(system_database, owner.tenant_id)
    stranger = await join(system_database)
    signal_id = new_id()
    for reader in (colleague, stranger):
        await deliver(system_database, reader, signal_id)

    def delivery(event: Event) -> Delivery:
        return Delivery(event.id, event.tenant_id, event.type, event.subject_id, NOW, {}, None, NOW)

    deliveries = [delivery(position_event(owner)), delivery(signal_event(signal_id)), delivery(signal_event(new_id()))]
    connection = await system_database.connect()
    addressed = await audience(connection, deliveries)
    await connection.close()
    assert {(each.user_id, each.delivery.event_id) for each in addressed} == {
        (owner.user_id, deliveries[0].event_id),
        (colleague.user_id, deliveries[0].event_id),
        (colleague.user_id, deliveries[1].event_id),
        (stranger.user_id, deliveries[1].event_id),
    }
    assert all(
        each.tenant_id == (owner if each.user_id != stranger.user_id else stranger).tenant_id for each in addressed
    )
    assert [each.delivery for each in addressed] == sorted((each.delivery for each in addressed), key=deliveries.index)


# -------------------------------------------------------------------------------------------------------------- audit


async def sealed(database: Database, events: Sequence[Event]) -> None:
    """Record and seal."""
    await tell(database, *events)
    connection = await database.connect()
    deliveries = [
        Delivery(event.id, event.tenant_id, event.type, event.subject_id, event.at, dict(event.payload), None, NOW)
        for event in events
    ]
    await seal(connection, deliveries)
    await connection.close()


@pytest.mark.parametrize(
    ("tampering", "reason"),
    [
        ("update events set payload = '{}' where id = $1", "is not what was sealed"),
        ("delete from events where id = $1", "is sealed but gone"),
        ("delete from event_seals where event_id = $1", "links are missing"),
    ],
)
async def test_tampering_is_found_by_the_nightly_job(
    settings: Settings, context: JobContext, system_database: Database, tampering: str, reason: str
) -> None:
    member, other = await join(system_database), await join(system_database)
    events = [position_event(member) for _ in range(5)]
    await sealed(system_database, [*events, position_event(other), signal_event(new_id())])
    before = metrics.REGISTRY.get_sample_value("audit_chain_faults_total") or 0.0
    await verify_audit(context)
    assert metrics.REGISTRY.get_sample_value("audit_chain_faults_total") == before
    owner = await asyncpg.connect(settings.database_url)
    # Only the owner of the tables can do this at all, and not by accident.
    async with owner.transaction():
        for table in ("events", "event_seals"):
            await owner.execute(f"alter table {table} disable trigger append_only")
            await owner.execute(f"alter table {table} no force row level security")
        assert await owner.execute(tampering, events[2].id) in ("UPDATE 1", "DELETE 1")
        for table in ("events", "event_seals"):
            await owner.execute(f"alter table {table} enable trigger append_only")
            await owner.execute(f"alter table {table} force row level security")
    await owner.close()
    await verify_audit(context)
    assert metrics.REGISTRY.get_sample_value("audit_chain_faults_total") == before + 1
    connection = await system_database.connect()
    fault = await verify_chain(connection, member.tenant_id)
    assert fault is not None
    assert reason in fault.reason
    for intact in (other.tenant_id, PLATFORM_CHAIN):
        assert await verify_chain(connection, intact) is None
    await connection.close()


# ------------------------------------------------------------------------------------------------------------- candles


async def test_the_tail_moves_into_the_store(
    settings: Settings, context: JobContext, system_database: Database
) -> None:
    store = CandleStore(settings.data / "candles")
    candles = candles_before(NOW_MS - NOW_MS % Timeframe.M15.ms, 60)
    # A run before was killed after it had stored the first half and before it could delete it.
    store.append("BTCUSDT", Timeframe.M15, candles.rows(0, 30))
    await fill_tail(system_database, "BTCUSDT", Timeframe.M15, candles)
    await fill_tail(system_database, "ETHUSDT", Timeframe.M15, candles.rows(0, 10))
    await compact_candles(context)
    await compact_candles(context)
    assert await count(system_database, "candle_tail") == 0
    for symbol, number in (("BTCUSDT", 60), ("ETHUSDT", 10)):
        stored = store.read(symbol, Timeframe.M15)
        assert all(np.array_equal(had, has) for had, has in zip(candles.rows(0, number), stored, strict=True))


async def test_a_series_that_cannot_be_stored_keeps_nobody_else(
    settings: Settings, context: JobContext, system_database: Database
) -> None:
    candles = candles_before(NOW_MS - NOW_MS % Timeframe.M15.ms, 3)
    impossible = Columns(*candles[:3], candles.high + 1, *candles[4:])
    await fill_tail(system_database, "AUSDT", Timeframe.M15, impossible)
    await fill_tail(system_database, "BUSDT", Timeframe.M15, candles)
    await compact_candles(context)
    left = await fetch(system_database, "select distinct symbol from candle_tail")
    assert [row["symbol"] for row in left] == ["AUSDT"]
    assert len(CandleStore(settings.data / "candles").read("BUSDT", Timeframe.M15)) == 3


async def test_candles_for_pictures_come_from_store_and_tail_and_not_from_the_future(
    settings: Settings, system_database: Database
) -> None:
    until = NOW_MS - NOW_MS % Timeframe.M15.ms
    candles = candles_before(until + 5 * Timeframe.M15.ms, 60)
    CandleStore(settings.data / "candles").append("BTCUSDT", Timeframe.M15, candles.rows(0, 40))
    await fill_tail(system_database, "BTCUSDT", Timeframe.M15, candles.rows(30, 60))
    source = candle_source(settings, system_database)
    recent = await source("BTCUSDT", Timeframe.M15, until, 50)
    assert recent.ts.tolist() == candles.ts[5:55].tolist()
    assert recent.ts[-1] + Timeframe.M15.ms == until
    assert len(await source("NOSUCH", Timeframe.M15, until, 50)) == 0


# ------------------------------------------------------------------------------------------------------------- pruning


async def test_what_is_too_old_is_forgotten(context: JobContext, system_database: Database) -> None:
    member = await join(system_database)
    connection = await system_database.connect()
    for seq, age in enumerate(("8 days", "6 days"), start=1):
        await connection.execute(
            "insert into frames (user_id, tenant_id, seq, type, at, data, created_at) "
            f"values ($1, $2, $3, 'notice', now(), '{{}}', now() - interval '{age}')",
            member.user_id,
            member.tenant_id,
            seq,
        )
    for key, age in (("old", "25 hours"), ("new", "23 hours")):
        await connection.execute(
            "insert into idempotency_keys (tenant_id, key, fingerprint, created_at) "
            f"values ($1, $2, '', now() - interval '{age}')",
            member.tenant_id,
            key,
        )
    for secret, life in ((b"over", "-1 hour"), (b"alive", "1 hour")):
        await connection.execute(
            "insert into sessions (id, user_id, kind, secret_hash, expires_at) "
            f"values ($1, $2, 'api', $3, now() + interval '{life}')",
            new_id(),
            member.user_id,
            secret,
        )
    await connection.close()
    await prune_tables(context)
    assert [row["seq"] for row in await fetch(system_database, "select seq from frames")] == [2]
    assert [row["key"] for row in await fetch(system_database, "select key from idempotency_keys")] == ["new"]
    assert [row["secret_hash"] for row in await fetch(system_database, "select secret_hash from sessions")] == [
        b"alive"
    ]
