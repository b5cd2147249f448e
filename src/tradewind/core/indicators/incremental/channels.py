"""Forms of bands around the price."""

from __future__ import annotations

import numpy as np

from tradewind.core.indicators.incremental.parts import (
    Atr,
    Ema,
    Highest,
    Lag,
    Lowest,
    Middle,
    Sma,
    TrueRange,
    Window,
    moments,
    ratio,
    spread,
)
from tradewind.core.indicators.incremental.state import Form, Single, State, Update
from tradewind.core.indicators.incremental.statistics import linreg
from tradewind.core.series import Floats


def donchian(state: State, n: int) -> Update:
    highest, lowest = Highest(state, n), Lowest(state, n)

    def update(high: Floats, low: Floats) -> tuple[Floats, ...]:
        upper, lower = highest(high), lowest(low)
        return upper, (upper + lower) / 2.0, lower

    return update


def bands(state: State, n: int, deviations: float) -> Update:
    window = Window(state, n)

    def update(x: Floats) -> tuple[Floats, ...]:
        values = window(x)
        middle, width = moments(values)[0], deviations * np.sqrt(spread(values) / n)
        return middle + width, middle, middle - width

    return update


def percent_b(state: State, n: int, deviations: float) -> Single:
    window = Window(state, n)

    def update(x: Floats) -> Floats:
        values = window(x)
        return 0.5 + ratio(moments(values)[1][:, -1], 2.0 * deviations * np.sqrt(spread(values) / n))

    return update


def bandwidth(state: State, n: int, deviations: float) -> Single:
    window = Window(state, n)

    def update(x: Floats) -> Floats:
        values = window(x)
        return ratio(200.0 * deviations * np.sqrt(spread(values) / n), moments(values)[0])

    return update


def keltner(state: State, n: int, span: int, multiplier: float) -> Update:
    average, atr = Ema(state, n), Atr(state, span)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, ...]:
        middle, width = average(close), multiplier * atr(high, low, close)
        return middle + width, middle, middle - width

    return update


def acceleration(state: State, n: int) -> Update:
    uppers, middles, lowers = Sma(state, n), Sma(state, n), Sma(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, ...]:
        share = ratio(4.0 * (high - low), high + low)
        return uppers(high * (1.0 + share)), middles(close), lowers(low * (1.0 - share))

    return update


def chandelier_long(state: State, n: int, multiplier: float) -> Single:
    highest, atr = Highest(state, n), Atr(state, n)
    return lambda high, low, close: highest(high) - multiplier * atr(high, low, close)


def chandelier_short(state: State, n: int, multiplier: float) -> Single:
    lowest, atr = Lowest(state, n), Atr(state, n)
    return lambda high, low, close: lowest(low) + multiplier * atr(high, low, close)


def span_a(state: State, conversion: int, base: int, displacement: int) -> Single:
    fast, slow, lag = Middle(state, conversion), Middle(state, base), Lag(state, displacement)
    return lambda high, low: lag((fast(high, low) + slow(high, low)) / 2.0)


def span_b(state: State, n: int, displacement: int) -> Single:
    middle, lag = Middle(state, n), Lag(state, displacement)
    return lambda high, low: lag(middle(high, low))


def squeeze(state: State, n: int, deviations: float, multiplier: float) -> Single:
    window, true_range, average = Window(state, n), TrueRange(state), Sma(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        width = deviations * np.sqrt(spread(window(close)) / n)
        return np.where(width < multiplier * average(true_range(high, low, close)), 1.0, 0.0)

    return update


def squeeze_momentum(state: State, n: int) -> Single:
    middle, average, line = Middle(state, n), Sma(state, n), linreg(state, n)
    return lambda high, low, close: line(close - (middle(high, low) + average(close)) / 2.0)


FORMS: dict[str, Form] = {
    "highest": Highest,
    "lowest": Lowest,
    "donchian_upper": donchian,
    "bb_upper": bands,
    "bb_percent_b": percent_b,
    "bb_bandwidth": bandwidth,
    "keltner_upper": keltner,
    "accbands_upper": acceleration,
    "chandelier_long": chandelier_long,
    "chandelier_short": chandelier_short,
    "ichimoku_conversion": Middle,
    "ichimoku_base": Middle,
    "ichimoku_span_a": span_a,
    "ichimoku_span_b": span_b,
    "bb_squeeze": squeeze,
    "squeeze_momentum": squeeze_momentum,
}
