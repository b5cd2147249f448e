"""Forms of volatility: ranges, and estimators over a window."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tradewind.core.indicators.incremental.parts import (
    Atr,
    Change,
    Ema,
    Emas,
    Highest,
    Lag,
    Rma,
    Sma,
    Sum,
    TrueRange,
    Window,
    ratio,
    spread,
)
from tradewind.core.indicators.incremental.state import Form, Single, State
from tradewind.core.indicators.incremental.statistics import stddev
from tradewind.core.indicators.windows import log_ratio
from tradewind.core.series import Floats

#: The mean or variance per candle that an estimator of volatility takes the root of.
Variance = Callable[[State, int], Single]


def natr(state: State, n: int) -> Single:
    atr = Atr(state, n)
    return lambda high, low, close: 100.0 * ratio(atr(high, low, close), close)


def adr(state: State, n: int) -> Single:
    average = Sma(state, n)
    return lambda high, low: average(high - low)


def chaikin(state: State, n: int, ago: int) -> Single:
    average, lag = Ema(state, n), Lag(state, ago)

    def update(high: Floats, low: Floats) -> Floats:
        now = average(high - low)
        before = lag(now)
        return 100.0 * ratio(now - before, before)

    return update


def mass(state: State, average: int, n: int) -> Single:
    averages, total = Emas(state, average, 2), Sum(state, n)

    def update(high: Floats, low: Floats) -> Floats:
        one, two = averages(high - low)
        return total(ratio(one, two, 1.0))

    return update


def rvi(state: State, n: int, deviation: int) -> Single:
    spreads, change, ups, downs = stddev(state, deviation), Change(state), Rma(state, n), Rma(state, n)

    def update(x: Floats) -> Floats:
        spread_now, moved = spreads(x), change(x)
        undefined = np.where(np.isnan(spread_now), np.nan, 0.0)
        up = ups(np.where(moved > 0.0, spread_now, undefined))
        down = downs(np.where(moved < 0.0, spread_now, undefined))
        return 100.0 * ratio(up, up + down, 0.5)

    return update


def ulcer(state: State, n: int) -> Single:
    highest, mean = Highest(state, n), Sma(state, n)

    def update(x: Floats) -> Floats:
        top = highest(x)
        return np.sqrt(mean((100.0 * ratio(x - top, top)) ** 2))

    return update


def estimator(variance: Variance) -> Callable[[State, int, int], Single]:
    """The root of a variance per candle as percent of price a year."""

    def form(state: State, n: int, per_year: int) -> Single:
        per_candle = variance(state, n)

        def update(*inputs: Floats) -> Floats:
            return 100.0 * np.sqrt(np.maximum(per_candle(*inputs), 0.0) * per_year)

        return update

    return form


def realised(state: State, n: int) -> Single:
    lag, mean = Lag(state, 1), Sma(state, n)
    return lambda close: mean(log_ratio(close, lag(close)) ** 2)


def historical(state: State, n: int) -> Single:
    lag, window = Lag(state, 1), Window(state, n)
    return lambda close: spread(window(log_ratio(close, lag(close)))) / (n - 1)


def parkinson(state: State, n: int) -> Single:
    total = Sum(state, n)
    return lambda high, low: total(log_ratio(high, low) ** 2) / (4.0 * math.log(2.0) * n)


def garman_klass(state: State, n: int) -> Single:
    mean, share = Sma(state, n), 2.0 * math.log(2.0) - 1.0
    return lambda opened, high, low, close: mean(
        0.5 * log_ratio(high, low) ** 2 - share * log_ratio(close, opened) ** 2
    )


def rogers_satchell(state: State, n: int) -> Single:
    mean = Sma(state, n)
    return lambda opened, high, low, close: mean(
        log_ratio(high, close) * log_ratio(high, opened) + log_ratio(low, close) * log_ratio(low, opened)
    )


def yang_zhang(state: State, n: int) -> Single:
    lag, nights, days, inside = Lag(state, 1), Window(state, n), Window(state, n), rogers_satchell(state, n)
    share = 0.34 / (1.34 + (n + 1) / (n - 1))

    def update(opened: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
        between = spread(nights(log_ratio(opened, lag(close)))) / (n - 1)
        within = share * spread(days(log_ratio(close, opened))) / (n - 1)
        return between + within + (1.0 - share) * inside(opened, high, low, close)

    return update


FORMS: dict[str, Form] = {
    "trange": TrueRange,
    "atr": Atr,
    "natr": natr,
    "adr": adr,
    "chaikin_volatility": chaikin,
    "mass_index": mass,
    "rvi": rvi,
    "ulcer_index": ulcer,
    "realised_volatility": estimator(realised),
    "historical_volatility": estimator(historical),
    "parkinson_volatility": estimator(parkinson),
    "garman_klass_volatility": estimator(garman_klass),
    "rogers_satchell_volatility": estimator(rogers_satchell),
    "yang_zhang_volatility": estimator(yang_zhang),
}
