"""Performance in numbers, each with one stated definition; `docs/backtests.md` lists them."""

from tradewind.research.metrics.calendar import DailyReturns
from tradewind.research.metrics.excursions import Excursions, excursions
from tradewind.research.metrics.returns import (
    DAYS,
    Drawdown,
    annual_volatility,
    cagr,
    calmar,
    max_drawdown,
    sharpe,
    sortino,
    total_return,
)
from tradewind.research.metrics.summary import ClosedTrades, Metrics, measure
from tradewind.research.metrics.trades import (
    average_loss,
    average_win,
    expectancy,
    payoff,
    profit_factor,
    sqn,
    win_rate,
)

__all__ = [
    "DAYS",
    "ClosedTrades",
    "DailyReturns",
    "Drawdown",
    "Excursions",
    "Metrics",
    "annual_volatility",
    "average_loss",
    "average_win",
    "cagr",
    "calmar",
    "excursions",
    "expectancy",
    "max_drawdown",
    "measure",
    "payoff",
    "profit_factor",
    "sharpe",
    "sortino",
    "sqn",
    "total_return",
    "win_rate",
]
