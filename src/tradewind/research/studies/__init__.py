"""Studies as values: what is asked for, where its candles are, and processes that compute it."""

from tradewind.research.studies.calculators import CalculatorError, Calculators
from tradewind.research.studies.candles import ArchiveKind, CandleArchive
from tradewind.research.studies.inquiry import Inquiry
from tradewind.research.studies.making import SweepWish, make_study
from tradewind.research.studies.study import MOST_CANDLES, ChangedDocumentError, Study, SweepPlan, ValidationPlan
from tradewind.research.studies.sweeping import Keeper, SweepResult, run_sweep

__all__ = [
    "MOST_CANDLES",
    "ArchiveKind",
    "CalculatorError",
    "Calculators",
    "CandleArchive",
    "ChangedDocumentError",
    "Inquiry",
    "Keeper",
    "Study",
    "SweepPlan",
    "SweepResult",
    "SweepWish",
    "ValidationPlan",
    "make_study",
    "run_sweep",
]
