"""Alerts of the users' own: what they wait for, watched by the engine, told once."""

from tradewind.trading.alerts.keeping import AlertKeeper, CandleRecord

__all__ = ["AlertKeeper", "CandleRecord"]
