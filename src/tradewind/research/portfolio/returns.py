"""Hourly returns of what is held, aligned: what correlations and losses are estimated from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Candle, Timeframe
from tradewind.kit.clock import from_ms
from tradewind.market.record import CandleReader
from tradewind.platform.database import ReadSession

Floats = NDArray[np.float64]

#: One period. Days would need months of candles to say anything, minutes are noise.
PERIOD = Timeframe.H1
#: Three weeks of hours: some twenty-five of them make the worst 5 %.
PERIODS = 504


class Returns(NamedTuple):
    """Simple returns per hour by underlying, aligned; NaN where one of an hour's two closes is missing.

    Attributes:
        since, until: from the open of the first period to the close of the last; None without any.
    """

    of: Mapping[str, Floats]
    since: datetime | None
    until: datetime | None


async def hourly_returns(
    reader: CandleReader, session: ReadSession, symbols: Mapping[str, str], before: int
) -> Returns:
    """The returns of the last `PERIODS` hours that have closed by `before` (market time, UTC ms).

    Args:
        symbols: the symbol whose candles stand for each underlying.
    """
    end = PERIOD.open_of(before)
    read = {
        name: await reader.read(session, symbol, PERIOD, before=end, limit=PERIODS + 1)
        for name, symbol in symbols.items()
    }
    return aligned(read, end)


def aligned(candles: Mapping[str, Sequence[Candle]], end: int) -> Returns:
    """Returns between hours that follow each other, on one grid of hours that ends at `end` (UTC ms)."""
    first = end - (PERIODS + 1) * PERIOD.ms
    opens = [candle.ts for each in candles.values() for candle in each if candle.ts >= first]
    if not opens:
        return Returns({name: np.empty(0) for name in candles}, None, None)
    start = min(opens)
    hours = (end - start) // PERIOD.ms
    returns = {}
    for name, each in candles.items():
        closes = np.full(hours, np.nan)
        for candle in each:
            if candle.ts >= start:
                closes[(candle.ts - start) // PERIOD.ms] = candle.close
        returns[name] = closes[1:] / closes[:-1] - 1.0
    return Returns(returns, from_ms(start + PERIOD.ms), from_ms(end))
