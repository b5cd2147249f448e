"""Analyses of the candles on record, kept until the next candle closes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tradewind.core.analysis import HISTORY, LINE, Analysis, Shortage, analyse, longer_timeframes
from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.core.values import decimal_of
from tradewind.market.record.service import CandleReader
from tradewind.platform.database import ReadSession

#: Analyses kept; one takes about 10 kB.
_KEPT = 512
#: Newest closes that show how many digits the symbol's prices have.
_SAMPLE = 100


class Found(NamedTuple):
    """The analysis of one symbol and timeframe.

    Attributes:
        digits: behind the point, that the symbol's prices have.
    """

    symbol: str
    timeframe: Timeframe
    candles: int
    digits: int
    result: Analysis | Shortage


class MarketAnalyst:
    """Analyses what is on record. A symbol and timeframe are worked out anew when a candle of theirs has closed."""

    def __init__(self, reader: CandleReader) -> None:
        self._reader = reader
        self._kept: OrderedDict[tuple[str, Timeframe], tuple[int, Found]] = OrderedDict()

    async def find(self, session: ReadSession, symbol: str, timeframe: Timeframe, *, now: int | None) -> Found:
        """The analysis at the last candle that has closed at market time `now` (UTC ms); see `CandleReader.bound`."""
        newest = await self._read(session, symbol, timeframe, now, 1)
        last = newest[-1].ts if newest else -1
        key = (symbol, timeframe)
        if (kept := self._kept.get(key)) is not None and kept[0] == last:
            self._kept.move_to_end(key)
            return kept[1]
        candles = await self._read(session, symbol, timeframe, now, HISTORY)
        # One more than the line: a candle may close between these reads, and is then left out.
        longer = {
            other: await self._read(session, symbol, other, now, LINE + 1) for other in longer_timeframes(timeframe)
        }
        found = await asyncio.to_thread(found_in, symbol, timeframe, candles, longer)
        if candles:
            self._kept[key] = (candles[-1].ts, found)
            self._kept.move_to_end(key)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    async def _read(
        self, session: ReadSession, symbol: str, timeframe: Timeframe, now: int | None, limit: int
    ) -> Sequence[Candle]:
        before = self._reader.bound(timeframe, now)
        return await self._reader.read(session, symbol, timeframe, before=before, limit=limit)


def found_in(
    symbol: str, timeframe: Timeframe, candles: Sequence[Candle], longer: Mapping[Timeframe, Sequence[Candle]]
) -> Found:
    """The analysis at the last of `candles`, which are closed, oldest first.

    Args:
        longer: those of longer timeframes likewise; one without candles is not kept here and left out.
    """
    columns = Columns.of(candles)
    result = analyse(timeframe, columns, {other: Columns.of(closed) for other, closed in longer.items() if closed})
    return Found(symbol, timeframe, len(columns), _digits(candles), result)


def _digits(candles: Sequence[Candle]) -> int:
    return max((_decimals(candle.close) for candle in candles[-_SAMPLE:]), default=0)


def _decimals(price: float) -> int:
    _, _, fraction = format(decimal_of(price), "f").partition(".")
    return len(fraction.rstrip("0"))
