"""HTTP shapes of market data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tradewind.core.candles import Timeframe
from tradewind.platform.web.schemas import Answer, DecimalText, Moment


class CandleItem(Answer):
    """A closed candle."""

    time: Moment = Field(description="When it opened.")
    open: DecimalText
    high: DecimalText
    low: DecimalText
    close: DecimalText
    volume: DecimalText = Field(description="In base currency.")


class CandlePage(Answer):
    symbol: str
    timeframe: Timeframe
    items: list[CandleItem] = Field(description="Oldest first.")
    next_cursor: Moment | None = Field(description="To be given as `before` for older candles; null = there are none.")


class SymbolItem(Answer):
    symbol: str
    price: DecimalText | None


class MarketStatus(Answer):
    source: Literal["simulated", "replay", "live"]
    venue: str | None = Field(description="Whose prices these are; null before the engine's first word.")
    simulated: bool = Field(description="Prices are made up: nobody trades at them anywhere.")
    speed: str | None = Field(description='Market seconds per second, or "max"; null = real time.')
    finished: bool = Field(description="The recording has come to its end.")
    market_time: Moment | None
    symbols: list[str]
    timeframes: list[str]
    prices: dict[str, DecimalText]
    incidents: int = Field(description="How many times something was wrong with the data.")
