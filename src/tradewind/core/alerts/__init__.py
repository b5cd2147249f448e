"""What an alert waits for: a price that is reached, or a condition that holds at the close of a candle."""

from tradewind.core.alerts.condition import BLOCK, Condition, Fact, Holding, holding
from tradewind.core.alerts.level import Move, level_reached

__all__ = ["BLOCK", "Condition", "Fact", "Holding", "Move", "holding", "level_reached"]
