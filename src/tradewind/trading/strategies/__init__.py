"""Strategy documents: the format, its validation, and the strategies that come with the platform."""

from tradewind.trading.strategies.builtin import (
    UnknownStrategyError,
    builtin_strategies,
    builtin_text,
    load_builtin,
)
from tradewind.trading.strategies.documents import parse_document
from tradewind.trading.strategies.errors import DocumentError, Problem
from tradewind.trading.strategies.shape import json_schema

__all__ = [
    "DocumentError",
    "Problem",
    "UnknownStrategyError",
    "builtin_strategies",
    "builtin_text",
    "json_schema",
    "load_builtin",
    "parse_document",
]
