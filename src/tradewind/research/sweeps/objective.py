"""What makes one parameter set better than another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """A measure of `research.metrics` that can be maximised."""

    SHARPE = "sharpe"
    SORTINO = "sortino"
    CALMAR = "calmar"
    PROFIT_FACTOR = "profit_factor"
    TOTAL_RETURN = "total_return"
    EXPECTANCY_R = "expectancy_r"

    @property
    def even(self) -> float:
        """Its value where nothing is gained and nothing lost."""
        return 1.0 if self is Measure.PROFIT_FACTOR else 0.0


#: Closed trades below which a set has no score unless told otherwise: of fewer, luck has the say.
MIN_TRADES = 30


@dataclass(frozen=True, slots=True)
class Objective:
    """What is maximised, among sets with at least `min_trades` closed trades."""

    measure: Measure = Measure.SHARPE
    min_trades: int = MIN_TRADES

    def score(self, metrics: Mapping[str, float | int | None]) -> float | None:
        """The measure in `metrics`; None with too few trades, or where it is undefined or infinite."""
        value = metrics[self.measure.value]
        if value is None or not math.isfinite(value) or (metrics["trades"] or 0) < self.min_trades:
            return None
        return float(value)
