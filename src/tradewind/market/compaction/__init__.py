"""Moving closed candles from the database, where the engine commits them, into the candle store."""

from tradewind.market.compaction.service import compact_tail

__all__ = ["compact_tail"]
