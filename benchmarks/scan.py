"""The live scan: ten strategies over a thousand symbols at the close of a candle, against looking at windows again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measure import Figure
from tradewind.core.expressions import joined
from tradewind.core.expressions.program import Column, Compute, Program
from tradewind.core.series import Columns
from tradewind.core.strategy import Scan, Strategy
from tradewind.trading.strategies import load_builtin

_SYMBOLS, _CANDLES, _MEASURED = 1_000, 1_000, 400
_LENGTH_MS = 300_000
_BARS = 500
"""What a stream that keeps no state looks at again for each value."""
_COMPARED = 100
"""Looking again takes so long that a part of the symbols must do."""
#: The built-in strategies with periods of their own, so that not everything is shared.
_VARIANTS: tuple[tuple[str, dict[str, float | str]], ...] = (
    ("ema_rsi_atr", {}),
    ("ema_rsi_atr", {"fast": 9, "slow": 21, "rsi_period": 10}),
    ("ema_trend", {}),
    ("ema_trend", {"fast": 10, "slow": 40, "atr_period": 10}),
    ("donchian_breakout", {}),
    ("donchian_breakout", {"channel": 144, "atr_period": 20}),
    ("donchian_breakout", {"channel": 55}),
    ("bollinger_reversion", {}),
    ("bollinger_reversion", {"period": 20, "rsi_period": 7}),
    ("bollinger_reversion", {"period": 120, "atr_period": 21}),
)


def _market() -> list[Columns]:
    """Random walks, candle by candle: each entry has one row per symbol."""
    rng = np.random.default_rng(5)
    shape = (_CANDLES, _SYMBOLS)
    start = np.exp(rng.normal(2.0, 3.0, _SYMBOLS))
    close = start * np.exp(np.cumsum(rng.normal(0.0, 2e-3, shape), axis=0))
    opened = np.vstack([start, close[:-1]])
    spread = 1.0 + np.abs(rng.normal(0.0, 1e-3, shape))
    high, low = np.maximum(opened, close) * spread, np.minimum(opened, close) / spread
    volume = rng.lognormal(2.0, 1.0, shape)
    stamps = np.repeat(np.arange(_CANDLES, dtype=np.int64)[:, None] * _LENGTH_MS, _SYMBOLS, axis=1)
    return [Columns(*parts) for parts in zip(stamps, opened, high, low, close, volume, strict=True)]


def _strategies() -> list[Strategy]:
    return [load_builtin(name).with_parameters(values) for name, values in _VARIANTS]


def _looked_again(program: Program, columns: Columns) -> None:
    """Every indicator over the whole window, for its last value; one of another indicator reads the close instead."""
    for instruction in program.instructions:
        if isinstance(instruction, Compute):
            read = [program.instructions[each] for each in instruction.operands]
            inputs = [each.field.of(columns) if isinstance(each, Column) else columns.close for each in read]
            instruction.kernel.run(inputs, instruction.arguments, instruction.warmup)


def run() -> Iterator[Figure]:
    market, strategies = _market(), _strategies()
    scan = Scan(strategies, _SYMBOLS)
    spent, stood = [], 0
    for candles in market:
        began = time.perf_counter()
        stood += len(scan.close(candles))
        spent.append((time.perf_counter() - began) * 1000)
    assert stood, "a scan that finds nothing measures nothing"
    program = joined([strategy.program for strategy in strategies])
    recent = market[-_BARS:]
    windows = [
        Columns(*(np.array([candles[part][symbol] for candles in recent]) for part in range(6)))
        for symbol in range(_COMPARED)
    ]
    began = time.perf_counter()
    for window in windows:
        _looked_again(program, window)
    again = (time.perf_counter() - began) * 1000 * _SYMBOLS / _COMPARED
    median, late = np.percentile(spent[-_MEASURED:], [50, 99])
    for name, value, goal in (("median", float(median), 50.0), ("p99", float(late), 50.0)):
        yield Figure(
            f"Live scan: 1,000 symbols × 10 strategies on a candle close, {name} of {_MEASURED}",
            value,
            "ms",
            "≤ 50 ms on one core",
            value <= goal,
            "the longest windows' maxima and sums",
            again,
            f"TA-Lib over {_BARS} candles per symbol and indicator, signals not counted",
        )
    yield Figure(
        "Live scan: memory per symbol, 10 strategies",
        scan.nbytes / _SYMBOLS / 1024,
        "KiB",
        "≤ 100 KiB",
        scan.nbytes / _SYMBOLS <= 100 * 1024,
        "windows, kept twice so that each is one slice",
    )
