"""Decisions, denials, exits and suggestions in plain words."""

from tradewind.trading.wording.rendering import render, suggest

__all__ = ["render", "suggest"]
