"""Back-tests of a strategy document: through the kernel, as a whole process, and in how much memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measure import Figure
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import evaluate
from tradewind.kit.memory import keep_freed_memory
from tradewind.research.backtest import compiled
from tradewind.research.backtest.entries import entries_of
from tradewind.trading.strategies import load_builtin

_STRATEGY = "ema_rsi_atr"
_CANDLES = 120_000
_FEE = 0.0006
_ROUNDS = 30
#: Eight months of five-minute candles.
_MONTHS, _SYMBOLS = 71_000, 10
_MOST_MEMORY = 500.0


def run() -> Iterator[Figure]:
    columns = _walk(1, _CANDLES)
    yield _through_the_kernel(columns)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _save(folder, "BTCUSDT", columns)
        yield _whole_process(folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(_SYMBOLS):
            _save(folder, f"S{number}USDT", _walk(10 + number, _MONTHS))
        yield _memory(folder, _STRATEGY, "ideal")
        yield _memory(folder, "ema_trend", "paper")


def _through_the_kernel(columns: Columns) -> Figure:
    keep_freed_memory()
    strategy, bars = load_builtin(_STRATEGY), compiled.checked_bars(columns, Timeframe.M5)

    def backtest() -> compiled.Outcomes:
        return compiled.run_kernel(entries_of(evaluate(strategy, columns), Timeframe.M5), bars, _FEE)

    assert len(backtest()) > 100
    speed = _CANDLES / _best(backtest)
    prices = (columns.open, columns.high, columns.low, columns.close)
    memory = _CANDLES / _best(lambda: [column.sum() for column in prices])
    return Figure(
        f"Back-test of {_STRATEGY}, document to trades: indicators, conditions and kernel, one core",
        speed / 1e6,
        "M candles/s",
        "≥ 50 M candles/s on one core",
        speed >= 50e6,
        "four TA-Lib passes: three quarters of the time",
        memory / 1e6,
        "NumPy sums of the four price columns",
    )


def _whole_process(folder: Path) -> Figure:
    spent = min(_cpu(folder, _STRATEGY, "ideal")[0] for _ in range(3))
    bare = min(_children(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True)) for _ in range(3))
    return Figure(
        "tradewind backtest, whole process, 120,000 candles",
        spent,
        "s CPU",
        "≤ 1.2 s CPU",
        spent <= 1.2,
        "imports",
        bare,
        "python -c 'import numpy'",
    )


def _memory(folder: Path, strategy: str, profile: str) -> Figure:
    _, peak = _cpu(folder, strategy, profile)
    return Figure(
        f"tradewind backtest --profile {profile}, 10 symbols × 8 months of 5-minute candles: peak memory",
        peak,
        "MB",
        f"≤ {_MOST_MEMORY:g} MB",
        peak <= _MOST_MEMORY,
        "columns of all symbols, and what the strategy computes of them",
    )


def _cpu(folder: Path, strategy: str, profile: str) -> tuple[float, float]:
    """(CPU seconds, peak MB) of the command."""
    command = [sys.executable, "-m", "tradewind", "backtest", strategy, "--profile", profile, "--candles", str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{' '.join(command)}: {child.returncode}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _children(command: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _best(function: Callable[[], object]) -> float:
    """Seconds of the quickest round: on a shared machine what is added is others' work."""
    spent = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        function()
        spent.append(time.perf_counter() - began)
    return min(spent)


def _walk(seed: int, count: int) -> Columns:
    """A random walk with the volatility of Bitcoin's five minutes, on a tick of a cent."""
    rng = np.random.default_rng(seed)
    close = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 0.001, count))), 2)
    opened = np.append(close[0], close[:-1])
    reach = np.abs(rng.normal(0, 0.0005, (2, count)))
    high = np.round(np.maximum(opened, close) * (1 + reach[0]), 2)
    low = np.round(np.minimum(opened, close) * (1 - reach[1]), 2)
    ts = 1_704_067_200_000 + np.arange(count, dtype=np.int64) * Timeframe.M5.ms
    return Columns(ts, opened, high, low, close, rng.lognormal(6, 1, count))


def _save(folder: Path, symbol: str, columns: Columns) -> None:
    pq.write_table(pa.table(columns._asdict()), folder / f"{symbol}-5m.parquet")
