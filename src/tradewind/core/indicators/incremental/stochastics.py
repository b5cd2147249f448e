"""Forms of a value's place in its recent range."""

from __future__ import annotations

import numpy as np

from tradewind.core.indicators.incremental.parts import Ema, Highest, Lowest, Place, Rma, Rsi, Sma, ratio
from tradewind.core.indicators.incremental.state import Form, Single, State, Update
from tradewind.core.indicators.stochastics import STILL
from tradewind.core.series import Floats


def willr(state: State, n: int) -> Single:
    highest, lowest = Highest(state, n), Lowest(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        top = highest(high)
        return -100.0 * ratio(top - close, top - lowest(low))

    return update


def stochastic(state: State, n: int, smooth: int, signal: int) -> Update:
    place, slow, slower = Place(state, n), Sma(state, smooth), Sma(state, signal)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        k = slow(100.0 * place(high, low, close))
        return k, slower(k)

    return update


def stochastic_rsi(state: State, n: int, window: int, signal: int) -> Update:
    strength, highest, lowest, slow = Rsi(state, n), Highest(state, window), Lowest(state, window), Sma(state, signal)

    def update(x: Floats) -> tuple[Floats, Floats]:
        value = strength(x)
        bottom = lowest(value)
        span = highest(value) - bottom
        k = 100.0 * ratio(value - bottom, np.where(span < STILL, 0.0, span))
        return k, slow(k)

    return update


def kdj(state: State, n: int, smooth: int, signal: int) -> Update:
    place, slow, slower = Place(state, n), Rma(state, smooth), Rma(state, signal)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, ...]:
        k = slow(100.0 * place(high, low, close))
        d = slower(k)
        return k, d, 3.0 * k - 2.0 * d

    return update


def smi(state: State, n: int, fast: int, slow: int, signal: int) -> Update:
    highest, lowest, last = Highest(state, n), Lowest(state, n), Ema(state, signal)
    distances, distance_again = Ema(state, slow), Ema(state, fast)
    widths, width_again = Ema(state, slow), Ema(state, fast)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        top, bottom = highest(high), lowest(low)
        distance = distance_again(distances(close - (top + bottom) / 2.0))
        value = 100.0 * ratio(distance, width_again(widths(top - bottom)) / 2.0)
        return value, last(value)

    return update


def fisher(state: State, n: int) -> Single:
    place, smooth, last = Place(state, n, still=0.5), Ema(state, 5), Ema(state, 3)

    def update(high: Floats, low: Floats) -> Floats:
        middle = (high + low) / 2.0
        held = np.clip(smooth(2.0 * place(middle, middle, middle) - 1.0), -0.999, 0.999)
        return 2.0 * last(np.arctanh(held))

    return update


FORMS: dict[str, Form] = {
    "willr": willr,
    "stoch_k": stochastic,
    "stochrsi_k": stochastic_rsi,
    "kdj_k": kdj,
    "smi": smi,
    "fisher": fisher,
}
