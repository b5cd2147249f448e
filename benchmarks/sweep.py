"""A sweep of 1,000 sets of a document over 100,000 candles: together, and each set by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.kernel import _candles
from benchmarks.measure import Figure
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.kit.memory import keep_freed_memory
from tradewind.research.sweeps.space import Space, parse_vary
from tradewind.research.sweeps.trial import Workbench
from tradewind.trading.strategies import load_builtin

#: Sets that are computed one by one, each with a memo of its own.
_ALONE = 50
#: What varies, and what keeps it from being quicker.
_SWEEPS = {
    "plan constants": (
        ("stop_atr=1:4:0.12", "target_atr=1:8:0.179"),
        "a third the kernel; half passes over columns of 1,000 trades a set",
    ),
    "periods and plan": (
        ("fast=8:20", "slow=22:58:2", "stop_atr=1.5,2,2.5,3"),
        "compiling the document and its averages for every four sets",
    ),
}
#: A sweep is run this often; on a shared machine what is added is others' work.
_ROUNDS = 3


def run() -> Iterator[Figure]:
    market = {"BTCUSDT": _candles()}
    strategy = load_builtin("ema_rsi_atr")
    Workbench(market, Timeframe.M5).run(strategy)  # compiles
    keep_freed_memory()  # as the processes that sweep do
    for name, (texts, bound) in _SWEEPS.items():
        space = Space.of(strategy, parse_vary(texts))
        sets = [space.settings(number) for number in range(min(1000, space.size))]
        shared = min(_seconds_shared(market, strategy, sets) for _ in range(_ROUNDS))
        alone = _seconds_alone(market, strategy, sets)
        yield Figure(
            name=f"sweep, {len(sets):,} sets × 100,000 candles, {name}",
            value=shared,
            unit="s on one core",
            goal="≤ 0.2 s; vectorbt 25.6 s",
            met=shared <= 0.2,
            bound=bound,
            baseline=alone,
            baseline_name="each set by itself",
        )


def _seconds_shared(market: dict[str, Columns], strategy: Strategy, sets: list[dict[str, float | str]]) -> float:
    began = time.process_time()
    bench = Workbench(market, Timeframe.M5)
    for _ in bench.run_all(strategy, sets):
        pass
    return time.process_time() - began


def _seconds_alone(market: dict[str, Columns], strategy: Strategy, sets: list[dict[str, float | str]]) -> float:
    began = time.process_time()
    for settings in sets[:: len(sets) // _ALONE][:_ALONE]:
        for _ in Workbench(market, Timeframe.M5).run_all(strategy, [settings]):
            pass
    return (time.process_time() - began) * len(sets) / _ALONE
