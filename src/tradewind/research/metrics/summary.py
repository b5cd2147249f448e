"""All measures of one back-test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from tradewind.research.metrics import returns as of_returns
from tradewind.research.metrics import trades as of_trades
from tradewind.research.metrics.returns import DAYS, Floats, Returns


class Closed(Protocol):
    """What is measured of a closed trade; see `research.backtest.BacktestTrade`."""

    @property
    def pnl(self) -> float: ...
    @property
    def fees(self) -> float: ...
    @property
    def r_multiple(self) -> float: ...
    @property
    def mfe(self) -> float: ...
    @property
    def mae(self) -> float: ...
    @property
    def risk(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Metrics:
    """Measures of a back-test; NaN where undefined. Fractions, not percentages.

    Attributes:
        trades: closed ones.
        start_equity, end_equity, fees: quote currency.
        volatility, sharpe, sortino, calmar, cagr: annualised by the periods a year they were measured with.
        max_drawdown: fraction of the peak, zero or more; `max_drawdown_periods` the longest time below a peak.
        expectancy, average_win, average_loss: quote currency a trade; `expectancy_r` in initial risks.
        exposure: share of the time in which a position was open, mean over the symbols.
        average_mfe, average_mae: fractions of the entry price; `…_r` in initial risks.
    """

    trades: int
    start_equity: float
    end_equity: float
    fees: float
    total_return: float
    cagr: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    max_drawdown: float
    max_drawdown_periods: int
    win_rate: float
    average_win: float
    average_loss: float
    payoff: float
    profit_factor: float
    expectancy: float
    expectancy_r: float
    sqn: float
    exposure: float
    average_mfe: float
    average_mae: float
    average_mfe_r: float
    average_mae_r: float

    def items(self) -> dict[str, float | int | None]:
        """As JSON values: null where a measure is undefined or infinite."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value if math.isfinite(value) else None for name, value in values}


class ClosedTrades(NamedTuple):
    """Closed trades as columns, each of shape (trades,); what they are is as in `Closed`."""

    pnl: Floats
    fees: Floats
    r_multiple: Floats
    mfe: Floats
    mae: Floats
    risk: Floats

    @classmethod
    def of(cls, trades: Sequence[Closed]) -> ClosedTrades:
        """The columns of `trades`."""
        rows = [tuple(getattr(trade, name) for name in cls._fields) for trade in trades]
        return cls(*np.array(rows, dtype=np.float64).reshape(len(rows), len(cls._fields)).T)


def measure(
    trades: Sequence[Closed] | ClosedTrades,
    returns: Returns,
    *,
    start_equity: float,
    exposure: float,
    periods: float = DAYS,
) -> Metrics:
    """Everything there is to say of `trades` and of the equity curve that grew by `returns`.

    Args:
        returns: simple returns per period; NaN = none.
        periods: how many make a year.

    What is in initial risks leaves out trades that had none.
    """
    closed = trades if isinstance(trades, ClosedTrades) else ClosedTrades.of(trades)
    at_risk = closed.risk > 0.0
    multiples, risk = closed.r_multiple[at_risk], closed.risk[at_risk]
    drawdown = of_returns.max_drawdown(returns)
    total = of_returns.total_return(returns)
    return Metrics(
        trades=len(closed.pnl),
        start_equity=start_equity,
        end_equity=start_equity * (1.0 + total),
        fees=math.fsum(closed.fees),
        total_return=total,
        cagr=of_returns.cagr(returns, periods),
        volatility=of_returns.annual_volatility(returns, periods),
        sharpe=of_returns.sharpe(returns, periods),
        sortino=of_returns.sortino(returns, periods),
        calmar=of_returns.calmar(returns, periods),
        max_drawdown=drawdown.depth,
        max_drawdown_periods=drawdown.periods,
        win_rate=of_trades.win_rate(closed.pnl),
        average_win=of_trades.average_win(closed.pnl),
        average_loss=of_trades.average_loss(closed.pnl),
        payoff=of_trades.payoff(closed.pnl),
        profit_factor=of_trades.profit_factor(closed.pnl),
        expectancy=of_trades.expectancy(closed.pnl),
        expectancy_r=of_trades.expectancy(multiples),
        sqn=of_trades.sqn(multiples),
        exposure=exposure,
        average_mfe=of_trades.expectancy(closed.mfe),
        average_mae=of_trades.expectancy(closed.mae),
        average_mfe_r=of_trades.expectancy(closed.mfe[at_risk] / risk),
        average_mae_r=of_trades.expectancy(closed.mae[at_risk] / risk),
    )
