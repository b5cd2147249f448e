"""`ema_rsi_atr` in freqtrade: `python with_freqtrade.py CANDLES.parquet fill|close` prints JSON.

Runs in the peers' environment and knows nothing of ours. freqtrade asks an exchange for its markets before a back-test;
here it is handed one that has been told of its only market.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import talib
from ccxt import TICK_SIZE
from freqtrade.configuration import TimeRange
from freqtrade.enums import CandleType, RunMode
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.resolvers import ExchangeResolver
from freqtrade.strategy import IStrategy, stoploss_from_absolute

FIRST_ROW, FEE = 500, 0.0006
PAIR, STAKE = "BTC/USDT", "USDT"
#: Finer than any tick: levels are compared as they were computed.
_STEP = 1e-10


class Reference(IStrategy):
    """Levels are looked up by the candle of the entry."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 0
    process_only_new_candles = True
    minimal_roi: ClassVar[dict[str, float]] = {}
    stoploss = -0.99
    use_custom_stoploss = True
    use_custom_roi = True
    use_exit_signal = False
    order_types: ClassVar[dict[str, Any]] = {
        "entry": "market",
        "exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> pd.DataFrame:
        close, high, low = (dataframe[name].to_numpy() for name in ("close", "high", "low"))
        dataframe["fast"] = talib.EMA(close, 12)
        dataframe["slow"] = talib.EMA(close, 26)
        dataframe["rsi"] = talib.RSI(close, 14)
        atr = talib.ATR(high, low, close, 14)
        anchor = dataframe["open"].to_numpy()[1:] if self.config["reference_anchor"] == "fill" else close[:-1]
        self.stops = dict(zip(dataframe["date"][1:], anchor - 2 * atr[:-1], strict=True))
        self.targets = dict(zip(dataframe["date"][1:], anchor + 3 * atr[:-1], strict=True))
        return dataframe

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> pd.DataFrame:
        fast, slow = dataframe["fast"], dataframe["slow"]
        crossed = (fast.shift(1) <= slow.shift(1)) & (fast > slow)
        dataframe.loc[crossed & (dataframe["rsi"] < 70) & (dataframe.index >= FIRST_ROW), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict[str, Any]) -> pd.DataFrame:
        return dataframe

    def custom_stoploss(
        self, pair: str, trade: Any, current_time: datetime, current_rate: float, current_profit: float,
        after_fill: bool, **kwargs: Any,
    ) -> float | None:  # fmt: skip
        if not after_fill:
            return None
        return stoploss_from_absolute(self.stops[pd.Timestamp(trade.open_date_utc)], current_rate)

    def custom_roi(self, pair: str, trade: Any, *args: Any, **kwargs: Any) -> float:
        # Net of both fees, as freqtrade means it; its own function rounds to eight decimals.
        target = self.targets[pd.Timestamp(trade.open_date_utc)]
        return float(target * (1 - FEE) / (trade.open_rate * (1 + FEE)) - 1)


class Unrounded(Backtesting):
    """Prices as they were computed, not on the tick that freqtrade finds in the candles."""

    def get_pair_precision(self, pair: str, current_time: datetime) -> tuple[float | None, int]:
        return _STEP, TICK_SIZE


def _market() -> dict[str, Any]:
    return {
        "id": "BTCUSDT", "symbol": PAIR, "base": "BTC", "quote": STAKE, "spot": True, "swap": False, "margin": False,
        "type": "spot", "active": True, "linear": None, "contract": False, "contractSize": None,
        "taker": FEE, "maker": FEE, "precision": {"price": _STEP, "amount": _STEP},
        "limits": {name: {"min": None, "max": None} for name in ("amount", "cost", "price", "leverage")},
        "info": {},
    }  # fmt: skip


def main(path: str, anchor: str) -> None:
    logging.disable(logging.CRITICAL)
    table = pd.read_parquet(path)
    frame = table.assign(date=pd.to_datetime(table["ts"], unit="ms", utc=True))
    frame = frame[["date", "open", "high", "low", "close", "volume"]]
    with tempfile.TemporaryDirectory() as folder:
        config: dict[str, Any] = {
            "runmode": RunMode.BACKTEST,
            "dry_run": True,
            "exchange": {"name": "binance", "pair_whitelist": [PAIR], "pair_blacklist": [], "key": "", "secret": ""},
            "pairlists": [{"method": "StaticPairList"}],
            "strategy": "Reference",
            "strategy_path": str(Path(__file__).parent),
            "user_data_dir": Path(folder),
            "datadir": Path(folder),
            "timeframe": "5m",
            "stake_currency": STAKE,
            "stake_amount": 1000.0,
            "dry_run_wallet": 1e9,
            "tradable_balance_ratio": 1.0,
            "max_open_trades": 1,
            "fee": FEE,
            "dataformat_ohlcv": "parquet",
            "candle_type_def": CandleType.SPOT,
            "entry_pricing": {"price_side": "other"},
            "exit_pricing": {"price_side": "other"},
            "reference_anchor": anchor,
        }
        exchange = ExchangeResolver.load_exchange(config, validate=False)
        exchange._markets = {PAIR: _market()}
        exchange._api.markets = exchange._markets
        engine = Unrounded(config, exchange)
        engine.timerange = TimeRange()
        began = time.process_time()
        engine.backtest_one_strategy(engine.strategylist[0], {PAIR: frame}, engine.timerange)
        spent = time.process_time() - began
        trades = engine.all_bt_content["Reference"]["results"]
    rows = [
        {
            "entry_at": int(trade.open_date.timestamp() * 1000),
            "entry_price": trade.open_rate,
            "exit_at": int(trade.close_date.timestamp() * 1000),
            "exit_price": trade.close_rate,
        }
        for trade in trades.itertuples()
        if trade.exit_reason != "force_exit"
    ]
    json.dump({"candles": len(table), "seconds": spent, "trades": rows}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
