"""The tail of candles in the database is kept short: what is in it goes to the Parquet store and is deleted then.

In this order, so that a crash in between leaves candles in both places, which readers and the next run put right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Row, text

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import MarketDataError
from tradewind.market.store import CandleStore
from tradewind.platform.database import Database

_log = structlog.get_logger()

#: Candles of one series that are moved together.
_BATCH = 10_000

_SERIES = text("select distinct symbol, timeframe from candle_tail order by symbol, timeframe")
_ROWS = text("""
select ts, open, high, low, close, volume from candle_tail
where symbol = :symbol and timeframe = :timeframe order by ts limit :limit
""")
_DELETE = text("""
delete from candle_tail
where symbol = :symbol and timeframe = :timeframe and ts = any(cast(:ts as bigint[]))
""")


async def compact_tail(database: Database, store: CandleStore) -> int:
    """Move what is in the tail now into `store`; how many candles.

    A series that cannot be moved stays where it is, with a word in the log, and does not keep the others.
    """
    async with database.reading() as session:
        series = [(row.symbol, Timeframe(row.timeframe)) for row in await session.execute(_SERIES)]
    moved = 0
    for symbol, timeframe in series:
        try:
            moved += await _compact(database, store, symbol, timeframe)
        except (MarketDataError, ValueError, OSError) as error:
            _log.error("candles_not_stored", symbol=symbol, timeframe=timeframe.value, error=str(error))
    return moved


async def _compact(database: Database, store: CandleStore, symbol: str, timeframe: Timeframe) -> int:
    moved = 0
    while True:
        key = {"symbol": symbol, "timeframe": timeframe.value}
        async with database.reading() as session:
            rows = (await session.execute(_ROWS, key | {"limit": _BATCH})).all()
        if rows:
            await asyncio.to_thread(store.append, symbol, timeframe, _columns(rows))
            async with database.writing() as session:
                await session.execute(_DELETE, key | {"ts": [row.ts for row in rows]})
        moved += len(rows)
        if len(rows) < _BATCH:
            return moved


def _columns(rows: Sequence[Row[Any]]) -> Columns:
    return Columns.of(Candle(row.ts, row.open, row.high, row.low, row.close, row.volume) for row in rows)
