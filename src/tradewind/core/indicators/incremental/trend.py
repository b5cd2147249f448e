"""Forms of trends: directional movement, and stops that follow the price."""

from __future__ import annotations

import math

import numpy as np

from tradewind.core.indicators.incremental.parts import (
    Atr,
    Change,
    Ema,
    Highest,
    Lag,
    Lowest,
    Sum,
    TrueRange,
    WilderSum,
    Window,
    ratio,
)
from tradewind.core.indicators.incremental.state import Form, Single, State, Update
from tradewind.core.series import Floats


class Movement:
    """One candle's positive and negative directional movement: the greater of rise and fall, the other is 0."""

    __slots__ = ("_highs", "_lows")

    def __init__(self, state: State) -> None:
        self._highs, self._lows = Change(state), Change(state)

    def __call__(self, high: Floats, low: Floats) -> tuple[Floats, Floats]:
        rise, fall = self._highs(high), -self._lows(low)
        undefined = np.where(np.isnan(rise), np.nan, 0.0)
        plus = np.where((rise > 0.0) & (rise > fall), rise, undefined)
        return plus, np.where((fall > 0.0) & (fall > rise), fall, undefined)


class Directional:
    """Wilder's directional indicators, 0 to 100 each; 0 where nothing ranged."""

    __slots__ = ("_minus", "_movement", "_plus", "_range", "_ranged")

    def __init__(self, state: State, n: int) -> None:
        self._movement, self._range = Movement(state), TrueRange(state)
        self._plus, self._minus, self._ranged = WilderSum(state, n), WilderSum(state, n), WilderSum(state, n)

    def __call__(self, high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        plus, minus = self._movement(high, low)
        ranged = self._ranged(self._range(high, low, close))
        return 100.0 * ratio(self._plus(plus), ranged), 100.0 * ratio(self._minus(minus), ranged)


def plus_di(state: State, n: int) -> Single:
    directional = Directional(state, n)
    return lambda high, low, close: directional(high, low, close)[0]


def minus_di(state: State, n: int) -> Single:
    directional = Directional(state, n)
    return lambda high, low, close: directional(high, low, close)[1]


def plus_dm(state: State, n: int) -> Single:
    movement, total = Movement(state), WilderSum(state, n)
    return lambda high, low: total(movement(high, low)[0])


def minus_dm(state: State, n: int) -> Single:
    movement, total = Movement(state), WilderSum(state, n)
    return lambda high, low: total(movement(high, low)[1])


def _imbalance(plus: Floats, minus: Floats) -> Floats:
    """|+DI − −DI| in percent of their sum; NaN where neither is anything."""
    return 100.0 * ratio(np.abs(minus - plus), minus + plus, np.nan)


def dx(state: State, n: int) -> Single:
    directional, last = Directional(state, n), state.numbers(0.0)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        value = _imbalance(*directional(high, low, close))
        value = np.where(np.isnan(value), last[state.rows], value)
        last[state.rows] = value
        return value

    return update


def adx(state: State, n: int) -> Single:
    directional, total, value = Directional(state, n), state.numbers(0.0), state.numbers()

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        rows = state.rows
        strength, age = _imbalance(*directional(high, low, close)), state.age[rows]
        counted = ~np.isnan(strength) & (age >= n)
        # Where neither side moves, the first average takes it for 0 and a later one stays as it was.
        total[rows] += np.where(counted & (age < 2 * n), strength, 0.0)
        before = value[rows]
        after = np.where(counted, (before * (n - 1) + strength) / n, before)
        after = np.where(age == 2 * n - 1, total[rows] / n, after)
        value[rows] = after
        return after

    return update


def adxr(state: State, n: int) -> Update:
    average, lag = adx(state, n), Lag(state, n - 1)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        now = average(high, low, close)
        return (now + lag(now)) / 2.0

    return update


class Aroon:
    """Candles since the last lowest low and the last highest high, of n + 1, as 100 (now) to 0."""

    __slots__ = ("_highs", "_lows", "_n")

    def __init__(self, state: State, n: int) -> None:
        self._highs, self._lows, self._n = Window(state, n + 1), Window(state, n + 1), n

    def __call__(self, high: Floats, low: Floats) -> tuple[Floats, Floats]:
        since_low = np.argmin(self._lows(low)[:, ::-1], axis=1)
        since_high = np.argmax(self._highs(high)[:, ::-1], axis=1)
        return 100.0 * (self._n - since_low) / self._n, 100.0 * (self._n - since_high) / self._n


def aroon_osc(state: State, n: int) -> Single:
    aroon = Aroon(state, n)

    def update(high: Floats, low: Floats) -> Floats:
        down, up = aroon(high, low)
        return up - down

    return update


def vortex(state: State, n: int) -> Update:
    true_range, highs, lows = TrueRange(state), Lag(state, 1), Lag(state, 1)
    plus, minus, ranged = Sum(state, n), Sum(state, n), Sum(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        total = ranged(true_range(high, low, close))
        return ratio(plus(np.abs(high - lows(low))), total), ratio(minus(np.abs(low - highs(high))), total)

    return update


def elder_ray(state: State, n: int) -> Update:
    average = Ema(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        middle = average(close)
        return high - middle, low - middle

    return update


def vhf(state: State, n: int) -> Single:
    highest, lowest, change, travelled = Highest(state, n), Lowest(state, n), Change(state), Sum(state, n)
    return lambda x: ratio(highest(x) - lowest(x), travelled(np.abs(change(x))))


def choppiness(state: State, n: int) -> Single:
    true_range, travelled, highest, lowest = TrueRange(state), Sum(state, n), Highest(state, n), Lowest(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        part = ratio(travelled(true_range(high, low, close)), highest(high) - lowest(low), float(n))
        return 100.0 * np.log10(np.maximum(part, 1.0)) / math.log10(n)

    return update


def sar(state: State, acceleration: float, maximum: float) -> Single:
    acceleration = min(acceleration, maximum)
    movement, highs, lows = Movement(state), Lag(state, 1), Lag(state, 1)
    rising, stop, extreme, pace = (state.numbers() for _ in range(4))

    def update(high: Floats, low: Floats) -> Floats:
        rows, first = state.rows, state.age[state.rows] == 1
        last_high, last_low = highs(high), lows(low)
        up = np.where(first, ~(movement(high, low)[1] > 0.0), rising[rows] == 1.0)
        line = np.where(first, np.where(up, last_low, last_high), stop[rows])
        far = np.where(first, np.where(up, high, low), extreme[rows])
        factor = np.where(first, acceleration, pace[rows])
        # The first stop was made from the candle before; that candle does not hold it back as well.
        ceiling = np.where(first, high, np.maximum(last_high, high))
        floor = np.where(first, low, np.minimum(last_low, low))
        touched = np.where(up, low <= line, high >= line)
        line = np.where(touched, np.where(up, np.maximum(far, ceiling), np.minimum(far, floor)), line)
        up ^= touched
        further = np.where(up, high > far, low < far) & ~touched
        factor = np.where(touched, acceleration, np.where(further, np.minimum(factor + acceleration, maximum), factor))
        far = np.where(touched | further, np.where(up, high, low), far)
        following = line + factor * (far - line)
        stop[rows] = np.where(up, np.minimum(following, floor), np.maximum(following, ceiling))
        rising[rows], extreme[rows], pace[rows] = up, far, factor
        return line

    return update


def supertrend(state: State, n: int, multiplier: float) -> Update:
    atr, closes = Atr(state, n), Lag(state, 1)
    upper, lower, side = state.numbers(), state.numbers(), state.numbers(1.0)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        rows = state.rows
        middle, width, before = (high + low) / 2.0, multiplier * atr(high, low, close), closes(close)
        above, below = upper[rows], lower[rows]
        # Each band moves towards the price only, until a close behind it sets it free; so it does where none is yet.
        above = np.where((middle + width >= above) & ~(before > above), above, middle + width)
        below = np.where((middle - width <= below) & ~(before < below), below, middle - width)
        up = np.where(side[rows] > 0.0, ~(close < below) | np.isnan(lower[rows]), close > above)
        upper[rows], lower[rows], side[rows] = above, below, np.where(up, 1.0, -1.0)
        return np.where(up, below, above), side[rows].copy()

    return update


FORMS: dict[str, Form] = {
    "adx": adx,
    "adxr": adxr,
    "dx": dx,
    "plus_di": plus_di,
    "minus_di": minus_di,
    "plus_dm": plus_dm,
    "minus_dm": minus_dm,
    "aroon_down": Aroon,
    "aroon_osc": aroon_osc,
    "vortex_plus": vortex,
    "bull_power": elder_ray,
    "vhf": vhf,
    "choppiness": choppiness,
    "sar": sar,
    "supertrend": supertrend,
}
