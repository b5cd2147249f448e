"""Forms of what volume adds to the price: running totals, flows, sessions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradewind.core.indicators.incremental.averages import vwma
from tradewind.core.indicators.incremental.momentum import ppo
from tradewind.core.indicators.incremental.parts import Change, Ema, Lag, Sma, Sum, ratio
from tradewind.core.indicators.incremental.state import Form, Single, State
from tradewind.core.series import Floats

_ROUNDING = 1e-14


class Total:
    """A running total."""

    __slots__ = ("_state", "_value")

    def __init__(self, state: State, start: float = 0.0) -> None:
        self._state, self._value = state, state.numbers(start)

    def __call__(self, x: Floats) -> Floats:
        self._value[self._state.rows] += x
        return self._value[self._state.rows].copy()


def money_flow(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
    """Volume × where the close lies in the candle, −1 to 1; 0 without a range."""
    return ratio((close - low) - (high - close), high - low) * volume


def mfi(state: State, n: int) -> Single:
    prices, gains, losses = Lag(state, 1), Sum(state, n), Sum(state, n)

    def update(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
        price = (high + low + close) / 3.0
        before, flow = prices(price), price * volume
        # As TA-Lib, what is left of adding three prices is no move.
        moved = np.where(np.abs(price - before) < _ROUNDING * (price + before), 0.0, price - before)
        undefined = np.where(np.isnan(moved), np.nan, 0.0)
        gained = gains(np.where(moved > 0.0, flow, undefined))
        return 100.0 * ratio(gained, gained + losses(np.where(moved < 0.0, flow, undefined)))

    return update


def obv(state: State) -> Single:
    change, total = Change(state), Total(state)

    def update(close: Floats, volume: Floats) -> Floats:
        moved = change(close)
        return total(np.where(np.isnan(moved), 1.0, np.sign(moved)) * volume)

    return update


def ad(state: State) -> Single:
    total = Total(state)
    return lambda high, low, close, volume: total(money_flow(high, low, close, volume))


def adosc(state: State, fast: int, slow: int) -> Single:
    line = ad(state)
    averages = [(2.0 / (n + 1), state.numbers()) for n in (fast, slow)]

    def update(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
        rows, x = state.rows, line(high, low, close, volume)
        quick, steady = (
            np.where(np.isnan(value[rows]), x, weight * x + (1.0 - weight) * value[rows]) for weight, value in averages
        )
        averages[0][1][rows], averages[1][1][rows] = quick, steady
        return quick - steady

    return update


def cmf(state: State, n: int) -> Single:
    flows, traded = Sum(state, n), Sum(state, n)
    return lambda high, low, close, volume: ratio(flows(money_flow(high, low, close, volume)), traded(volume))


def force_index(state: State, n: int) -> Single:
    change, average = Change(state), Ema(state, n)
    return lambda close, volume: average(change(close) * volume)


def volume_index(sign: float) -> Callable[[State], Single]:
    """From 1000, moves with the close's returns where the volume's change has this sign."""

    def form(state: State) -> Single:
        closes, volumes, value = Lag(state, 1), Change(state), state.numbers(1000.0)

        def update(close: Floats, volume: Floats) -> Floats:
            rows, before = state.rows, closes(close)
            moves = np.sign(volumes(volume)) == sign
            value[rows] += np.where(moves, value[rows] * ratio(close - before, before), 0.0)
            return value[rows].copy()

        return update

    return form


def pvt(state: State) -> Single:
    closes, total = Lag(state, 1), Total(state)

    def update(close: Floats, volume: Floats) -> Floats:
        before = closes(close)
        return total(np.where(np.isnan(before), 0.0, volume * ratio(close - before, before)))

    return update


def wad(state: State) -> Single:
    closes, total = Lag(state, 1), Total(state)

    def update(high: Floats, low: Floats, close: Floats) -> Floats:
        before = closes(close)
        rise, fall = close - np.minimum(low, before), close - np.maximum(high, before)
        return total(np.where(close > before, rise, np.where(close < before, fall, 0.0)))

    return update


def relative_volume(state: State, n: int) -> Single:
    average, lag = Sma(state, n), Lag(state, 1)
    return lambda volume: ratio(volume, lag(average(volume)), 1.0)


def rolling_vwap(state: State, n: int) -> Single:
    average = vwma(state, n)
    return lambda high, low, close, volume: average((high + low + close) / 3.0, volume)


class Session:
    """Says at which symbols a new UTC day begins."""

    __slots__ = ("_day", "_state")

    def __init__(self, state: State) -> None:
        self._state, self._day = state, state.numbers()

    def __call__(self, day: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        begins: np.ndarray[tuple[int], np.dtype[np.bool_]] = self._day[self._state.rows] != day
        self._day[self._state.rows] = day
        return begins


def session_bands(state: State, deviations: float = 0.0) -> Single:
    session, first = Session(state), state.numbers()
    totals = [state.numbers(0.0) for _ in range(3)]

    def update(high: Floats, low: Floats, close: Floats, volume: Floats, day: Floats) -> Floats:
        rows, begins, price = state.rows, session(day), (high + low + close) / 3.0
        start = np.where(begins, price, first[rows])
        first[rows] = start
        offset = price - start
        parts = (volume, offset * volume, offset * offset * volume)
        for total, part in zip(totals, parts, strict=True):
            total[rows] = np.where(begins, 0.0, total[rows]) + part
        traded, valued, squared = (total[rows] for total in totals)
        mean = ratio(valued, traded, offset)
        variance = ratio(squared, traded, offset * offset) - mean * mean
        return start + mean + deviations * np.sqrt(np.maximum(variance, 0.0))

    return update


def session_open(state: State) -> Single:
    session, value = Session(state), state.numbers()

    def update(opened: Floats, day: Floats) -> Floats:
        value[state.rows] = np.where(session(day), opened, value[state.rows])
        return value[state.rows].copy()

    return update


def session_extreme(pick: Callable[[Floats, Floats], Floats]) -> Callable[[State], Single]:
    """The highest or lowest of the UTC day so far."""

    def form(state: State) -> Single:
        session, value = Session(state), state.numbers()

        def update(x: Floats, day: Floats) -> Floats:
            value[state.rows] = np.where(session(day), x, pick(value[state.rows], x))
            return value[state.rows].copy()

        return update

    return form


FORMS: dict[str, Form] = {
    "mfi": mfi,
    "obv": obv,
    "ad": ad,
    "adosc": adosc,
    "cmf": cmf,
    "force_index": force_index,
    "market_facilitation": lambda _: lambda high, low, volume: ratio(high - low, volume),
    "nvi": volume_index(-1.0),
    "pvi": volume_index(1.0),
    "pvt": pvt,
    "wad": wad,
    "pvo": ppo,
    "relative_volume": relative_volume,
    "vwap": session_bands,
    "vwap_upper": session_bands,
    "vwap_lower": lambda state, deviations: session_bands(state, -deviations),
    "rolling_vwap": rolling_vwap,
    "session_open": session_open,
    "session_high": session_extreme(np.maximum),
    "session_low": session_extreme(np.minimum),
}
