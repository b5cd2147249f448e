"""`ema_rsi_atr` in vectorbt: `python with_vectorbt.py CANDLES.parquet fill|close` prints JSON.

Runs in the peers' environment and knows nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import talib
import vectorbt as vbt

FIRST_ROW, FEE = 500, 0.0006


def portfolio(table: pd.DataFrame, anchor: str) -> Any:
    opened, high, low, close = (table[name].to_numpy() for name in ("open", "high", "low", "close"))
    fast, slow = talib.EMA(close, 12), talib.EMA(close, 26)
    crossed = np.zeros(len(close), dtype=bool)
    crossed[1:] = (fast[:-1] <= slow[:-1]) & (fast[1:] > slow[1:])
    stands = crossed & (talib.RSI(close, 14) < 70)
    stands[:FIRST_ROW] = False
    atr = talib.ATR(high, low, close, 14)
    # What stands at the close of a row is entered at the open of the next.
    entries = np.concatenate([[False], stands[:-1]])
    base = opened if anchor == "fill" else np.concatenate([[np.nan], close[:-1]])
    width = np.concatenate([[np.nan], atr[:-1]])
    # Stops are fractions of the entry price here.
    stop = 1 - (base - 2 * width) / opened
    target = (base + 3 * width) / opened - 1
    return vbt.Portfolio.from_signals(
        close=close,
        entries=entries,
        price=opened,
        open=opened,
        high=high,
        low=low,
        sl_stop=np.where(entries, stop, np.nan),
        tp_stop=np.where(entries, target, np.nan),
        stop_entry_price="fillprice",
        stop_exit_price="stoplimit",
        upon_stop_exit="close",
        accumulate=False,
        fees=FEE,
        init_cash=1e9,
        freq="5min",
    )


def main(path: str, anchor: str) -> None:
    table = pd.read_parquet(path)
    assert len(portfolio(table, anchor).trades.records)  # compiles
    began = time.process_time()
    records = portfolio(table, anchor).trades.records
    spent = time.process_time() - began
    stamps = table["ts"].to_numpy()
    rows = [
        {
            "entry_at": int(stamps[trade.entry_idx]),
            "entry_price": trade.entry_price,
            "exit_at": int(stamps[trade.exit_idx]),
            "exit_price": trade.exit_price,
        }
        for trade in records.itertuples()
        if trade.status == 1
    ]
    json.dump({"candles": len(table), "seconds": spent, "trades": rows}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
