"""Indicators: a typed catalogue over TA-Lib and NumPy with explicit warm-up, causal to the bit."""

from tradewind.core.indicators.building import LONGEST
from tradewind.core.indicators.catalogue import CATALOGUE, FAMILIES
from tradewind.core.indicators.model import (
    SEED_WEIGHT,
    Argument,
    ArgumentError,
    Clock,
    Field,
    Indicator,
    Kernel,
    Source,
    Unit,
)
from tradewind.core.indicators.volatility import average_true_range

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "LONGEST",
    "SEED_WEIGHT",
    "Argument",
    "ArgumentError",
    "Clock",
    "Field",
    "Indicator",
    "Kernel",
    "Source",
    "Unit",
    "average_true_range",
]
