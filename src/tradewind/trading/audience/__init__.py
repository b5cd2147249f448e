"""Who is told of what happens in trading."""

from tradewind.trading.audience.queries import Reader, readers_of

__all__ = ["Reader", "readers_of"]
