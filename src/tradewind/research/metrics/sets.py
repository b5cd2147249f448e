"""All measures of many accounts at once: `summary.measure` of each, to the bit, for a few passes over all of them.

What is reckoned of each trade is reckoned of all at once; sums of floats depend on the order of adding, so each account
has its own, of several columns in one pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.research.metrics import returns as of_returns
from tradewind.research.metrics.returns import DAYS, Floats
from tradewind.research.metrics.summary import ClosedTrades, Metrics

Ints = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]


def measure_sets(
    closed: ClosedTrades,
    counts: Ints,
    returns: Floats,
    *,
    start_equity: float,
    exposure: Sequence[float],
    periods: float = DAYS,
) -> list[Metrics]:
    """`measure` of k accounts.

    Args:
        closed: the trades of all, account after account.
        counts: how many trades each has, shape (k,).
        returns: per period, shape (k, periods).
        exposure: of each.
    """
    trades, curves = _of_trades(closed, counts), _of_curves(returns, periods)
    return [
        Metrics(
            trades=count,
            start_equity=start_equity,
            end_equity=start_equity * (1.0 + curve.total_return),
            exposure=exposed,
            **curve._asdict(),
            **gained,
        )
        for count, curve, exposed, gained in zip(counts.tolist(), curves, exposure, trades, strict=True)
    ]


class _Curve(NamedTuple):
    """The measures of one equity curve, by their names in `Metrics`."""

    total_return: float
    cagr: float
    volatility: float
    sharpe: float
    sortino: float
    calmar: float
    max_drawdown: float
    max_drawdown_periods: int


def _of_curves(returns: Floats, periods: float) -> list[_Curve]:
    """See `metrics.returns`; a curve with periods without a return is measured alone."""
    whole = ~np.isnan(returns).any(axis=1)
    together = iter(_of_whole_curves(np.ascontiguousarray(returns[whole]), periods))
    return [
        next(together) if each else _of_curve(row, periods) for each, row in zip(whole.tolist(), returns, strict=True)
    ]


def _of_curve(returns: Floats, periods: float) -> _Curve:
    drawdown = of_returns.max_drawdown(returns)
    return _Curve(
        total_return=of_returns.total_return(returns),
        cagr=of_returns.cagr(returns, periods),
        volatility=of_returns.annual_volatility(returns, periods),
        sharpe=of_returns.sharpe(returns, periods),
        sortino=of_returns.sortino(returns, periods),
        calmar=of_returns.calmar(returns, periods),
        max_drawdown=drawdown.depth,
        max_drawdown_periods=drawdown.periods,
    )


def _of_whole_curves(returns: Floats, periods: float) -> list[_Curve]:
    count = returns.shape[1]
    if count < 2 or not len(returns):
        return [_of_curve(row, periods) for row in returns]
    with np.errstate(all="ignore"):
        growth = 1.0 + returns
        total = growth.prod(axis=1) - 1.0
        mean, deviation = returns.mean(axis=1), returns.std(axis=1, ddof=1)
        downside = np.sqrt((np.minimum(returns, 0.0) ** 2).mean(axis=1))
        curve = np.insert(growth.cumprod(axis=1), 0, 1.0, axis=1)
        peaks = np.maximum.accumulate(curve, axis=1)
        below, rows = curve < peaks, np.arange(count + 1)
        depth = np.where(below.any(axis=1), (1.0 - curve / peaks).max(axis=1), 0.0)
        longest = (rows - np.maximum.accumulate(np.where(below, 0, rows), axis=1)).max(axis=1)
    found: list[_Curve] = []
    columns = (total, mean, deviation, downside, depth, longest)
    for grown, average, spread, under, deepest, periods_below in zip(*(each.tolist() for each in columns), strict=True):
        yearly = of_returns.annual_growth(grown, count, periods)
        found.append(
            _Curve(
                total_return=grown,
                cagr=yearly,
                volatility=spread * math.sqrt(periods),
                sharpe=of_returns.sharpe_ratio(average, spread, periods),
                sortino=math.nan if under == 0.0 else average / under * math.sqrt(periods),
                calmar=math.nan if deepest == 0.0 else yearly / deepest,
                max_drawdown=deepest,
                max_drawdown_periods=periods_below,
            )
        )
    return found


def _of_trades(closed: ClosedTrades, counts: Ints) -> list[dict[str, Any]]:
    """See `metrics.trades`; by account, then by the name in `Metrics`."""
    won, lost, at_risk = closed.pnl > 0.0, closed.pnl < 0.0, closed.risk > 0.0
    wins, losses, risked = (_kept(each, counts) for each in (won, lost, at_risk))
    multiples, risk, mfe, mae = closed.r_multiple, closed.risk, closed.mfe, closed.mae
    if not at_risk.all():
        multiples, risk, mfe, mae = (each[at_risk] for each in (multiples, risk, mfe, mae))
    (profit,), (loss,) = _sums([closed.pnl[won]], wins), -_sums([closed.pnl[lost]], losses)
    expectancy, average_mfe, average_mae = _means([closed.pnl, closed.mfe, closed.mae], counts)
    expected_r, average_mfe_r, average_mae_r = _means([multiples, mfe / risk, mae / risk], risked)
    (spread,) = _sums([(multiples - np.repeat(expected_r, risked)) ** 2], risked)
    with np.errstate(all="ignore"):
        average_win, average_loss = profit / wins, -loss / losses
        columns = {
            "win_rate": wins / counts,
            "average_win": average_win,
            "average_loss": average_loss,
            "payoff": average_win / -average_loss,
            "profit_factor": np.where(loss == 0.0, np.where(profit > 0.0, np.inf, np.nan), profit / loss),
            "expectancy": expectancy,
            "expectancy_r": expected_r,
            "average_mfe": average_mfe,
            "average_mae": average_mae,
            "average_mfe_r": average_mfe_r,
            "average_mae_r": average_mae_r,
            "sqn": _sqn(risked, expected_r, np.sqrt(spread / (risked - 1))),
        }
    columns["fees"] = np.array([math.fsum(closed.fees[rows].tolist()) for rows in _slices(counts)])
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _sqn(counts: Ints, mean: Floats, deviation: Floats) -> Floats:
    varies = (counts > 1) & (deviation > 1e-12 * np.abs(mean)) & (deviation != 0.0)
    ratio: Floats = np.where(varies, np.sqrt(counts) * mean / deviation, np.nan)
    return ratio


def _slices(counts: Ints) -> list[slice]:
    """Where the rows of each account lie."""
    stops = np.cumsum(counts)
    return [slice(start, stop) for start, stop in zip((stops - counts).tolist(), stops.tolist(), strict=True)]


def _kept(flags: Flags, counts: Ints) -> Ints:
    """How many of each account's rows are flagged."""
    return np.array([np.count_nonzero(flags[rows]) for rows in _slices(counts)])


def _sums(columns: Sequence[Floats], counts: Ints) -> Floats:
    """Of each column and account, shape (columns, k)."""
    together, sums = np.array(columns), np.empty((len(columns), len(counts)))
    for number, rows in enumerate(_slices(counts)):
        np.add.reduce(together[:, rows], axis=1, out=sums[:, number])
    return sums


def _means(columns: Sequence[Floats], counts: Ints) -> Floats:
    """Of each column and account, shape (columns, k); NaN without rows."""
    with np.errstate(invalid="ignore"):
        means: Floats = _sums(columns, counts) / counts
    return means
