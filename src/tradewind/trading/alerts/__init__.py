"""Alerts of the users' own: what they wait for, watched by the engine, told once."""

from tradewind.trading.alerts.keeping import AlertKeeper, CandleRecord
from tradewind.trading.alerts.queries import prune_triggers

__all__ = ["AlertKeeper", "CandleRecord", "prune_triggers"]
