"""The record of market data: closed candles wherever they are, and what was wrong with them."""

from tradewind.market.record.service import CandleReader

__all__ = ["CandleReader"]
