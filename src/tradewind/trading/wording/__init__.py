"""Decisions, denials, exits and suggestions in plain words."""

from tradewind.trading.wording.phrases import EXITS
from tradewind.trading.wording.rendering import render, suggest

__all__ = ["EXITS", "render", "suggest"]
