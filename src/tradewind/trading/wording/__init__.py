"""Decisions, denials and exits in plain words."""

from tradewind.trading.wording.phrases import EXITS
from tradewind.trading.wording.rendering import render

__all__ = ["EXITS", "render"]
