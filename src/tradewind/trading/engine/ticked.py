"""What ticks have shown of the candles in the making, so that what a closed one adds to them is lived through too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.matching import Stretch
from tradewind.market import Tick


class _Shown(NamedTuple):
    """The part of a candle that was seen as ticks.

    Attributes:
        at, price: of the last tick.
        volume: of all of them.
    """

    at: int
    price: float
    high: float
    low: float
    volume: float


class TickedCandles:
    """Candles of the finest timeframe by symbol and open time, as far as ticks have told of them."""

    def __init__(self, finest: Timeframe) -> None:
        self._finest = finest
        self._shown: dict[str, dict[int, _Shown]] = {}

    def see(self, tick: Tick) -> None:
        """Take in a tick; those of one symbol come in time order."""
        symbol, at, price, volume = tick
        candles = self._shown.setdefault(symbol, {})
        opened = self._finest.open_of(at)
        before = candles.get(opened)
        if before is None:
            candles[opened] = _Shown(at, price, price, price, volume)
        else:
            high, low = max(before.high, price), min(before.low, price)
            candles[opened] = _Shown(at, price, high, low, before.volume + volume)

    def unseen(self, symbol: str, candle: Candle) -> Stretch | None:
        """What of `candle`, which has closed, is still to be lived through; it and those before are forgotten.

        All of it where no tick was seen (a recording; a live feed's way back after a break). Nothing where the ticks
        reached as far as the candle does. Else a stream broke inside it: on from the last tick to the extremes that
        nobody saw, because a stop that was reached meanwhile was reached.
        """
        ts, opened, high, low, close, volume = candle
        end = ts + self._finest.ms
        candles = self._shown.get(symbol)
        if not candles:
            return Stretch(ts, end, opened, high, low, close, volume)
        shown = candles.get(ts)
        self._shown[symbol] = {later: part for later, part in candles.items() if later > ts}
        if shown is None:
            return Stretch(ts, end, opened, high, low, close, volume)
        if high <= shown.high and low >= shown.low:
            return None
        reached = high if high > shown.high else max(shown.price, close)
        fell_to = low if low < shown.low else min(shown.price, close)
        left = max(volume - shown.volume, 0.0)
        return Stretch(shown.at, end, shown.price, reached, fell_to, close, left)

    def dump(self) -> dict[str, dict[str, Sequence[float]]]:
        """All of it as JSON values."""
        return {
            symbol: {str(opened): list(part) for opened, part in candles.items()}
            for symbol, candles in self._shown.items()
            if candles
        }

    def load(self, dumped: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """Take back what `dump` gave."""
        self._shown = {
            symbol: {int(opened): _Shown(*part) for opened, part in candles.items()}
            for symbol, candles in dumped.items()
        }
