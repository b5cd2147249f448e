"""`ema_rsi_atr` in backtesting.py: `python with_backtesting_py.py CANDLES.parquet fill|close` prints JSON.

Runs in the peers' environment and knows nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from typing import ClassVar

import pandas as pd
import talib
from backtesting import Backtest, Strategy

FIRST_ROW, FEE = 500, 0.0006


class Reference(Strategy):
    """Levels from the close of the signal's candle come with the order; those from the fill once it is known."""

    anchor = "close"
    opens: ClassVar[list[float]] = []

    def init(self) -> None:
        close, high, low = (self.data.df[name].to_numpy() for name in ("Close", "High", "Low"))
        self.fast = self.I(talib.EMA, close, 12, plot=False)
        self.slow = self.I(talib.EMA, close, 26, plot=False)
        self.rsi = self.I(talib.RSI, close, 14, plot=False)
        self.atr = self.I(talib.ATR, high, low, close, 14, plot=False)

    def next(self) -> None:
        row = len(self.data) - 1
        if row < FIRST_ROW or self.position:
            return
        crossed = self.fast[-2] <= self.slow[-2] and self.fast[-1] > self.slow[-1]
        if not crossed or self.rsi[-1] >= 70:
            return
        if self.anchor == "close":
            anchor = self.data.Close[-1]
        elif row + 1 < len(self.opens):
            # There is no order whose levels count from its fill, so the open that it will be filled at is looked up.
            anchor = self.opens[row + 1]
        else:
            return
        atr = self.atr[-1]
        self.buy(sl=anchor - 2 * atr, tp=anchor + 3 * atr)


def main(path: str, anchor: str) -> None:
    table = pd.read_parquet(path)
    frame = table.rename(columns=str.capitalize).set_index(pd.to_datetime(table["ts"], unit="ms"))
    Reference.opens = table["open"].tolist()
    Reference.anchor = anchor
    began = time.process_time()
    runner = Backtest(
        frame[["Open", "High", "Low", "Close", "Volume"]], Reference, cash=1e9, commission=FEE, finalize_trades=False
    )
    trades = runner.run()["_trades"]
    spent = time.process_time() - began
    stamps = table["ts"].to_numpy()
    rows = [
        {
            "entry_at": int(stamps[trade.EntryBar]),
            "entry_price": trade.EntryPrice,
            "exit_at": int(stamps[trade.ExitBar]),
            "exit_price": trade.ExitPrice,
        }
        for trade in trades.itertuples()
    ]
    json.dump({"candles": len(table), "seconds": spent, "trades": rows}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
