"""Daily returns on the calendar: equity day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_DAY_SECONDS = 86_400


class DailyReturns(NamedTuple):
    """Simple returns of an account's equity from the end of one UTC day to the end of the next.

    Attributes:
        first: the day of the first return, in days since 1970-01-01.
        values: one per day without a gap; NaN = none.
    """

    first: int
    values: tuple[float, ...]

    def day(self, row: int) -> date:
        """The day of return `row`; what follows the last counts on."""
        return datetime.fromtimestamp((self.first + row) * _DAY_SECONDS, UTC).date()

    def equity(self, start: float) -> NDArray[np.float64]:
        """The account at the end of every day; it began the first with `start`."""
        defined = np.nan_to_num(np.asarray(self.values, dtype=np.float64), nan=0.0)
        curve: NDArray[np.float64] = start * np.cumprod(1.0 + defined)
        return curve
