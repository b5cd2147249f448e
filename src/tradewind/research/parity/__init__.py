"""The parity meter: what separates two runs of one strategy on the same candles, split without a remainder."""

from tradewind.research.parity.meter import Pair, Parity, compare
from tradewind.research.parity.reading import ReportError, Run, read_run
from tradewind.research.parity.trades import ParityTrade
from tradewind.research.parity.wording import Part, explanation, title

__all__ = [
    "Pair",
    "Parity",
    "ParityTrade",
    "Part",
    "ReportError",
    "Run",
    "compare",
    "explanation",
    "read_run",
    "title",
]
