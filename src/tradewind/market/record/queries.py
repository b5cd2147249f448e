"""Reading closed candles that are not in files yet, and what was wrong with the data."""

from __future__ import annotations

from sqlalchemy import func, select

from tradewind.core.candles import Candle, Timeframe
from tradewind.market.record.models import CandleTailRow, MarketIncidentRow
from tradewind.platform.database import ReadSession


async def candle_tail(
    session: ReadSession, symbol: str, timeframe: Timeframe, *, before: int, limit: int
) -> list[Candle]:
    """The newest `limit` candles of the tail that opened before `before` (UTC ms), oldest first."""
    tail = CandleTailRow
    statement = (
        select(tail.ts, tail.open, tail.high, tail.low, tail.close, tail.volume)
        .where(tail.symbol == symbol, tail.timeframe == timeframe.value, tail.ts < before)
        .order_by(tail.ts.desc())
        .limit(limit)
    )
    return [Candle(*row) for row in reversed((await session.execute(statement)).all())]


async def incident_count(session: ReadSession) -> int:
    """How many times something was wrong with the data."""
    return await session.scalar(select(func.count()).select_from(MarketIncidentRow)) or 0
