"""Decisions, denials and exits in plain words."""

from tradewind.trading.wording.rendering import render

__all__ = ["render"]
