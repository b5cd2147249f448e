"""Portfolio analysis: what is held, how it moves together, what it may lose, and what to do about it."""

from tradewind.core.portfolio.exposure import Diversification, Exposure, diversification, exposure
from tradewind.core.portfolio.model import Holding, PortfolioError, shown
from tradewind.core.portfolio.rebalancing import Rebalanced, RebalancingOrder, equal_weights, rebalance
from tradewind.core.portfolio.reductions import reductions
from tradewind.core.portfolio.risk import (
    USUAL_SCALE,
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
    "USUAL_SCALE",
    "Component",
    "CornishFisher",
    "Correlations",
    "Diversification",
    "Exposure",
    "Holding",
    "Liquidation",
    "PortfolioError",
    "Rebalanced",
    "RebalancingOrder",
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
    "equal_weights",
    "exposure",
    "historical",
    "liquidation",
    "portfolio_returns",
    "rebalance",
    "reductions",
    "risk_level",
    "shown",
    "suggestions",
]
