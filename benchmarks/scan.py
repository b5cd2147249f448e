"""The live scan: from the candles that close in one step of the engine to signals, ten strategies over a thousand
symbols; against the engine's analyst, which evaluates whole columns. In time of one core: nothing in it waits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.measure import Figure
from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Kind, parse
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import Filter, Scan, Strategy, signal
from tradewind.core.values import Instrument
from tradewind.market import Closed
from tradewind.trading.engine.analyst import Analyst
from tradewind.trading.strategies import load_builtin
from tradewind.venues.paper import instrument_for

_TIMEFRAME = Timeframe.M5
_SYMBOLS, _CANDLES, _MEASURED = 1_000, 1_200, 400
_COMPARED, _STEPS_COMPARED = 20, 12
"""The analyst takes so long that a part of the symbols and steps must do."""
_LEADER = "BTCUSDT"
#: The built-in strategies with periods of their own, so that not everything is shared; and what some shall look at
#: beside their own candles.
_VARIANTS: tuple[tuple[str, dict[str, float | str], str], ...] = (
    ("ema_rsi_atr", {}, ""),
    ("ema_rsi_atr", {"fast": 9, "slow": 21, "rsi_period": 10}, "on(15m, close > ema(close, 20))"),
    ("ema_trend", {}, ""),
    ("ema_trend", {"fast": 10, "slow": 40, "atr_period": 10}, f"on({_LEADER}, close > ema(close, 50))"),
    ("donchian_breakout", {}, ""),
    ("donchian_breakout", {"channel": 144, "atr_period": 20}, "session(6, 22)"),
    ("donchian_breakout", {"channel": 55}, "regime() != volatile"),
    ("bollinger_reversion", {}, ""),
    ("bollinger_reversion", {"period": 20, "rsi_period": 7}, f"on({_LEADER}, 15m, rsi(close, 14) > 30)"),
    ("bollinger_reversion", {"period": 120, "atr_period": 21}, ""),
)


def _market(names: Sequence[str]) -> tuple[list[Columns], list[list[Closed]]]:
    """Random walks: the candles of each moment as columns, one row per symbol, and as an engine's step has them."""
    rng = np.random.default_rng(5)
    shape = (_CANDLES, len(names))
    start = np.exp(rng.normal(2.0, 3.0, len(names)))
    close = start * np.exp(np.cumsum(rng.normal(0.0, 2e-3, shape), axis=0))
    opened = np.vstack([start, close[:-1]])
    spread = 1.0 + np.abs(rng.normal(0.0, 1e-3, shape))
    high, low = np.maximum(opened, close) * spread, np.minimum(opened, close) / spread
    volume = rng.lognormal(2.0, 1.0, shape)
    stamps = np.repeat(np.arange(_CANDLES, dtype=np.int64)[:, None] * _TIMEFRAME.ms, len(names), axis=1)
    moments = [Columns(*parts) for parts in zip(stamps, opened, high, low, close, volume, strict=True)]
    measured = moments[-_MEASURED:]
    return moments, [
        [Closed(symbol, _TIMEFRAME, candle) for symbol, candle in zip(names, moment.candles(), strict=True)]
        for moment in measured
    ]


def _strategies() -> list[Strategy]:
    """Each under a name of its own."""
    made: list[Strategy] = []
    for number, (name, values, condition) in enumerate(_VARIANTS):
        blueprint = replace(load_builtin(name).blueprint, name=f"{name}_{number}")
        if condition:
            rule = Filter("around", parse("filters.around", condition, Kind.CONDITION), {"en": "", "ru": ""}, None)
            blueprint = replace(blueprint, filters=(rule,))
        made.append(Strategy.of(blueprint, values))
    return made


def _scanned(
    scan: Scan, closed: Sequence[Closed], places: dict[str, int], instruments: Sequence[Instrument]
) -> list[Signal]:
    """The signals of a step."""
    rows = np.array([places[symbol] for symbol, _, _ in closed])
    candles = Columns.of(candle for _, _, candle in closed)
    made: list[Signal] = []
    for symbol, _, evaluation in scan.close(candles, rows).standing:
        answer = signal(evaluation, 0, instrument=instruments[symbol], timeframe=_TIMEFRAME, simulated=True)
        if isinstance(answer, Signal):
            made.append(answer)
    return made


def _analyst(strategies: Sequence[Strategy], names: Sequence[str], moments: Sequence[Columns]) -> Analyst:
    analyst = Analyst(strategies, _TIMEFRAME, simulated=True, instrument_of=instrument_for)
    past = {
        (symbol, _TIMEFRAME): Columns(*(np.array([moment[part][place] for moment in moments]) for part in range(6)))
        for place, symbol in enumerate(names)
    }
    analyst.load(past, {}, {})
    return analyst


def run() -> Iterator[Figure]:
    names = [_LEADER, *(f"S{number}USDT" for number in range(1, _SYMBOLS))]
    places = {symbol: place for place, symbol in enumerate(names)}
    moments, steps = _market(names)
    strategies = _strategies()
    instruments = [instrument_for(symbol, float(moments[0].close[place])) for place, symbol in enumerate(names)]
    scan = Scan(strategies, _TIMEFRAME, names)
    for candles in moments[:-_MEASURED]:
        scan.close(candles)
    spent: list[float] = []
    made: list[list[Signal]] = []
    for closed in steps:
        began = time.process_time()
        made.append(_scanned(scan, closed, places, instruments))
        spent.append((time.process_time() - began) * 1000)

    few = names[:_COMPARED]
    analyst = _analyst(strategies, few, moments[:-_STEPS_COMPARED])
    again: list[float] = []
    for closed, scanned in zip(steps[-_STEPS_COMPARED:], made[-_STEPS_COMPARED:], strict=True):
        began = time.process_time()
        found = [
            each for symbol in analyst.close(closed[:_COMPARED]) for each in analyst.signals(symbol, lambda *_: False)
        ]
        again.append((time.process_time() - began) * 1000 * _SYMBOLS / _COMPARED)
        expected = {each.id for each in scanned if each.instrument.symbol in few}
        assert {each.id for each in found} == expected, "a scan that finds something else measures something else"

    total = sum(map(len, made))
    assert total, "a scan that finds nothing measures nothing"
    median, late = np.percentile(spent, [50, 99])
    for name, value, goal in (("median", float(median), 50.0), ("p99", float(late), 50.0)):
        yield Figure(
            f"Live scan: closed candles to signals, 1,000 symbols × 10 strategies, {name} of {_MEASURED} steps",
            value,
            "ms",
            "≤ 50 ms on one core",
            value <= goal,
            f"windows' maxima and sums; {total / _MEASURED:.0f} signals in each step",
            float(np.median(again)),
            f"the engine's analyst on whole columns of {_CANDLES:,}, from {_COMPARED} symbols",
        )
    size = scan.nbytes / _SYMBOLS / 1024
    yield Figure(
        "Live scan: memory per symbol, 10 strategies",
        size,
        "KiB",
        "≤ 100 KiB",
        size <= 100,
        "windows, kept twice so that each is one slice",
    )
