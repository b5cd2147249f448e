"""What forms are put together from: lags, windows, averages. Each takes one new value per symbol of the update.

A part answers NaN until it is warm, and takes NaN for "not yet": a part fed by another starts when that one does. Gaps
never reach a part; whoever runs the form lets the symbol begin anew instead.

Sums and means are taken over the whole window each time, oldest value first, by NumPy's pairwise addition along the
window. So they do not drift, and the bits of one symbol do not depend on which others share the batch.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from tradewind.core.indicators.incremental.state import Blank, State
from tradewind.core.series import Floats


class Window:
    """The last `n` values of each symbol, oldest first; NaN where there are fewer.

    A ring of n columns, written twice, n apart, so that a window is always one slice of columns.
    """

    __slots__ = ("_data", "_n", "_places", "_state")

    def __init__(self, state: State, n: int, blank: Blank = np.nan) -> None:
        self._state, self._n = state, n
        self._data, self._places = state.window(2 * n, blank)

    def __call__[T: np.generic](self, x: NDArray[T]) -> NDArray[T]:
        """The windows with `x` taken in, shape (symbols of the update, n); valid until the next call."""
        rows, n = self._state.rows, self._n
        place = self._aligned()
        self._data[rows, place] = x
        self._data[rows, place + n] = x
        self._places[rows] = (place + 1) % n
        window: NDArray[T] = self._data[rows, place + 1 : place + 1 + n]
        return window

    def _aligned(self) -> int:
        """The column where all symbols of the update write next; those that missed updates are turned to it."""
        places = self._places[self._state.rows]
        first = int(places[0])
        if (places == first).all():
            return first
        common = int(np.bincount(places).argmax())
        index = self._state.index()
        for symbol in index[places != common]:
            self._data[symbol] = np.roll(self._data[symbol], common - int(self._places[symbol]))
            self._places[symbol] = common
        return common


class Lag:
    """The value `n` updates ago; `blank` where there is none. With n = 0 the value itself."""

    __slots__ = ("_window",)

    def __init__(self, state: State, n: int, blank: Blank = np.nan) -> None:
        self._window = Window(state, n + 1, blank)

    def __call__[T: np.generic](self, x: NDArray[T]) -> NDArray[T]:
        return self._window(x)[:, 0].copy()


class Sum:
    """The sum of the last `n` values."""

    __slots__ = ("_window",)

    def __init__(self, state: State, n: int) -> None:
        self._window = Window(state, n)

    def __call__(self, x: Floats) -> Floats:
        total: Floats = self._window(x).sum(axis=1)
        return total


class Sma:
    """The mean of the last `n` values."""

    __slots__ = ("_n", "_sum")

    def __init__(self, state: State, n: int) -> None:
        self._sum, self._n = Sum(state, n), n

    def __call__(self, x: Floats) -> Floats:
        return self._sum(x) / self._n


class Weighted:
    """The sum of the last values, oldest first, each times its weight."""

    __slots__ = ("_weights", "_window")

    def __init__(self, state: State, weights: Floats) -> None:
        self._window, self._weights = Window(state, len(weights)), weights

    def __call__(self, x: Floats) -> Floats:
        total: Floats = (self._window(x) * self._weights).sum(axis=1)
        return total


class Wma(Weighted):
    """The mean of the last `n` values, the newest weighing n times the oldest."""

    __slots__ = ()

    def __init__(self, state: State, n: int) -> None:
        super().__init__(state, np.arange(1.0, n + 1.0) / (n * (n + 1) / 2))


class Highest:
    """The highest of the last `n` values."""

    __slots__ = ("_window",)

    def __init__(self, state: State, n: int) -> None:
        self._window = Window(state, n)

    def __call__(self, x: Floats) -> Floats:
        top: Floats = self._window(x).max(axis=1)
        return top


class Lowest:
    """The lowest of the last `n` values."""

    __slots__ = ("_window",)

    def __init__(self, state: State, n: int) -> None:
        self._window = Window(state, n)

    def __call__(self, x: Floats) -> Floats:
        bottom: Floats = self._window(x).min(axis=1)
        return bottom


class Seeded:
    """A recursive value that starts on the first `n` defined inputs behind the first `skip` of them."""

    __slots__ = ("_count", "_state", "_total", "_value", "n", "skip")

    def __init__(self, state: State, n: int, skip: int = 0) -> None:
        self._state, self.n, self.skip = state, n, skip
        self._value = state.numbers()
        self._total, self._count = state.numbers(0.0), state.numbers(0.0)

    def __call__(self, x: Floats) -> Floats:
        rows = self._state.rows
        before = self._value[rows]
        after = self._next(before, x)
        if np.isnan(after).any():
            after = np.where(np.isnan(before), self._seed(x), after)
        self._value[rows] = after
        return after

    def _seed(self, x: Floats) -> Floats:
        rows = self._state.rows
        defined = ~np.isnan(x)
        self._count[rows] += defined
        counted = defined & (self._count[rows] > self.skip)
        self._total[rows] += np.where(counted, x, 0.0)
        return np.where(counted & (self._count[rows] == self.n + self.skip), self._start(self._total[rows]), np.nan)

    def _start(self, total: Floats) -> Floats:
        return total / self.n

    @abstractmethod
    def _next(self, value: Floats, x: Floats) -> Floats:
        """The value behind `value` and `x`."""


class Ema(Seeded):
    """Exponential average, weight 2 ÷ (n + 1), started with the simple one."""

    __slots__ = ("_weight",)

    def __init__(self, state: State, n: int, skip: int = 0) -> None:
        super().__init__(state, n, skip)
        self._weight = 2.0 / (n + 1)

    def _next(self, value: Floats, x: Floats) -> Floats:
        return (x - value) * self._weight + value


class Rma(Seeded):
    """Wilder's average, weight 1 ÷ n, started with the simple one."""

    __slots__ = ()

    def _next(self, value: Floats, x: Floats) -> Floats:
        return (value * (self.n - 1) + x) / self.n


