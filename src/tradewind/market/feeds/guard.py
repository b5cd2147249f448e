"""What is wrong with candles: flaws of one, and of one after another. Pure.

The same rules twice: for one candle that just came, in words, and for recorded columns, at array speed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns, Stamps
from tradewind.kit.clock import from_ms
from tradewind.market.feeds.port import Incident, IncidentKind

#: The first moment that no calendar holds, ms (year 10000). Microseconds taken for milliseconds end up beyond it.
END_OF_TIME = 253_402_300_800_000


def moment(ms: int) -> str:
    """`ms` as a person reads it; as a bare number where no calendar holds it."""
    if 0 <= ms < END_OF_TIME:
        return f"{ms} ({from_ms(ms):%Y-%m-%d %H:%M} UTC)"
    return str(ms)


def flaw_of(candle: Candle, timeframe: Timeframe) -> str | None:
    """What makes `candle` impossible: what was expected and what came; None when it is sound."""
    if not 0 <= candle.ts < END_OF_TIME:
        return f"expected ts in milliseconds since 1970, got {candle.ts}"
    if candle.ts % timeframe.ms:
        return f"expected ts on the {timeframe} grid, got {moment(candle.ts)}"
    for name, value in zip(Candle._fields[1:], candle[1:], strict=True):
        if not math.isfinite(value):
            return f"expected a finite {name}, got {value}"
    for name, value in zip(Candle._fields[1:5], candle[1:5], strict=True):
        if value <= 0.0:
            return f"expected a positive {name}, got {value}"
    if candle.volume < 0.0:
        return f"expected a volume of zero or more, got {candle.volume}"
    if candle.high < candle.low:
        return f"expected high ≥ low, got high {candle.high} and low {candle.low}"
    if candle.high < max(candle.open, candle.close):
        return f"expected high ≥ open and close, got high {candle.high}, open {candle.open}, close {candle.close}"
    if candle.low > min(candle.open, candle.close):
        return f"expected low ≤ open and close, got low {candle.low}, open {candle.open}, close {candle.close}"
    return None


def sound_rows(columns: Columns, timeframe: Timeframe) -> NDArray[np.bool_]:
    """For each row whether `flaw_of` finds nothing wrong with it."""
    ts, opens, highs, lows, closes, volumes = columns
    # A comparison with NaN is false and infinity is compared with, so these few cover every check of `flaw_of`.
    sound: NDArray[np.bool_] = (
        (ts >= 0)
        & (ts < END_OF_TIME)
        & (ts % timeframe.ms == 0)
        & (lows > 0.0)
        & (opens >= lows)
        & (closes >= lows)
        & (highs >= opens)
        & (highs >= closes)
        & (highs < math.inf)
        & (volumes >= 0.0)
        & (volumes < math.inf)
    )
    return sound


def gap(symbol: str, timeframe: Timeframe, missing: range, at: int) -> Incident:
    """The incident of the open times `missing`, noticed at `at`."""
    return Incident(
        IncidentKind.CANDLE_GAP,
        symbol,
        timeframe,
        at,
        missing.start,
        f"expected the candle of {moment(missing.start)}, got that of {moment(missing.stop)}: {len(missing)} missing",
    )


def gaps_in(symbol: str, timeframe: Timeframe, ts: Stamps) -> Iterator[Incident]:
    """The gaps between strictly rising open times, each noticed when the candle behind it closes."""
    ms = timeframe.ms
    for row in np.flatnonzero(np.diff(ts) > ms).tolist():
        missing = range(int(ts[row]) + ms, int(ts[row + 1]), ms)
        yield gap(symbol, timeframe, missing, missing.stop + ms)


class Admission(NamedTuple):
    """Whether a candle is passed on, and what was wrong with it or before it."""

    passed: bool
    incidents: tuple[Incident, ...] = ()


class Guard:
    """Admission control for the closed candles of one symbol and timeframe, in the order in which they come.

    Passes on sound candles with strictly rising open times, and names everything else.
    """

    __slots__ = ("last", "symbol", "timeframe")

    def __init__(self, symbol: str, timeframe: Timeframe, last: int | None = None) -> None:
        self.symbol = symbol
        self.timeframe = timeframe
        #: Open time of the last candle passed on; None before the first.
        self.last = last

    def missing_before(self, ts: int) -> range:
        """The open times that are passed over when the candle of `ts` comes next."""
        ms = self.timeframe.ms
        return range(ts if self.last is None else self.last + ms, ts, ms)

    def refusal(self, candle: Candle, at: int) -> Incident | None:
        """Why `candle`, which came at `at`, may not be passed on; None when it may."""
        flaw = flaw_of(candle, self.timeframe)
        if flaw is None and candle.ts > at:
            flaw = f"expected a candle that opened by {moment(at)}, got that of {moment(candle.ts)}"
        if flaw is not None:
            return self._incident(IncidentKind.CANDLE_CORRUPT, candle, at, flaw)
        if self.last is None or candle.ts > self.last:
            return None
        if candle.ts == self.last:
            detail = f"expected a candle after {moment(self.last)}, got that one again"
            return self._incident(IncidentKind.CANDLE_DUPLICATE, candle, at, detail)
        detail = f"expected a candle after {moment(self.last)}, got that of {moment(candle.ts)}"
        return self._incident(IncidentKind.CANDLE_LATE, candle, at, detail)

    def admit(self, candle: Candle, at: int) -> Admission:
        """Pass `candle` on, which came at market ms `at`, unless there is a reason not to."""
        refusal = self.refusal(candle, at)
        if refusal is not None:
            return Admission(False, (refusal,))
        missing = self.missing_before(candle.ts)
        self.last = candle.ts
        return Admission(True, (gap(self.symbol, self.timeframe, missing, at),) if missing else ())

    def _incident(self, kind: IncidentKind, candle: Candle, at: int, detail: str) -> Incident:
        return Incident(kind, self.symbol, self.timeframe, at, candle.ts, detail)
