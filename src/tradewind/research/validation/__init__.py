"""Honesty tools: out-of-sample splits, resampling, significance, overfitting, biases, and a verdict with reasons."""

from tradewind.research.validation.bias import Decide, Difference, LookAhead, WarmUp, look_ahead, warm_up
from tradewind.research.validation.documents import OUTPUTS, DocumentCheck, check_document, decisions, expressions
from tradewind.research.validation.doubts import QUESTIONS, Check, Doubt
from tradewind.research.validation.errors import ValidationError
from tradewind.research.validation.montecarlo import (
    PERCENTILES,
    MonteCarlo,
    Resampling,
    block_bootstrap,
    shuffle_trades,
)
from tradewind.research.validation.overfitting import Overfitting, overfitting
from tradewind.research.validation.sharpe import (
    DeflatedSharpe,
    SharpeSample,
    deflated_sharpe,
    effective_trials,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)
from tradewind.research.validation.splits import Split, WalkForward, walk_forward
from tradewind.research.validation.verdict import Bars, Evidence, Reason, Verdict, judge

__all__ = [
    "OUTPUTS",
    "PERCENTILES",
    "QUESTIONS",
    "Bars",
    "Check",
    "Decide",
    "DeflatedSharpe",
    "Difference",
    "DocumentCheck",
    "Doubt",
    "Evidence",
    "LookAhead",
    "MonteCarlo",
    "Overfitting",
    "Reason",
    "Resampling",
    "SharpeSample",
    "Split",
    "ValidationError",
    "Verdict",
    "WalkForward",
    "WarmUp",
    "block_bootstrap",
    "check_document",
    "decisions",
    "deflated_sharpe",
    "effective_trials",
    "expected_maximum_sharpe",
    "expressions",
    "judge",
    "look_ahead",
    "minimum_track_record",
    "overfitting",
    "probabilistic_sharpe",
    "sharpe_sample",
    "shuffle_trades",
    "walk_forward",
    "warm_up",
]
