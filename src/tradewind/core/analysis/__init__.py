"""What a market looks like at the close of a candle: regime, levels, volume by price, agreement of timeframes, figures.

Pure and causal: everything is a function of the candles that are given, and none that closes after the last one counts.
"""

from tradewind.core.analysis.levels import Level, Pivot, PivotKind, Role, levels_of, pivots_of
from tradewind.core.analysis.phases import Phase, Phases, phases_of
from tradewind.core.analysis.profile import VolumeProfile, profile_of
from tradewind.core.analysis.readings import AverageDistance, Readings, readings_of
from tradewind.core.analysis.report import (
    HISTORY,
    NEEDED,
    WINDOW,
    Analysis,
    Shortage,
    analyse,
)
from tradewind.core.analysis.trends import LINE, Trend, agreement_of, longer_timeframes, trend_of

__all__ = [
    "HISTORY",
    "LINE",
    "NEEDED",
    "WINDOW",
    "Analysis",
    "AverageDistance",
    "Level",
    "Phase",
    "Phases",
    "Pivot",
    "PivotKind",
    "Readings",
    "Role",
    "Shortage",
    "Trend",
    "VolumeProfile",
    "agreement_of",
    "analyse",
    "levels_of",
    "longer_timeframes",
    "phases_of",
    "pivots_of",
    "profile_of",
    "readings_of",
    "trend_of",
]
