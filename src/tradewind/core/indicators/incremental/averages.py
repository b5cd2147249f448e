"""Forms of prices, and of the averages that follow a series."""

from __future__ import annotations

import math

import numpy as np

from tradewind.core.indicators.incremental.parts import (
    Ema,
    Emas,
    Lag,
    Middle,
    Rma,
    Sma,
    Sum,
    Weighted,
    Window,
    Wma,
    ratio,
)
from tradewind.core.indicators.incremental.state import Form, Single, State, Update
from tradewind.core.series import Floats


def heikin_ashi(state: State) -> Update:
    opens, closes = state.numbers(), state.numbers()

    def update(opened: Floats, high: Floats, low: Floats, close: Floats) -> tuple[Floats, ...]:
        rows = state.rows
        middle = (opens[rows] + closes[rows]) / 2.0
        ha_open = np.where(np.isnan(middle), (opened + close) / 2.0, middle)
        ha_close = (opened + high + low + close) / 4.0
        opens[rows], closes[rows] = ha_open, ha_close
        highest, lowest = np.maximum(ha_open, ha_close), np.minimum(ha_open, ha_close)
        return ha_open, np.maximum(high, highest), np.minimum(low, lowest), ha_close

    return update


def dema(state: State, n: int) -> Single:
    averages = Emas(state, n, 2)

    def update(x: Floats) -> Floats:
        one, two = averages(x)
        return 2.0 * one - two

    return update


def tema(state: State, n: int) -> Single:
    averages = Emas(state, n, 3)

    def update(x: Floats) -> Floats:
        one, two, three = averages(x)
        return 3.0 * one - 3.0 * two + three

    return update


def t3(state: State, n: int, v: float) -> Single:
    averages = Emas(state, n, 6)

    def update(x: Floats) -> Floats:
        _, _, three, four, five, six = averages(x)
        # (1 + v) times an average minus v times its average, thrice: the binomial of it.
        third = (1.0 + v) ** 3 * three - 3.0 * v * (1.0 + v) ** 2 * four
        return third + 3.0 * v * v * (1.0 + v) * five - v**3 * six

    return update


def trima(state: State, n: int) -> Single:
    inner, outer = Sma(state, (n + 1) // 2), Sma(state, n // 2 + 1)
    return lambda x: outer(inner(x))


def hma(state: State, n: int) -> Single:
    half, whole, last = Wma(state, n // 2), Wma(state, n), Wma(state, math.isqrt(n))
    return lambda x: last(2.0 * half(x) - whole(x))


def zlema(state: State, n: int) -> Single:
    lag, average = Lag(state, (n - 1) // 2), Ema(state, n)
    return lambda x: average(2.0 * x - lag(x))


def kama(state: State, n: int) -> Single:
    fastest, slowest = 2.0 / 3.0, 2.0 / 31.0
    window, travelled, value = Window(state, n + 2), state.numbers(0.0), state.numbers()

    def update(x: Floats) -> Floats:
        rows = state.rows
        values, age = window(x), state.age[rows]
        ago = values[:, 1]
        # As TA-Lib, a running total: where nothing moves it is what rounding left over, and decides the weight.
        left = np.where(age > n, np.abs(values[:, 0] - ago), 0.0)
        total = travelled[rows] - left + np.where(age > 0, np.abs(x - values[:, -2]), 0.0)
        travelled[rows] = total
        move = x - ago
        straight = (total <= move) | (total == 0.0)
        weight = (np.where(straight, 1.0, np.abs(move / total)) * (fastest - slowest) + slowest) ** 2
        before = np.where(age == n, values[:, -2], value[rows])
        result = (x - before) * weight + before
        value[rows] = result
        return result

    return update


def alma(state: State, n: int, offset: float, sigma: float) -> Single:
    peak, width = offset * (n - 1), n / sigma
    weights = np.exp(-((np.arange(n) - peak) ** 2) / (2.0 * width * width))
    return Weighted(state, weights / weights.sum())


def vwma(state: State, n: int) -> Single:
    valued, traded, plain = Sum(state, n), Sum(state, n), Sma(state, n)
    return lambda x, volume: ratio(valued(x * volume), traded(volume), plain(x))


def midpoint(state: State, n: int) -> Single:
    middle = Middle(state, n)
    return lambda x: middle(x, x)


FORMS: dict[str, Form] = {
    "avgprice": lambda _: lambda opened, high, low, close: (opened + high + low + close) / 4.0,
    "medprice": lambda _: lambda high, low: (high + low) / 2.0,
    "typprice": lambda _: lambda high, low, close: (high + low + close) / 3.0,
    "wclprice": lambda _: lambda high, low, close: (high + low + close * 2.0) / 4.0,
    "ha_open": heikin_ashi,
    "sma": Sma,
    "ema": Ema,
    "wma": Wma,
    "rma": Rma,
    "dema": dema,
    "tema": tema,
    "t3": t3,
    "trima": trima,
    "hma": hma,
    "zlema": zlema,
    "kama": kama,
    "alma": alma,
    "vwma": vwma,
    "midpoint": midpoint,
    "midprice": Middle,
}
