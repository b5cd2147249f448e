"""Indicators: a typed catalogue over TA-Lib with explicit warm-up, causal to the bit."""

from tradewind.core.indicators.catalogue import CATALOGUE, LONGEST
from tradewind.core.indicators.model import (
    SEED_WEIGHT,
    Argument,
    ArgumentError,
    Field,
    Indicator,
    Kernel,
    Unit,
)

__all__ = [
    "CATALOGUE",
    "LONGEST",
    "SEED_WEIGHT",
    "Argument",
    "ArgumentError",
    "Field",
    "Indicator",
    "Kernel",
    "Unit",
]
