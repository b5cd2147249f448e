"""Bulk writes: what is gathered is what is in the tables, to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import orjson

from tradewind.market.record.models import CandleTailRow
from tradewind.platform.database import BulkWriter, Database, WriteMode
from tradewind.platform.spine import EventRow, EventType, destinations_of, event_columns, to_outbox
from tradewind.trading.signals.models import SignalEventRow

AT = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
SIGNAL_EVENT = ("signal_id", "seq", "at", "kind", "price", "before", "rung", "why")
CANDLE = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume")


async def written(database: Database, writer: BulkWriter) -> None:
    connection = await database.connect()
    try:
        async with connection.transaction():
            await writer.flush(connection)
    finally:
        await connection.close()


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    connection = await database.connect()
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_values_of_every_kind_come_back_as_they_were(system_database: Database) -> None:
    writer = BulkWriter()
    events = writer.declare(SignalEventRow, SIGNAL_EVENT)
    given = [
        (UUID(int=1), 1, AT, "filled", Decimal("40000.10"), None, 0, ""),
        (
            UUID(int=1),
            2,
            AT + timedelta(milliseconds=1),
            "moved",
            Decimal("1E-8"),
            Decimal("0.30"),
            2,
            'a "quote", \\ ₿\n',
        ),
        (UUID(int=2), 1, AT, "closed", Decimal("12345678901234567890.123456789"), Decimal(0), 1, "null"),
    ]
    events.extend(given)
    await written(system_database, writer)
    assert events == []
    names = ", ".join(SIGNAL_EVENT)
    assert await rows(system_database, f"select {names} from signal_events order by signal_id, seq") == given


async def test_rows_are_replaced_changed_and_taken_away(system_database: Database) -> None:
    writer = BulkWriter()
    candles = writer.declare(CandleTailRow, CANDLE, WriteMode.UPSERT)
    changed = writer.declare(CandleTailRow, ("symbol", "timeframe", "ts", "close"), WriteMode.UPDATE)
    gone = writer.declare(CandleTailRow, ("symbol", "timeframe", "ts"), WriteMode.DELETE)
    rng = Random(1)
    prices = [(rng.random() * 10.0 ** rng.randint(-9, 9)) for _ in range(5)]
    candles.extend([("A", "5m", 0, 1.0, 2.0, 0.5, 1.5, 10.0), ("B", "5m", 0, *prices)])
    await written(system_database, writer)
    candles.append(("A", "5m", 0, 1.0, 3.0, 0.5, 2.5, 1e-300))
    changed.append(("B", "5m", 0, 0.1 + 0.2))
    gone.append(("C", "5m", 0))
    await written(system_database, writer)
    names = ", ".join(CANDLE)
    kept = await rows(system_database, f"select {names} from candle_tail order by symbol")
    assert kept == [("A", "5m", 0, 1.0, 3.0, 0.5, 2.5, 1e-300), ("B", "5m", 0, *prices[:3], 0.1 + 0.2, prices[4])]
    gone.append(("A", "5m", 0))
    await written(system_database, writer)
    assert await rows(system_database, "select symbol from candle_tail") == [("B",)]


async def test_more_rows_than_a_statement_may_have(system_database: Database) -> None:
    writer = BulkWriter()
    events = writer.declare(SignalEventRow, SIGNAL_EVENT)
    events.extend((UUID(int=number), 1, AT, "filled", None, None, 0, "") for number in range(12_345))
    await written(system_database, writer)
    assert await rows(system_database, "select count(*), count(distinct signal_id) from signal_events") == [
        (12_345, 12_345)
    ]


async def test_the_fullest_table_is_written_ahead_and_the_rest_with_the_flush(system_database: Database) -> None:
    writer = BulkWriter()
    steps = writer.declare(SignalEventRow, SIGNAL_EVENT)
    events = writer.declare(EventRow, event_columns)
    candles = writer.declare(CandleTailRow, CANDLE, WriteMode.UPSERT)
    candles.extend(("A", "5m", number, 1.0, 1.0, 1.0, 1.0, 1.0) for number in range(9))
    steps.extend((UUID(int=number), 1, AT, "filled", None, None, 0, "") for number in range(3))
    events.extend((UUID(int=number), None, "signal_created", UUID(int=9), AT, "{}") for number in range(2))
    assert writer.take(4) is None, "what is replaced waits for the flush"
    batch = writer.take(2)
    assert batch is not None
    assert (len(steps), len(events), len(candles)) == (0, 2, 9)
    connection = await system_database.connect()
    async with connection.transaction():
        await batch.write(connection)
    await connection.close()
    await written(system_database, writer)
    counts = (
        "select (select count(*) from signal_events), (select count(*) from events), (select count(*) from candle_tail)"
    )
    assert await rows(system_database, counts) == [(3, 2, 9)]


async def test_events_go_to_their_destinations_in_their_order(system_database: Database) -> None:
    writer = BulkWriter()
    events = writer.declare(EventRow, event_columns, then=to_outbox)
    rng = Random(2)
    kinds = [*EventType, *rng.choices(list(EventType), k=300)]
    made = [(UUID(int=rng.getrandbits(128)), kind) for kind in kinds]
    payload = orjson.dumps({"of": "a test"}).decode()
    events.extend((event_id, None, kind.value, UUID(int=1), AT, payload) for event_id, kind in made)
    await written(system_database, writer)
    outbox = await rows(system_database, "select event_id, destination from outbox order by id")
    for destination in {target for kind in EventType for target in destinations_of(kind)}:
        expected = [event_id for event_id, kind in made if destination in destinations_of(kind)]
        assert [event_id for event_id, target in outbox if target == destination] == expected
    assert len(outbox) == sum(len(destinations_of(kind)) for kind in kinds)
    assert await rows(system_database, "select distinct payload->>'of' from events") == [("a test",)]
