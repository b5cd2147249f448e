"""Candles and timeframes. A candle here is always closed; an unfinished one has no type."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Timeframe(StrEnum):
    """Length of a candle; every longer one is a multiple of every shorter one that divides it.

    Attributes:
        ms: in milliseconds.
    """

    ms: int

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H12 = "12h"
    D1 = "1d"

    def __new__(cls, name: str) -> Self:
        timeframe = str.__new__(cls, name)
        timeframe._value_ = name
        timeframe.ms = int(name[:-1]) * _UNIT_MS[name[-1]]
        return timeframe

    def open_of(self, ts: int) -> int:
        """The open time of the candle that holds the moment `ts` (UTC ms)."""
        return ts - ts % self.ms

    def derives_from(self, finer: Timeframe) -> bool:
        """Whether candles of this length can be put together from candles of `finer`."""
        return self.ms > finer.ms and self.ms % finer.ms == 0


class Candle(NamedTuple):
    """One closed candle.

    Attributes:
        ts: open time, UTC ms.
        open, high, low, close: prices in quote currency.
        volume: traded amount of base currency.
    """

    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def merge(parts: list[Candle], ts: int) -> Candle:
    """The candle that opens at `ts` and covers `parts`, which are in time order and not empty."""
    return Candle(
        ts,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.volume for part in parts),
    )


class Derivation:
    """Puts longer candles together from the closed candles of the finest timeframe, one symbol.

    A longer candle is emitted once its last finest candle closed; when that one is missing (a gap), with the first
    candle behind the gap, from what there is. A longer candle that had begun before the first finest one is left out:
    what it was before that nobody knows.
    """

    __slots__ = ("_finest_ms", "_parts", "_since", "timeframe")

    def __init__(self, finest: Timeframe, timeframe: Timeframe) -> None:
        if not timeframe.derives_from(finest):
            raise ValueError(f"expected a timeframe that {finest} divides, got {timeframe}")
        self.timeframe = timeframe
        self._finest_ms = finest.ms
        self._parts: list[Candle] = []
        #: Open time of the first longer candle that is known whole.
        self._since: int | None = None

    def add(self, candle: Candle) -> list[Candle]:
        """The longer candles that `candle` closes: none, one, or (behind a gap) two."""
        done: list[Candle] = []
        ts = self.timeframe.open_of(candle.ts)
        if self._since is None:
            self._since = ts if candle.ts == ts else ts + self.timeframe.ms
        if ts < self._since:
            return done
        if self._parts and self.timeframe.open_of(self._parts[0].ts) != ts:
            done.append(merge(self._parts, self.timeframe.open_of(self._parts[0].ts)))
            self._parts = []
        self._parts.append(candle)
        if candle.ts + self._finest_ms == ts + self.timeframe.ms:
            done.append(merge(self._parts, ts))
            self._parts = []
        return done
