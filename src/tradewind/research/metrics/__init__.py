"""Performance in numbers, each with one stated definition; `DEFINITIONS` says it."""

from tradewind.research.metrics.calendar import DailyReturns, MonthlyReturn, monthly_returns, yearly_returns
from tradewind.research.metrics.definitions import DEFINITIONS, Definition, Unit, shown
from tradewind.research.metrics.drawdowns import DrawdownEpisode, drawdown_episodes
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
from tradewind.research.metrics.sets import measure_sets
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
    "DEFINITIONS",
    "ClosedTrades",
    "DailyReturns",
    "Definition",
    "Drawdown",
    "DrawdownEpisode",
    "Excursions",
    "Metrics",
    "MonthlyReturn",
    "Unit",
    "annual_volatility",
    "average_loss",
    "average_win",
    "cagr",
    "calmar",
    "drawdown_episodes",
    "excursions",
    "expectancy",
    "max_drawdown",
    "measure",
    "measure_sets",
    "monthly_returns",
    "payoff",
    "profit_factor",
    "sharpe",
    "shown",
    "sortino",
    "sqn",
    "total_return",
    "win_rate",
    "yearly_returns",
]
