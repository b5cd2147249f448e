"""Where timeframes point, and whether they agree.

A timeframe's trend is the least-squares line through its last `LINE` closes: its slope's sign is the direction, and R²,
the share of the closes' variance that the line explains, the strength. It looks back over exactly `LINE` candles, so
long timeframes speak early and nothing has to settle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.indicators import CATALOGUE
from tradewind.core.series import Columns

#: Closes that the line goes through.
LINE = 50
#: Longer timeframes that are looked at besides, and the ones there are.
_MOST_LONGER = 3
_LADDER = (Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)

_SLOPE, _R_SQUARED = CATALOGUE["linreg_slope"], CATALOGUE["r_squared"]


class Trend(NamedTuple):
    """The trend of one timeframe.

    Attributes:
        candles: closed ones there are; below `LINE` there is no trend to tell.
        direction: 1 up, −1 down, 0 flat; None with too few candles.
        strength: 0 to 1; None with too few candles.
    """

    timeframe: Timeframe
    candles: int
    direction: int | None
    strength: float | None

    @property
    def score(self) -> float | None:
        """Direction × strength, −1 to 1."""
        return None if self.direction is None or self.strength is None else self.direction * self.strength


def longer_timeframes(timeframe: Timeframe) -> tuple[Timeframe, ...]:
    """The longer timeframes that are looked at beside `timeframe`, the shortest first."""
    return tuple(each for each in _LADDER if each.derives_from(timeframe))[:_MOST_LONGER]


def trend_of(columns: Columns, timeframe: Timeframe) -> Trend:
    """The trend of the last `LINE` candles."""
    if len(columns) < LINE:
        return Trend(timeframe, len(columns), None, None)
    # Only those: the bits of a line must not depend on what lies before it.
    last = columns.rows(len(columns) - LINE, len(columns))
    slope = _SLOPE.compute(last, LINE, series=(last.close,))[-1]
    strength = _R_SQUARED.compute(last, LINE, series=(last.close,))[-1]
    # A constant price: rounding in the slope is no direction.
    direction = int(np.sign(slope)) if strength > 0.0 else 0
    return Trend(timeframe, len(columns), direction, float(strength))


def agreement_of(trends: Sequence[Trend]) -> float | None:
    """The mean score of the timeframes that have one, −1 to 1; None when none has.

    1: all are straight lines up. −1: all are straight lines down. Near 0: they contradict each other, or go nowhere.
    """
    scores = [trend.score for trend in trends if trend.score is not None]
    return sum(scores) / len(scores) if scores else None
