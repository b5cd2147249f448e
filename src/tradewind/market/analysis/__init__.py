"""Market analysis per symbol and timeframe, as numbers and in two sentences."""

from tradewind.market.analysis.service import Found, MarketAnalyst, found_in
from tradewind.market.analysis.view import market_analysis
from tradewind.market.analysis.wording import REGIMES, ROLES, sentences

__all__ = ["REGIMES", "ROLES", "Found", "MarketAnalyst", "found_in", "market_analysis", "sentences"]
