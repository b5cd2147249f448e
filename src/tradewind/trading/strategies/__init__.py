"""Strategy documents: the format, its validation, and the strategies that come with the platform."""

from tradewind.trading.strategies.builtin import (
    UnknownStrategyError,
    builtin_names,
    builtin_strategies,
    builtin_text,
    load_builtin,
)
from tradewind.trading.strategies.documents import parse_document
from tradewind.trading.strategies.errors import DocumentError, Problem
from tradewind.trading.strategies.explaining import Explanation, Section, explain
from tradewind.trading.strategies.places import located
from tradewind.trading.strategies.shape import json_schema

__all__ = [
    "DocumentError",
    "Explanation",
    "Problem",
    "Section",
    "UnknownStrategyError",
    "builtin_names",
    "builtin_strategies",
    "builtin_text",
    "explain",
    "json_schema",
    "load_builtin",
    "located",
    "parse_document",
]
