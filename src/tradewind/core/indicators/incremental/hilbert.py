"""Forms of Ehlers' dominant cycle and trendline, by the Hilbert transform as TA-Lib runs it.

All is a recursion that forgets, so rounding fades; except that the trendline averages a whole number of candles, and
where the smoothed period lies on a half, two roundings choose differently.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.indicators.incremental.parts import Lag, Window
from tradewind.core.indicators.incremental.state import Form, Single, State
from tradewind.core.series import Floats

_A, _B = 0.0962, 0.5769
_LONGEST = 50
#: Updates before the transform begins: four of the price's weighted average, and some that TA-Lib passes over.
_PERIOD_BEGINS, _TRENDLINE_BEGINS = 12, 37


class _Transform:
    """Ehlers' filter over the last seven values, every other of them; what lay before the first counts as 0."""

    __slots__ = ("_window",)

    def __init__(self, state: State) -> None:
        self._window = Window(state, 7, 0.0)

    def __call__(self, x: Floats, gain: Floats) -> Floats:
        values = self._window(x)
        filtered: Floats = (_A * x - _A * values[:, 0] - _B * values[:, 2] + _B * values[:, 4]) * gain
        return filtered


class _Price:
    """Weighted average of four prices, in running totals: of a price that stands still, the same rounding as TA-Lib."""

    __slots__ = ("_plain", "_state", "_weighted", "_window")

    def __init__(self, state: State) -> None:
        self._state, self._window = state, Window(state, 5)
        self._plain, self._weighted = state.numbers(0.0), state.numbers(0.0)

    def __call__(self, x: Floats) -> Floats:
        rows, age = self._state.rows, self._state.age[self._state.rows]
        oldest = np.where(age > 3, self._window(x)[:, 0], 0.0)
        plain = self._plain[rows] + x - oldest
        weighted = self._weighted[rows] + x * np.minimum(age + 1.0, 4.0)
        self._plain[rows] = plain
        self._weighted[rows] = np.where(age > 2, weighted - plain, weighted)
        smooth: Floats = weighted * 0.1
        return smooth


class _Cycle:
    """The smoothed dominant cycle in candles."""

    __slots__ = ("_begins", "_delay", "_numbers", "_price", "_state", "_transforms")

    def __init__(self, state: State, begins: int) -> None:
        self._state, self._begins, self._price = state, begins, _Price(state)
        self._transforms = [_Transform(state) for _ in range(4)]
        self._delay = Lag(state, 3, 0.0)
        # In-phase and quadrature, their products, the period and the smoothed period.
        self._numbers = [state.numbers(0.0) for _ in range(6)]

    def __call__(self, x: Floats) -> Floats:
        rows = self._state.rows
        began = self._state.age[rows] >= self._begins
        # Until it begins, the filters are fed nothing and stay as they start.
        smooth = np.where(began, self._price(x), 0.0)
        last_i, last_q, real, imaginary, period, cycle = (each[rows].copy() for each in self._numbers)
        gain = 0.075 * period + 0.54
        detrend, quadrature, turn_i, turn_q = self._transforms
        trend = detrend(smooth, gain)
        q1 = quadrature(trend, gain)
        i1 = self._delay(trend)
        q2 = 0.2 * (q1 + turn_i(i1, gain)) + 0.8 * last_q
        i2 = 0.2 * (i1 - turn_q(q1, gain)) + 0.8 * last_i
        real = 0.2 * (i2 * last_i + q2 * last_q) + 0.8 * real
        imaginary = 0.2 * (i2 * last_q - q2 * last_i) + 0.8 * imaginary
        turns = (imaginary != 0.0) & (real != 0.0)
        found = np.where(turns, 360.0 / (np.arctan(imaginary / real) * (45.0 / np.arctan(1.0))), period)
        found = np.maximum(np.minimum(found, 1.5 * period), 0.67 * period)
        found = 0.2 * np.clip(found, 6.0, _LONGEST) + 0.8 * period
        cycle = 0.33 * found + 0.67 * cycle
        for number, value in zip(self._numbers, (i2, q2, real, imaginary, found, cycle), strict=True):
            number[rows] = np.where(began, value, 0.0)
        return cycle


def period(state: State) -> Single:
    return _Cycle(state, _PERIOD_BEGINS)


def trendline(state: State) -> Single:
    cycle, window, averages = _Cycle(state, _TRENDLINE_BEGINS), Window(state, _LONGEST), Window(state, 4, 0.0)

    def update(x: Floats) -> Floats:
        candles = (cycle(x) + 0.5).astype(np.int64)[:, None]
        newest = np.arange(_LONGEST)[::-1] < candles
        total = np.where(newest, window(x), 0.0).sum(axis=1)
        began = state.age[state.rows] >= _TRENDLINE_BEGINS
        mean = np.where(began, total / np.maximum(candles[:, 0], 1), 0.0)
        last = averages(mean)
        line: Floats = (4.0 * last[:, 3] + 3.0 * last[:, 2] + 2.0 * last[:, 1] + last[:, 0]) / 10.0
        return line

    return update


FORMS: dict[str, Form] = {"ht_trendline": trendline, "ht_period": period}
