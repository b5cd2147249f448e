"""Candles through the whole replay engine: database, outbox, paper venue, guardian, one follower."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvloop

from benchmarks.measure import Figure
from tradewind.billing import PlanCode
from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy
from tradewind.entrypoints.replaying import Progress, ReplayPlan, open_feed, run_replay
from tradewind.market import read_candles
from tradewind.market.feeds.simulated import SimulatedFeed
from tradewind.platform.embedded import temporary_servers
from tradewind.platform.settings import Settings
from tradewind.trading.strategies import builtin_strategies

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "candles"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
#: The goal was set with these.
OLDEST = ("bollinger_reversion", "donchian_breakout", "ema_trend")
_MADE = 20_000


def _candles(folder: Path) -> Path:
    """Recorded candles where there are any beside the checkout, else made ones."""
    if all((RECORDED / f"{symbol}-5m.parquet").exists() for symbol in SYMBOLS):
        return RECORDED
    feed = SimulatedFeed(seed=1, start_ms=1_704_067_200_000, symbols=SYMBOLS, timeframe=Timeframe.M5, history=_MADE)
    for (symbol, timeframe), columns in asyncio.run(feed.history()).items():
        if timeframe is Timeframe.M5:
            pq.write_table(pa.table(columns._asdict()), folder / f"{symbol}-5m.parquet")
    return folder


def _plain_loop(folder: Path) -> float:
    """Candles per second of a bare Python loop that steps EMA, RSI and ATR and does nothing else."""
    columns = read_candles(folder / f"{SYMBOLS[0]}-5m.parquet")
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    began = time.process_time()
    fast = slow = previous = rows[0][4]
    gain = loss = swing = 0.0
    for _, _, high, low, close, _ in rows:
        fast += (close - fast) * (2 / 13)
        slow += (close - slow) * (2 / 27)
        change = close - previous
        gain += (max(change, 0.0) - gain) / 14
        loss += (max(-change, 0.0) - loss) / 14
        swing += (max(high - low, abs(high - previous), abs(low - previous)) - swing) / 14
        previous = close
    spent = time.process_time() - began
    assert np.isfinite([fast, slow, gain, loss, swing]).all()
    return len(rows) / spent


def run() -> Iterator[Figure]:
    """Replay eight months of three symbols, with the three oldest strategies and with every built-in."""
    every = builtin_strategies()
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as temporary:
        made = Path(temporary) / "candles"
        made.mkdir()
        folder = _candles(made)
        for told, names in ((", ".join(OLDEST), OLDEST), (f"all {len(every)} built-ins", tuple(every))):
            yield from _replayed(folder, told, [every[name] for name in names])


def _replayed(folder: Path, told: str, strategies: Sequence[Strategy]) -> Iterator[Figure]:
    plan = ReplayPlan(
        candles=folder,
        symbols=SYMBOLS,
        timeframe=Timeframe.M5,
        start=None,
        stop=None,
        speed=float("inf"),
        followers=1,
        plan=PlanCode.PRO,
        strategies=strategies,
    )
    marks: list[tuple[float, float, int]] = []

    def progress(state: Progress) -> None:
        marks.append((time.perf_counter(), time.process_time(), state.candles))

    with temporary_servers(durable=False, max_connections=10) as servers:
        settings = Settings(
            data=servers.folder.path,
            database_url=servers.database.owner,
            database_app_url=servers.database.app,
            database_system_url=servers.database.system,
        )
        report = uvloop.run(run_replay(settings, plan, open_feed(plan, None), resume=False, progress=progress))
    (wall_0, cpu_0, first), (wall_1, cpu_1, last) = marks[0], marks[-1]
    rate = (last - first) / (wall_1 - wall_0)
    per_signal = (cpu_1 - cpu_0) / max(report.signals, 1)
    yield Figure(
        f"replay, whole engine, one follower; {told}",
        rate,
        "candle-symbols/s",
        "≥ 20,000",
        rate >= 20_000,
        f"Python: {cpu_1 - cpu_0:.1f} s of its CPU in {wall_1 - wall_0:.1f} s; the rest is waiting for PostgreSQL. "
        f"{report.signals:,} signals, {report.fills:,} fills; {per_signal * 1e3:.1f} ms of CPU a signal, all included",
        _plain_loop(folder),
        "bare Python loop over indicators only",
    )
    # Of the process so far: the greater of this replay's and those before.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure(
        f"replay, peak memory of the engine; {told}", peak, "MB", "≤ 500", peak <= 500, "columns and the report"
    )
