"""`ema_rsi_atr` through the plan kernel: `python with_tradewind.py CANDLES.parquet fill|close` prints JSON.

The list is that of `tradewind backtest ema_rsi_atr`, by test; what is timed is the document's way to trades, without
measures of them, as with the others.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.strategy import evaluate
from tradewind.kit.memory import keep_freed_memory
from tradewind.market import read_candles
from tradewind.research.backtest import compiled
from tradewind.research.backtest.entries import entries_of
from tradewind.trading.strategies import load_builtin


def main(path: str, anchor: str) -> None:
    keep_freed_memory()
    columns = read_candles(Path(path))
    strategy = load_builtin("ema_rsi_atr").with_parameters({"anchor": anchor})
    bars = compiled.checked_bars(columns, Timeframe.M5)

    def backtest() -> compiled.Outcomes:
        return compiled.run_kernel(entries_of(evaluate(strategy, columns), Timeframe.M5), bars, Costs().taker)

    backtest()  # what is made once is made
    began = time.process_time()
    ridden = backtest().ridden
    spent = time.process_time() - began
    trades = [
        {"entry_at": entered, "entry_price": entry, "exit_at": left, "exit_price": leave}
        for entered, entry, left, leave in zip(
            columns.ts[ridden.entry_bar].tolist(),
            ridden.entry.tolist(),
            columns.ts[ridden.exit_bar].tolist(),
            ridden.exit.tolist(),
            strict=True,
        )
    ]
    json.dump({"candles": len(columns), "seconds": spent, "trades": trades}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
