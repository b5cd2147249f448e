"""`ema_rsi_atr` in NautilusTrader: `python with_nautilus.py CANDLES.parquet fill|close` prints JSON.

Runs in the peers' environment and knows nothing of ours. The strategy decides on candles; its orders take a nanosecond.
So that an entry is filled at the next open and watched from there, each candle begins with two trade ticks at its open.
So that stops fill at their level and before targets, the way of its price comes as three short bars: open to low, to
high, to close.
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import talib
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import Bar, BarType, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

FIRST_ROW, FEE, PRECISION = 500, 0.0006, 9
LENGTH_NS = 300_000_000_000


class Reference(Strategy):
    def __init__(self, instrument: Any, bar_type: Any, rows: dict[int, tuple[bool, float, float]], anchor: str) -> None:
        super().__init__(StrategyConfig(strategy_id="R-1"))
        self.instrument, self.bar_type, self.rows, self.anchor = instrument, bar_type, rows, anchor
        self.armed: tuple[float, float] | None = None
        self.trades: list[dict[str, Any]] = []

    def on_start(self) -> None:
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar: Any) -> None:
        stands, close, atr = self.rows[bar.ts_event]
        if stands and self.portfolio.is_flat(self.instrument.id) and not self.cache.orders_inflight():
            self.armed = (close, atr)
            order = self.order_factory.market(self.instrument.id, OrderSide.BUY, self.instrument.make_qty(1))
            self.submit_order(order)

    def on_position_opened(self, event: Any) -> None:
        assert self.armed is not None
        close, atr = self.armed
        base = close if self.anchor == "close" else float(event.avg_px_open)
        self.opened = (event.ts_event, float(event.avg_px_open))
        one = self.instrument.make_qty(1)
        stop = self.order_factory.stop_market(
            self.instrument.id, OrderSide.SELL, one, self.instrument.make_price(base - 2 * atr), reduce_only=True
        )
        target = self.order_factory.limit(
            self.instrument.id, OrderSide.SELL, one, self.instrument.make_price(base + 3 * atr), reduce_only=True
        )
        self.submit_order(stop)
        self.submit_order(target)

    def on_position_closed(self, event: Any) -> None:
        self.cancel_all_orders(self.instrument.id)
        at, price = self.opened
        self.trades.append(
            {
                "entry_at": _open_of(at),
                "entry_price": price,
                "exit_at": _open_of(event.ts_event),
                "exit_price": float(event.avg_px_close),
            }
        )


def _open_of(ns: int) -> int:
    return (ns - ns % LENGTH_NS) // 1_000_000


def _instrument() -> CryptoPerpetual:
    """One that rounds nothing that matters."""
    return CryptoPerpetual(
        instrument_id=InstrumentId.from_str("ANY-PERP.BINANCE"),
        raw_symbol=Symbol("ANY"),
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=PRECISION,
        size_precision=3,
        price_increment=Price(10.0**-PRECISION, PRECISION),
        size_increment=Quantity.from_str("0.001"),
        maker_fee=Decimal(str(FEE)),
        taker_fee=Decimal(str(FEE)),
        ts_event=0,
        ts_init=0,
    )


def main(path: str, anchor: str) -> None:
    table = pd.read_parquet(path)
    opened, high, low, close = (table[name].to_numpy() for name in ("open", "high", "low", "close"))
    fast, slow = talib.EMA(close, 12), talib.EMA(close, 26)
    stands = np.zeros(len(close), dtype=bool)
    stands[1:] = (fast[:-1] <= slow[:-1]) & (fast[1:] > slow[1:])
    stands &= talib.RSI(close, 14) < 70
    stands[:FIRST_ROW] = False
    atr = talib.ATR(high, low, close, 14)

    instrument = _instrument()
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        Venue("BINANCE"),
        OmsType.NETTING,
        AccountType.MARGIN,
        [Money(1_000_000_000, USDT)],
        default_leverage=Decimal(10),
        latency_model=LatencyModel(base_latency_nanos=1),
        bar_execution=True,
        trade_execution=True,
    )
    engine.add_instrument(instrument)
    candles = BarType.from_str(f"{instrument.id}-5-MINUTE-LAST-EXTERNAL")
    way = BarType.from_str(f"{instrument.id}-1-SECOND-LAST-EXTERNAL")
    much = Quantity.from_str("1000000.000")
    data: list[Any] = []
    rows: dict[int, tuple[bool, float, float]] = {}
    for row, at in enumerate((table["ts"].to_numpy() * 1_000_000).tolist()):
        first, up, down, last = (Price(column[row], PRECISION) for column in (opened, high, low, close))
        for step in (1, 2):
            number = TradeId(f"{row}-{step}")
            data.append(TradeTick(instrument.id, first, much, AggressorSide.NO_AGGRESSOR, number, at + step, at + step))
        for step, prices in enumerate(
            ((first, first, down, down), (down, up, down, up), (up, up, last, last)), start=1
        ):
            end = at + step * LENGTH_NS // 4
            data.append(Bar(way, *prices, much, end, end))
        end = at + LENGTH_NS - 1
        rows[end] = (bool(stands[row]), float(close[row]), float(atr[row]))
        data.append(Bar(candles, first, up, down, last, much, end, end))
    engine.add_data(data)
    strategy = Reference(instrument, candles, rows, anchor)
    engine.add_strategy(strategy)
    began = time.process_time()
    engine.run()
    spent = time.process_time() - began
    json.dump({"candles": len(table), "seconds": spent, "trades": strategy.trades}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
