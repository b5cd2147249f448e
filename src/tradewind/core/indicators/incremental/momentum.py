"""Forms of momentum: how far and how fast a series has moved."""

from __future__ import annotations

import numpy as np

from tradewind.core.indicators.incremental.parts import (
    Change,
    Ema,
    Emas,
    Lag,
    Rsi,
    Sma,
    Strength,
    Sum,
    TrueRange,
    Window,
    Wma,
    moments,
    ratio,
)
from tradewind.core.indicators.incremental.state import Form, Single, State, Update
from tradewind.core.indicators.incremental.statistics import forecast, percent_rank
from tradewind.core.series import Floats


class Roc:
    """Rate of change over `n` candles, in percent."""

    __slots__ = ("_lag",)

    def __init__(self, state: State, n: int) -> None:
        self._lag = Lag(state, n)

    def __call__(self, x: Floats) -> Floats:
        return (ratio(x, self._lag(x), 1.0) - 1.0) * 100.0


def mom(state: State, n: int) -> Single:
    lag = Lag(state, n)
    return lambda x: x - lag(x)


def cmo(state: State, n: int) -> Single:
    strength = Strength(state, n)

    def update(x: Floats) -> Floats:
        gains, losses = strength(x)
        return 100.0 * ratio(gains - losses, gains + losses)

    return update


def apo(state: State, fast: int, slow: int) -> Single:
    quick, steady = Ema(state, min(fast, slow)), Ema(state, max(fast, slow))
    return lambda x: quick(x) - steady(x)


def ppo(state: State, fast: int, slow: int) -> Single:
    quick, steady = Ema(state, min(fast, slow)), Ema(state, max(fast, slow))

    def update(x: Floats) -> Floats:
        base = steady(x)
        return 100.0 * ratio(quick(x) - base, base)

    return update


def trix(state: State, n: int) -> Single:
    averages, roc = Emas(state, n, 3), Roc(state, 1)
    return lambda x: roc(averages(x)[2])


def tsi(state: State, first: int, second: int) -> Single:
    change = Change(state)
    inner, outer, inner_size, outer_size = (Ema(state, n) for n in (first, second, first, second))

    def update(x: Floats) -> Floats:
        moved = change(x)
        return 100.0 * ratio(outer(inner(moved)), outer_size(inner_size(np.abs(moved))))

    return update


def cci(state: State, n: int) -> Single:
    window = Window(state, n)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        deviations = moments(window((high + low + close) / 3.0))[1]
        return ratio(deviations[:, -1], 0.015 * np.abs(deviations).mean(axis=1))

    return update


def ultosc(state: State, *spans: int) -> Single:
    true_range, closes = TrueRange(state), Lag(state, 1)
    sums = [(Sum(state, n), Sum(state, n), weight) for n, weight in zip(sorted(spans), (4.0, 2.0, 1.0), strict=True)]

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        pressure, ranged = close - np.minimum(low, closes(close)), true_range(high, low, close)
        total = np.zeros(len(close))
        for pressures, ranges, weight in sums:
            total += weight * ratio(pressures(pressure), ranges(ranged))
        return 100.0 * total / 7.0

    return update


def balance(_: State) -> Single:
    return lambda opened, high, low, close: ratio(close - opened, high - low)


def imi(state: State, n: int) -> Single:
    gains, bodies = Sum(state, n), Sum(state, n)

    def update(opened: Floats, close: Floats) -> Floats:
        body = close - opened
        return 100.0 * ratio(gains(np.maximum(body, 0.0)), bodies(np.abs(body)), 0.5)

    return update


def qstick(state: State, n: int) -> Single:
    average = Sma(state, n)
    return lambda opened, close: average(close - opened)


def ao(state: State, fast: int, slow: int) -> Single:
    quick, steady = Sma(state, fast), Sma(state, slow)

    def update(high: Floats, low: Floats) -> Floats:
        middle = (high + low) / 2.0
        return quick(middle) - steady(middle)

    return update


def ac(state: State, fast: int, slow: int, signal: int) -> Single:
    oscillator, average = ao(state, fast, slow), Sma(state, signal)

    def update(high: Floats, low: Floats) -> Floats:
        value = oscillator(high, low)
        return value - average(value)

    return update


def coppock(state: State, average: int, short: int, long: int) -> Single:
    one, other, smooth = Roc(state, short), Roc(state, long), Wma(state, average)
    return lambda x: smooth(one(x) + other(x))


def dpo(state: State, n: int) -> Single:
    lag, average = Lag(state, n // 2 + 1), Sma(state, n)
    return lambda x: lag(x) - average(x)


def efficiency(state: State, n: int) -> Single:
    lag, change, travelled = Lag(state, n), Change(state), Sum(state, n)
    return lambda x: ratio(np.abs(x - lag(x)), travelled(np.abs(change(x))), 1.0)


def fosc(state: State, n: int) -> Single:
    line, lag = forecast(state, n), Lag(state, 1)
    return lambda x: 100.0 * ratio(x - lag(line(x)), x)


def macd(state: State, fast: int, slow: int, signal: int) -> Update:
    fast, slow = min(fast, slow), max(fast, slow)
    quick, steady, average = Ema(state, fast, skip=slow - fast), Ema(state, slow), Ema(state, signal)

    def update(x: Floats) -> tuple[Floats, ...]:
        line = quick(x) - steady(x)
        smooth = average(line)
        return line, smooth, line - smooth

    return update


def wavetrend(state: State, channel: int, average: int, signal: int) -> Update:
    middle, size, smooth, last = Ema(state, channel), Ema(state, channel), Ema(state, average), Sma(state, signal)

    def update(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
        price = (high + low + close) / 3.0
        distance = price - middle(price)
        wave = smooth(ratio(distance, 0.015 * size(np.abs(distance))))
        return wave, last(wave)

    return update


def kst(state: State, signal: int) -> Update:
    spans = ((1.0, 10, 10), (2.0, 15, 10), (3.0, 20, 10), (4.0, 30, 15))
    rates = [(weight, Roc(state, ago), Sma(state, n)) for weight, ago, n in spans]
    last = Sma(state, signal)

    def update(x: Floats) -> tuple[Floats, Floats]:
        line = np.zeros(len(x))
        for weight, rate, average in rates:
            line += weight * average(rate(x))
        return line, last(line)

    return update


def connors(state: State, n: int, streak: int, rank: int) -> Single:
    change, rate, ranked = Change(state), Roc(state, 1), percent_rank(state, rank)
    strength, streak_strength, length = Rsi(state, n), Rsi(state, streak), state.numbers(0.0)

    def update(x: Floats) -> Floats:
        rows = state.rows
        sign, before = np.sign(change(x)), length[rows]
        run = np.where(np.sign(before) == sign, before + sign, sign)
        length[rows] = np.nan_to_num(run)
        return (strength(x) + streak_strength(run) + ranked(rate(x))) / 3.0

    return update


FORMS: dict[str, Form] = {
    "rsi": Rsi,
    "roc": Roc,
    "mom": mom,
    "cmo": cmo,
    "apo": apo,
    "ppo": ppo,
    "trix": trix,
    "tsi": tsi,
    "cci": cci,
    "ultosc": ultosc,
    "bop": balance,
    "imi": imi,
    "qstick": qstick,
    "ao": ao,
    "ac": ac,
    "coppock": coppock,
    "dpo": dpo,
    "efficiency_ratio": efficiency,
    "fosc": fosc,
    "macd": macd,
    "wavetrend": wavetrend,
    "kst": kst,
    "connors_rsi": connors,
}
