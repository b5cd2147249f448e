"""Measures of an equity curve, from its simple returns per period.

A period without a return (NaN, as the first of a price series) is left out of means and deviations, but it is time
that passed. Where a measure is undefined it is NaN: too few periods, nothing that varies, an account that was lost.
Means and deviations are those of a sample (n − 1); definitions follow W. F. Sharpe (1994), F. A. Sortino (1994) and
T. W. Young (1991), and agree with the empyrical library.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Returns = Floats | Sequence[float]

#: Periods a year of daily returns where markets never close.
DAYS = 365.0

#: A deviation below this share of its mean is what rounding leaves of no deviation at all.
_NOISE = 1e-12


class Drawdown(NamedTuple):
    """The deepest fall of an equity curve from a peak, and the longest time below one.

    Attributes:
        depth: as a fraction of the peak, zero or more; 0.2 = a fifth was lost.
        periods: length of the longest stretch below a peak, whether it recovered or not.
    """

    depth: float
    periods: int


def total_return(returns: Returns) -> float:
    """∏ (1 + r) − 1; 0 without periods."""
    return float(np.prod(1.0 + _defined(returns)) - 1.0)


def cagr(returns: Returns, periods: float = DAYS) -> float:
    """Compound annual growth rate: (1 + total return) ^ (periods ÷ number of periods) − 1.

    NaN without returns or with less than nothing left; −1 when all was lost.

    Args:
        periods: how many make a year.
    """
    if not len(_defined(returns)):
        return math.nan
    return annual_growth(total_return(returns), len(returns), periods)


def annual_growth(total: float, count: int, periods: float) -> float:
    """`cagr` of an account that gained `total` in `count` periods."""
    growth = 1.0 + total
    if growth < 0.0:
        return math.nan
    try:
        return float(growth ** (periods / count) - 1.0)
    except OverflowError:  # a fortune within a minute, extrapolated
        return math.nan


def annual_volatility(returns: Returns, periods: float = DAYS) -> float:
    """Sample standard deviation × √periods; NaN with fewer than two returns."""
    values = _defined(returns)
    if len(values) < 2:
        return math.nan
    return float(np.std(values, ddof=1) * math.sqrt(periods))


def sharpe(returns: Returns, periods: float = DAYS, risk_free: float | Returns = 0.0) -> float:
    """Mean ÷ sample standard deviation of the excess returns × √periods; NaN where these do not vary.

    Args:
        risk_free: return per period of what one could have had instead, one number or one per period.
    """
    excess = _excess(returns, risk_free)
    if len(excess) < 2:
        return math.nan
    return sharpe_ratio(float(np.mean(excess)), float(np.std(excess, ddof=1)), periods)


def sharpe_ratio(mean: float, deviation: float, periods: float) -> float:
    """`sharpe` of returns with this mean and sample standard deviation."""
    if deviation <= _NOISE * abs(mean) or deviation == 0.0:
        return math.nan
    return mean / deviation * math.sqrt(periods)


def sortino(returns: Returns, periods: float = DAYS, required: float | Returns = 0.0) -> float:
    """Mean ÷ downside deviation of the excess returns × √periods; NaN where none is below zero.

    The downside deviation is √(mean of min(excess, 0)²) over all periods, not over the losing ones alone.

    Args:
        required: return per period below which it counts as a loss, one number or one per period.
    """
    excess = _excess(returns, required)
    if len(excess) < 2:
        return math.nan
    downside = float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)))
    return math.nan if downside == 0.0 else float(np.mean(excess)) / downside * math.sqrt(periods)


def max_drawdown(returns: Returns) -> Drawdown:
    """The deepest and the longest fall of the curve that starts at 1 and grows by `returns`; 0 where it never fell."""
    values = np.nan_to_num(np.asarray(returns, dtype=np.float64), nan=0.0)
    curve = np.concatenate([[1.0], np.cumprod(1.0 + values)])
    peaks = np.maximum.accumulate(curve)
    below = curve < peaks
    if not below.any():
        return Drawdown(0.0, 0)
    rows = np.arange(len(curve))
    since = np.maximum.accumulate(np.where(below, 0, rows))
    return Drawdown(float(np.max(1.0 - curve / peaks)), int(np.max(rows - since)))


def calmar(returns: Returns, periods: float = DAYS) -> float:
    """CAGR ÷ depth of the deepest drawdown; NaN where there was none."""
    depth = max_drawdown(returns).depth
    return math.nan if depth == 0.0 else cagr(returns, periods) / depth


def _defined(returns: Returns) -> Floats:
    values = np.asarray(returns, dtype=np.float64)
    return values[~np.isnan(values)]


def _excess(returns: Returns, over: float | Returns) -> Floats:
    return _defined(np.asarray(returns, dtype=np.float64) - np.asarray(over, dtype=np.float64))
