"""The whole analysis of one symbol and timeframe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tradewind.core import regime
from tradewind.core.analysis import readings
from tradewind.core.analysis.levels import Level, Role, levels_of, pivots_of
from tradewind.core.analysis.phases import Phases, phases_of
from tradewind.core.analysis.profile import VolumeProfile, profile_of
from tradewind.core.analysis.readings import Readings, readings_of
from tradewind.core.analysis.trends import Trend, agreement_of, trend_of
from tradewind.core.candles import Timeframe
from tradewind.core.indicators import CATALOGUE
from tradewind.core.regime import regimes
from tradewind.core.series import Columns

#: Candles that an analysis cannot do without, and that it is best given: with them every average has settled.
NEEDED = max(regime.WARMUP, readings.WARMUP) + 1
HISTORY = 1000
#: The last candles, in which levels, volume and phases are looked for.
WINDOW = 500


class Shortage(NamedTuple):
    """Not enough candles for an analysis."""

    needs: int
    has: int


class Analysis(NamedTuple):
    """What a market looks like at the close of a candle.

    Attributes:
        ts: open time of that candle, UTC ms.
        window: how many candles levels, profile and phases were looked for in.
        levels: in order of price.
        profile: None where nothing was traded or the price did not move.
        trends: of this timeframe and longer ones, the shortest first.
        agreement: of the trends, −1 to 1; see `agreement_of`.
    """

    timeframe: Timeframe
    ts: int
    close: float
    window: int
    phases: Phases
    readings: Readings
    levels: tuple[Level, ...]
    profile: VolumeProfile | None
    trends: tuple[Trend, ...]
    agreement: float | None

    @property
    def support(self) -> Level | None:
        """The nearest level at or below the close."""
        below = [level for level in self.levels if level.role is Role.SUPPORT]
        return below[-1] if below else None

    @property
    def resistance(self) -> Level | None:
        """The nearest level above the close."""
        return next((level for level in self.levels if level.role is Role.RESISTANCE), None)


def analyse(timeframe: Timeframe, columns: Columns, longer: Mapping[Timeframe, Columns]) -> Analysis | Shortage:
    """The analysis at the last of `columns`, which are candles of `timeframe`.

    Args:
        longer: candles of longer timeframes; those that close after the last of `columns` are left out.
    """
    if len(columns) < NEEDED:
        return Shortage(NEEDED, len(columns))
    ts, close = int(columns.ts[-1]), float(columns.close[-1])
    read = readings_of(columns)
    window = columns.rows(max(0, len(columns) - WINDOW), len(columns))
    trends = [trend_of(columns, timeframe)]
    for other in sorted(longer, key=lambda each: each.ms):
        closed = int(np.searchsorted(longer[other].ts, ts + timeframe.ms - other.ms, side="right"))
        trends.append(trend_of(longer[other].rows(0, closed), other))
    return Analysis(
        timeframe=timeframe,
        ts=ts,
        close=close,
        window=len(window),
        phases=phases_of(regimes(columns).codes[-len(window) :], window.ts),
        readings=read,
        levels=levels_of(pivots_of(window), price=close, atr=_usual_range(window), rows=len(window)),
        profile=profile_of(window),
        trends=tuple(trends),
        agreement=agreement_of(trends),
    )


def _usual_range(columns: Columns) -> float:
    """The mean true range; the first candle has none, for want of one before it."""
    return float(np.mean(CATALOGUE["trange"].compute(columns)[1:]))
