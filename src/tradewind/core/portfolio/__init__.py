"""Portfolio analysis: what is held, how it moves together, what it may lose, and what to do about it."""

from tradewind.core.portfolio.exposure import Diversification, Exposure, diversification, exposure
from tradewind.core.portfolio.model import Holding, PortfolioError
from tradewind.core.portfolio.risk import (
    Component,
    Liquidation,
    RiskAspect,
    RiskLevel,
    RiskScale,
    liquidation,
    risk_level,
)
from tradewind.core.portfolio.statistics import (
    CornishFisher,
    Correlations,
    TailRisk,
    amount_at_risk,
    cornish_fisher,
    correlations,
    historical,
    portfolio_returns,
)
from tradewind.core.portfolio.suggestions import Suggestion, SuggestionCode, suggestions

__all__ = [
    "Component",
    "CornishFisher",
    "Correlations",
    "Diversification",
    "Exposure",
    "Holding",
    "Liquidation",
    "PortfolioError",
    "RiskAspect",
    "RiskLevel",
    "RiskScale",
    "Suggestion",
    "SuggestionCode",
    "TailRisk",
    "amount_at_risk",
    "cornish_fisher",
    "correlations",
    "diversification",
    "exposure",
    "historical",
    "liquidation",
    "portfolio_returns",
    "risk_level",
    "suggestions",
]
