"""The plan kernel: a back-test, a sweep, and the guardian's ticks, against memory and against a scan."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow.parquet as pq
import talib
from numpy.typing import NDArray

from benchmarks.measure import Figure
from tradewind.core import kernel
from tradewind.core.costs import Costs
from tradewind.core.kernel.layout import DISTANCE, NOT_TRAILING
from tradewind.core.plan import Addition, PlanSpec, ScaleIn, Target
from tradewind.core.series import Columns

_RECORDED = Path(__file__).parents[1].parent / "shared" / "data" / "candles" / "BTCUSDT-5m.parquet"
_LENGTH_MS = 300_000
_CANDLES = 100_000
_POSITIONS, _SYMBOLS, _TICKS = 1_000_000, 500, 100_000
_ROUNDS = 5
_SCANNED = 2_000
"""A scan takes so long that a few of the ticks must do."""


def _best(function: Callable[[], object]) -> float:
    """Seconds of the quickest round: on a shared machine what is added is others' work."""
    spent = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        function()
        spent.append(time.perf_counter() - began)
    return min(spent)


def _candles() -> Columns:
    """Recorded candles, or a random walk where there are none, repeated to the wanted number."""
    names = ("open", "high", "low", "close", "volume")
    if _RECORDED.exists():
        table = pq.read_table(_RECORDED)
        columns = [table[name].to_numpy().astype(float) for name in names]
    else:
        rng = np.random.default_rng(7)
        close = 1000 * np.exp(np.cumsum(rng.normal(0, 0.001, _CANDLES)))
        opened = np.append(close[0], close[:-1])
        spread = 1 + np.abs(rng.normal(0, 0.0005, _CANDLES))
        columns = [opened, np.maximum(opened, close) * spread, np.minimum(opened, close) / spread, close, close]
    times = -(-_CANDLES // len(columns[0]))
    ts = np.arange(_CANDLES, dtype=np.int64) * _LENGTH_MS
    return Columns(ts, *(np.ascontiguousarray(np.tile(column, times)[:_CANDLES]) for column in columns))


def _entries(candles: Columns, data: kernel.Bars) -> kernel.Entries:
    """Those of `ema_rsi_atr`."""
    fast, slow = talib.EMA(candles.close, 12), talib.EMA(candles.close, 26)
    crossed = (fast[:-1] <= slow[:-1]) & (fast[1:] > slow[1:]) & (talib.RSI(candles.close, 14)[1:] < 70)
    signals = np.flatnonzero(crossed) + 1
    signals = signals[(signals >= 500) & (signals < len(candles) - 1)]
    atr = talib.ATR(candles.high, candles.low, candles.close, 14)
    return kernel.entries(data, signals + 1, 1, atr[signals])


@numba.njit(cache=True)
def _read(one: Any, two: Any, three: Any, four: Any) -> float:
    total = 0.0
    for row in range(one.size):
        total += one[row] + two[row] + three[row] + four[row]
    return total


@numba.njit(cache=True)
def _scan(rows: Any, first: Any, best: Any, gone: Any, symbols: Any, prices: Any) -> int:
    """The baseline: every position of the symbol is looked at; stop, target and trailing by distance."""
    told = 0
    for tick in range(symbols.size):
        price = prices[tick]
        for number in range(first[symbols[tick]], first[symbols[tick] + 1]):
            if gone[number]:
                continue
            row = rows[number]
            side = row.side
            stop = row.stop
            if row.trailing != 0:
                level = best[number] - side * row.trailing_distance
                if (level - stop) * side > 0.0:
                    stop = level
            if (price - stop) * side <= 0.0 or (price - row.target) * side >= 0.0:
                gone[number] = True
                told += 1
            elif (price - best[number]) * side > 0.0:
                best[number] = price
    return told


def _market(step: float) -> tuple[kernel.Guardian, NDArray[np.void], NDArray[np.int32], NDArray[np.float64]]:
    """A million positions and ticks that move by `step`: 0.2 % is a storm that reaches a third of all."""
    rng = np.random.default_rng(1)
    rows = np.zeros(_POSITIONS, dtype=kernel.GUARDED)
    start = np.exp(rng.normal(3, 1, _SYMBOLS))
    rows["symbol"] = np.sort(rng.integers(0, _SYMBOLS, _POSITIONS))
    price = start[rows["symbol"]]
    rows["side"] = rng.choice([-1, 1], _POSITIONS)
    rows["stop"] = price * (1 - rows["side"] * rng.uniform(0.005, 0.1, _POSITIONS))
    rows["target"] = price * (1 + rows["side"] * rng.uniform(0.005, 0.2, _POSITIONS))
    rows["closes"] = 1
    rows["trailing"] = np.where(rng.random(_POSITIONS) < 0.5, DISTANCE, NOT_TRAILING)
    rows["trailing_distance"] = price * rng.uniform(0.005, 0.1, _POSITIONS)
    rows["best"] = price
    symbols = rng.integers(0, _SYMBOLS, _TICKS).astype(np.int32)
    prices = np.empty(_TICKS)
    for symbol in range(_SYMBOLS):
        mine = symbols == symbol
        prices[mine] = start[symbol] * np.exp(np.cumsum(rng.normal(0, step, int(mine.sum()))))
    return kernel.Guardian(_SYMBOLS, rows), rows, symbols, prices


def _ticks(step: float) -> tuple[float, float, int, int]:
    """(ticks/s, ticks/s of the scan, triggers, bytes) in one market."""
    times = np.arange(_TICKS)
    guardian, rows, symbols, prices = _market(step)
    size = guardian.bytes
    began = time.perf_counter()
    told = guardian.run(symbols, prices, times)
    spent = time.perf_counter() - began
    first = np.searchsorted(rows["symbol"], np.arange(_SYMBOLS + 1))

    def scanned(count: int) -> int:
        return _scan(
            rows, first, rows["best"].copy(), np.zeros(_POSITIONS, dtype=bool), symbols[:count], prices[:count]
        )

    scanned(1)
    began = time.perf_counter()
    found = scanned(_SCANNED)
    scan = time.perf_counter() - began
    assert found == int((told["tick"] < _SCANNED).sum()), "the guardian and the scan must tell the same"
    return _TICKS / spent, _SCANNED / scan, len(told), size


def _in_parts(candles: Columns, data: kernel.Bars, when: kernel.Entries, *, plain: float) -> Figure:
    """The same entries in grids of four further levels."""
    additions = [(level, level + 0.002) for level in (0.998, 0.996, 0.994, 0.992)]
    specs = [
        PlanSpec(
            1,
            0.985 * price,
            (Target(1.004 * price, 1.0),),
            scale_in=ScaleIn(0.2, tuple(Addition(level * price, 0.2, target * price) for level, target in additions)),
        )
        for price in candles.open[when.bars].tolist()
    ]
    whole, parts = kernel.ladders(specs)
    rules = kernel.assumptions(Costs(maker=0.0006, taker=0.0006, slippage=0.0, half_spread=0.0))
    speed = _CANDLES / _best(lambda: kernel.backtest_in_parts(data, when, whole, parts, rules))
    return Figure(
        "Plan kernel: the same entries in grids of five levels",
        speed / 1e6,
        "M candles/s",
        "≥ 10 M candles/s on one core",
        speed >= 10e6,
        "checking a plan and a ladder per entry",
        plain / 1e6,
        "whole entries, see above",
    )


def run() -> Iterator[Figure]:
    candles = _candles()
    data = kernel.bars(candles, _LENGTH_MS)
    when = _entries(candles, data)
    rules = kernel.assumptions(Costs(maker=0.0006, taker=0.0006, slippage=0.0, half_spread=0.0), textbook=True)
    plan = kernel.template(2, [(3, 1)])
    prices = (candles.open, candles.high, candles.low, candles.close)
    _read(*prices)
    memory = _CANDLES / _best(lambda: _read(*prices))
    speed = _CANDLES / _best(lambda: kernel.backtest(data, when, plan, rules))
    yield Figure(
        "Plan kernel: back-test of ema_rsi_atr's entries (indicators not counted)",
        speed / 1e6,
        "M candles/s",
        "≥ 50 M candles/s on one core",
        speed >= 50e6,
        "mispredicted branches at entries and exits",
        memory / 1e6,
        "reading the four price arrays",
    )
    sets = np.concatenate(
        [kernel.template(stop, [(target, 1)]) for stop in np.linspace(1, 4, 25) for target in np.linspace(1, 6, 40)]
    )
    spent = _best(lambda: kernel.sweep(data, when, sets, rules))
    yield Figure(
        "Plan kernel: sweep of 1,000 parameter sets × 100,000 candles, indicators shared, one core",
        spent,
        "s",
        "≤ 0.2 s",
        spent <= 0.2,
        "mispredicted branches, twice per trade",
        len(sets) * _CANDLES / memory,
        "reading the price arrays 1,000 times",
    )
    yield _in_parts(candles, data, when, plain=speed)
    for name, step, goal in (("storm", 0.002, 0.7e6), ("calm", 0.00001, 10e6)):
        # The quickest of a few: a guardian is used up by its ticks, so each round has its own.
        ticks, scan, told, size = max((_ticks(step) for _ in range(2)), key=lambda measured: measured[0])
        yield Figure(
            f"Guardian: 1 M positions on 500 symbols, {name} ({told:,} triggers in 100,000 ticks)",
            ticks / 1e6,
            "M ticks/s",
            f"≥ {goal / 1e6:g} M ticks/s",
            ticks >= goal,
            "cache misses in heaps" if name == "storm" else "cache misses per book",
            scan / 1e6,
            "Numba scan over the symbol's positions",
        )
    yield Figure(
        "Guardian: memory per position",
        size / _POSITIONS,
        "bytes",
        "≤ 100 bytes",
        size <= 100 * _POSITIONS,
        "three heaps of 12 bytes, a slot of 32 and a trailing group of 24",
    )
