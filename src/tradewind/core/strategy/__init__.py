"""Strategies: declarative set-ups over candles, evaluated on whole columns, made into signals row by row."""

from tradewind.core.strategy.compiled import CompiledExits, CompiledSetup
from tradewind.core.strategy.evaluation import Evaluation, UnevenSetsError, evaluate
from tradewind.core.strategy.model import (
    LANGUAGES,
    Anchor,
    Blueprint,
    BreakevenRule,
    Choice,
    Exits,
    Filter,
    GridRule,
    Parameter,
    Rung,
    ScaleInRule,
    Setup,
    StrategyError,
    Text,
    TrailingRule,
)
from tradewind.core.strategy.scan import Leaving, Scan, Standing, Verdict
from tradewind.core.strategy.signal import RefusalReason, Refused, signal
from tradewind.core.strategy.strategy import Strategy
from tradewind.core.strategy.words import LEVELS, check_sentence

__all__ = [
    "LANGUAGES",
    "LEVELS",
    "Anchor",
    "Blueprint",
    "BreakevenRule",
    "Choice",
    "CompiledExits",
    "CompiledSetup",
    "Evaluation",
    "Exits",
    "Filter",
    "GridRule",
    "Leaving",
    "Parameter",
    "RefusalReason",
    "Refused",
    "Rung",
    "ScaleInRule",
    "Scan",
    "Setup",
    "Standing",
    "Strategy",
    "StrategyError",
    "Text",
    "TrailingRule",
    "UnevenSetsError",
    "Verdict",
    "check_sentence",
    "evaluate",
    "signal",
]
