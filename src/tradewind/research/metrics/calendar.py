"""Daily returns on the calendar: equity day by day, months and years."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


class MonthlyReturn(NamedTuple):
    """What an account gained in a calendar month (UTC), or in as much of it as was tested; a fraction."""

    year: int
    month: int
    gained: float

    @property
    def name(self) -> str:
        """As ISO 8601 has it: 2024-03."""
        return f"{self.year:04}-{self.month:02}"


def monthly_returns(daily: DailyReturns) -> list[MonthlyReturn]:
    """∏ (1 + rᵢ) − 1 over the days of every month from the first to the last, in time order."""
    growth: dict[tuple[int, int], float] = {}
    for row, value in enumerate(daily.values):
        day = daily.day(row)
        place = day.year, day.month
        growth[place] = growth.get(place, 1.0) * (1.0 if math.isnan(value) else 1.0 + value)
    return [MonthlyReturn(year, month, grown - 1.0) for (year, month), grown in growth.items()]


def yearly_returns(months: Sequence[MonthlyReturn]) -> dict[int, float]:
    """∏ (1 + monthly return) − 1 of every year."""
    years: dict[int, float] = {}
    for month in months:
        years[month.year] = (1.0 + years.get(month.year, 0.0)) * (1.0 + month.gained) - 1.0
    return years
