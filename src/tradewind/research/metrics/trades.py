"""Measures of a list of closed trades, from what each gained after all costs.

Gains in quote currency, or in initial risks (R) where that is said. A gain of exactly zero is neither win nor loss.
Undefined measures are NaN, except the profit factor, which is infinite where nothing was ever lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gains = Floats | Sequence[float]


def win_rate(gains: Gains) -> float:
    """Share of trades that gained, 0 to 1."""
    values = np.asarray(gains, dtype=np.float64)
    return float(np.mean(values > 0.0)) if len(values) else math.nan


def average_win(gains: Gains) -> float:
    """Mean of the gains above zero."""
    return _mean(np.asarray(gains, dtype=np.float64), above=True)


def average_loss(gains: Gains) -> float:
    """Mean of the gains below zero; a negative number."""
    return _mean(np.asarray(gains, dtype=np.float64), above=False)


def payoff(gains: Gains) -> float:
    """Average win ÷ |average loss|."""
    return average_win(gains) / -average_loss(gains)


def profit_factor(gains: Gains) -> float:
    """Σ wins ÷ |Σ losses|; infinite with wins and no loss."""
    values = np.asarray(gains, dtype=np.float64)
    won, lost = float(values[values > 0.0].sum()), float(-values[values < 0.0].sum())
    if lost == 0.0:
        return math.inf if won > 0.0 else math.nan
    return won / lost


def expectancy(gains: Gains) -> float:
    """Mean gain of a trade."""
    values = np.asarray(gains, dtype=np.float64)
    return float(np.mean(values)) if len(values) else math.nan


def sqn(multiples: Gains) -> float:
    """System quality number (V. K. Tharp): √n × mean ÷ sample standard deviation of the R multiples; all n count."""
    values = np.asarray(multiples, dtype=np.float64)
    if len(values) < 2:
        return math.nan
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    if deviation <= 1e-12 * abs(mean) or deviation == 0.0:
        return math.nan
    return math.sqrt(len(values)) * mean / deviation


def _mean(values: Floats, *, above: bool) -> float:
    part = values[values > 0.0] if above else values[values < 0.0]
    return float(np.mean(part)) if len(part) else math.nan
