"""Strategy documents of a tenant's own."""

from tradewind.trading.strategies.own.service import own_document

__all__ = ["own_document"]
