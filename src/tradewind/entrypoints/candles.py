"""Closed candles of the past, for whoever needs some beside what the feed says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.market.record import CandleReader
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings


def candle_source(settings: Settings, database: Database) -> Callable[[str, Timeframe, int, int], Awaitable[Columns]]:
    """Candles from wherever they are: asked with symbol, timeframe, a moment (UTC ms) and a count, so many that had
    closed by then, oldest first."""
    reader = CandleReader(settings)

    async def recent_candles(symbol: str, timeframe: Timeframe, until: int, limit: int) -> Columns:
        async with database.reading() as session:
            # Closed by `until` means opened a whole candle before.
            before = until - timeframe.ms + 1
            return Columns.of(await reader.read(session, symbol, timeframe, before=before, limit=limit))

    return recent_candles
