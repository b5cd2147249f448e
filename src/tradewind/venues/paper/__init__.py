"""The paper venue: real rules, imagined money. It fills against whatever prices the engine sees."""

from tradewind.venues.paper.book import PaperBook
from tradewind.venues.paper.instruments import instrument_for, quote_of

__all__ = ["PaperBook", "instrument_for", "quote_of"]
