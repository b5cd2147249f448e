"""`ema_rsi_atr` as `tradewind backtest` runs it: `python with_tradewind.py CANDLES.parquet fill|close` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tradewind.core.candles import Timeframe
from tradewind.market import read_candles
from tradewind.research.backtest import run_ideal
from tradewind.trading.strategies import load_builtin


def main(path: str, anchor: str) -> None:
    symbol = Path(path).name.removesuffix("-5m.parquet")
    columns = read_candles(Path(path))
    strategy = load_builtin("ema_rsi_atr").with_parameters({"anchor": anchor})
    run_ideal(strategy, {symbol: columns}, Timeframe.M5)  # compiles
    began = time.process_time()
    result = run_ideal(strategy, {symbol: columns}, Timeframe.M5)
    spent = time.process_time() - began
    trades = [
        {
            "entry_at": trade.entry_at,
            "entry_price": trade.entry_price,
            "exit_at": trade.exit_at,
            "exit_price": trade.exit_price,
        }
        for trade in result.trades
    ]
    json.dump({"candles": len(columns), "seconds": spent, "trades": trades}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