class WilderSum(Seeded):
    """Wilder's running sum, which loses its n-th part and gains the new value; starts as the sum of n − 1 values."""

    __slots__ = ("_period",)

    def __init__(self, state: State, n: int) -> None:
        super().__init__(state, n - 1)
        self._period = n

    def _start(self, total: Floats) -> Floats:
        return total

    def _next(self, value: Floats, x: Floats) -> Floats:
        return value - value / self._period + x


class Emas:
    """`count` exponential averages, each of the one before."""

    __slots__ = ("_each",)

    def __init__(self, state: State, n: int, count: int) -> None:
        self._each = [Ema(state, n) for _ in range(count)]

    def __call__(self, x: Floats) -> list[Floats]:
        return [x := each(x) for each in self._each]


class Change:
    """The value minus that of the update before."""

    __slots__ = ("_lag",)

    def __init__(self, state: State) -> None:
        self._lag = Lag(state, 1)

    def __call__(self, x: Floats) -> Floats:
        return x - self._lag(x)


class TrueRange:
    """From the lower of low and previous close to the higher of high and previous close."""

    __slots__ = ("_lag",)

    def __init__(self, state: State) -> None:
        self._lag = Lag(state, 1)

    def __call__(self, high: Floats, low: Floats, close: Floats) -> Floats:
        before = self._lag(close)
        widest: Floats = np.maximum(np.maximum(high - low, np.abs(before - high)), np.abs(before - low))
        return widest


class Atr:
    """Wilder's average of the true range."""

    __slots__ = ("_average", "_range")

    def __init__(self, state: State, n: int) -> None:
        self._range, self._average = TrueRange(state), Rma(state, n)

    def __call__(self, high: Floats, low: Floats, close: Floats) -> Floats:
        return self._average(self._range(high, low, close))


class Strength:
    """Wilder's averages of gains and of losses."""

    __slots__ = ("_change", "_gains", "_losses")

    def __init__(self, state: State, n: int) -> None:
        self._change, self._gains, self._losses = Change(state), Rma(state, n), Rma(state, n)

    def __call__(self, x: Floats) -> tuple[Floats, Floats]:
        change = self._change(x)
        return self._gains(np.maximum(change, 0.0)), self._losses(np.maximum(-change, 0.0))


class Rsi:
    """Wilder's relative strength index; 0 where nothing moved."""

    __slots__ = ("_strength",)

    def __init__(self, state: State, n: int) -> None:
        self._strength = Strength(state, n)

    def __call__(self, x: Floats) -> Floats:
        gains, losses = self._strength(x)
        return 100.0 * ratio(gains, gains + losses)


class Place:
    """Where a value lies between the lowest low and the highest high of `n`, 0 to 1."""

    __slots__ = ("_highest", "_lowest", "_still")

    def __init__(self, state: State, n: int, still: float = 0.0) -> None:
        self._highest, self._lowest, self._still = Highest(state, n), Lowest(state, n), still

    def __call__(self, high: Floats, low: Floats, x: Floats) -> Floats:
        bottom = self._lowest(low)
        return ratio(x - bottom, self._highest(high) - bottom, self._still)


class Middle:
    """Half-way between the highest high and the lowest low of `n`."""

    __slots__ = ("_highest", "_lowest")

    def __init__(self, state: State, n: int) -> None:
        self._highest, self._lowest = Highest(state, n), Lowest(state, n)

    def __call__(self, high: Floats, low: Floats) -> Floats:
        return (self._highest(high) + self._lowest(low)) / 2.0


def ratio(left: Floats, right: Floats, otherwise: Floats | float = 0.0) -> Floats:
    """left ÷ right, and `otherwise` where right is zero; NaN where either is undefined."""
    return np.where(right == 0.0, np.where(np.isnan(left), np.nan, otherwise), left / right)


def moments(window: Floats) -> tuple[Floats, Floats]:
    """The mean of each window, and its values' deviations from it: exactly zero where nothing deviates."""
    first = window[:, :1]
    offsets = window - first
    mean = offsets.mean(axis=1, keepdims=True)
    return (first + mean)[:, 0], offsets - mean


def spread(window: Floats) -> Floats:
    """The sum of the squared deviations from the mean."""
    deviations = moments(window)[1]
    total: Floats = (deviations * deviations).sum(axis=1)
    return total
