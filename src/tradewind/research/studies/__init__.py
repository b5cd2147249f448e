"""Back-tests and sweeps as values: what is asked for, where its candles are, and processes that compute it."""

from tradewind.research.studies.calculators import CalculatorError, Calculators
from tradewind.research.studies.candles import ArchiveKind, CandleArchive
from tradewind.research.studies.making import SweepWish, make_study
from tradewind.research.studies.study import MOST_CANDLES, Study, SweepPlan
from tradewind.research.studies.sweeping import Keeper, SweepResult, run_sweep

__all__ = [
    "MOST_CANDLES",
    "ArchiveKind",
    "CalculatorError",
    "Calculators",
    "CandleArchive",
    "Keeper",
    "Study",
    "SweepPlan",
    "SweepResult",
    "SweepWish",
    "make_study",
    "run_sweep",
]
