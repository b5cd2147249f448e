"""Statistics of returns: how underlyings move together and what a bad period may cost.

Returns are simple returns per period (0.01 = 1 %), oldest first. float64 throughout; `amount_at_risk` is the way back
to money. Losses are positive: a value at risk of 0.03 is a loss of 3 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.core.portfolio.exposure import exposure
from tradewind.core.portfolio.model import RATIO, Holding, PortfolioError
from tradewind.core.values import MONEY_STEP, Rounding, decimal_of, round_to

Floats = NDArray[np.float64]

#: Fewer common periods than this say nothing about how two underlyings move together.
LEAST_OVERLAP = 20
#: A standard deviation below this part of the values' size is rounding, not movement.
_STILL = 1e-12
_NORMAL = NormalDist()
#: How far out, in standard deviations, the Cornish–Fisher quantiles must be in order.
_FARTHEST = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Correlations:
    """Pearson correlations, pairwise over the periods that both have.

    Because the pairs use different periods, the matrix of gappy series need not be positive semi-definite: read it,
    do not invert it.

    Attributes:
        names: in the order of rows and columns.
        matrix: (n, n), symmetric, from −1 to 1; NaN where a series stood still or the pair had too few common periods.
        overlap: (n, n), number of common periods.
    """

    names: tuple[str, ...]
    matrix: Floats
    overlap: NDArray[np.int64]

    def of(self, one: str, other: str) -> float | None:
        """The correlation of the pair, None where it is undefined.

        Raises:
            KeyError: an unknown name.
        """
        try:
            value = float(self.matrix[self.names.index(one), self.names.index(other)])
        except ValueError:
            raise KeyError((one, other)) from None
        return None if math.isnan(value) else value


def correlations(returns: Mapping[str, ArrayLike], least_overlap: int = LEAST_OVERLAP) -> Correlations:
    """How the series of `returns` move together; the series are aligned, a NaN is a gap.

    Raises:
        PortfolioError: series of different lengths, an infinite return, or a `least_overlap` below 2.
    """
    if least_overlap < 2:
        raise PortfolioError(f"expected a least_overlap of 2 or more, got {least_overlap}")
    names = tuple(returns)
    series = [_series(name, returns[name], gaps=True) for name in names]
    lengths = {len(values) for values in series}
    if len(lengths) > 1:
        raise PortfolioError(f"expected aligned series of one length, got lengths {sorted(lengths)}")
    count = len(names)
    matrix = np.full((count, count), np.nan)
    overlap = np.zeros((count, count), dtype=np.int64)
    for row in range(count):
        for column in range(row, count):
            both = np.isfinite(series[row]) & np.isfinite(series[column])
            overlap[row, column] = overlap[column, row] = common = int(both.sum())
            if common >= least_overlap:
                value = _pearson(series[row][both], series[column][both])
                matrix[row, column] = matrix[column, row] = value
    return Correlations(names, matrix, overlap)


def _pearson(one: Floats, other: Floats) -> float:
    left, right = _scores(one), _scores(other)
    if left is None or right is None:
        return math.nan
    # A score's mean square is 1 only to the last digit.
    return 1.0 if np.array_equal(one, other) else float(np.clip(np.mean(left * right), -1.0, 1.0))


def _scores(values: Floats) -> Floats | None:
    """`values` as standard scores; None when they stand still."""
    centred = values - values.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    if deviation <= _STILL * float(np.abs(values).max()):
        return None
    scores: Floats = centred / deviation
    return scores


def portfolio_returns(holdings: Sequence[Holding], equity: Decimal, returns: Mapping[str, ArrayLike]) -> Floats:
    """What the present holdings would have returned on the present equity, period by period: Σ net_i ÷ equity × r_i.

    Today's weights over yesterday's returns (historical simulation): what was held then does not matter. Periods in
    which an underlying that is held has a gap are left out.

    Args:
        returns: aligned series by underlying; a NaN is a gap.

    Raises:
        PortfolioError: no positive equity; an underlying without returns; series of different lengths; an infinity.
    """
    if not equity.is_finite() or equity <= 0:
        raise PortfolioError(f"expected a positive equity, got {equity}")
    total: Floats | None = None
    for name, net in exposure(holdings, equity).by_underlying.items():
        if not net:
            continue
        if name not in returns:
            raise PortfolioError(f"expected returns of {name}, which is held; got those of {', '.join(returns) or '–'}")
        part: Floats = _series(name, returns[name], gaps=True) * float(RATIO.divide(net, equity))
        if total is not None and len(total) != len(part):
            raise PortfolioError(f"expected aligned series of one length, got lengths {len(total)} and {len(part)}")
        total = part if total is None else total + part
    if total is None:
        return np.empty(0)
    return total[np.isfinite(total)]


@dataclass(frozen=True, slots=True)
class TailRisk:
    """What a period loses at worst, as fractions of equity; positive is a loss.

    Attributes:
        level: confidence, such as 0.95.
        observations: periods behind it.
        var: value at risk: the loss that is not exceeded in `level` of the periods.
        cvar: conditional value at risk (expected shortfall): the mean loss in the rest; never below `var`.
    """

    level: float
    observations: int
    var: float
    cvar: float


def historical(returns: ArrayLike, level: float = 0.95) -> TailRisk | None:
    """Value at risk and expected shortfall of the returns that were; None without a full observation in the tail.

    With α = 1 − level and the n returns sorted upwards, VaR is minus the ⌈αn⌉-th (an observed loss, not an interpolated
    one) and CVaR minus the mean of the worst αn, the last of them counted with the fraction that is left of it
    (Acerbi & Tasche 2002, which makes it coherent). Below 1 ÷ α periods there is no such tail.

    Raises:
        PortfolioError: a return is not finite, or the level is not from 0.5 to below 1.
    """
    values = np.sort(_series("returns", returns, gaps=False))
    alpha = _alpha(level)
    tail = alpha * len(values)
    # 0.05 × 20 is 1.0000000000000009 in binary, once 0.05 was 1 − 0.95.
    if abs(tail - round(tail)) < 1e-9:
        tail = float(round(tail))
    if tail < 1.0:
        return None
    whole = math.floor(tail)
    worst = float(values[:whole].sum())
    if tail > whole:
        worst += (tail - whole) * float(values[whole])
    var = -float(values[math.ceil(tail) - 1])
    return TailRisk(level, len(values), var, max(-worst / tail, var))


@dataclass(frozen=True, slots=True)
class CornishFisher:
    """Value at risk of a distribution that is nearly normal, with its skewness and excess kurtosis.

    Attributes:
        skewness, excess_kurtosis: moment ratios of the sample (denominators n).
        tail: None where the expansion is not valid: see `cornish_fisher`.
    """

    skewness: float
    excess_kurtosis: float
    tail: TailRisk | None


def cornish_fisher(returns: ArrayLike, level: float = 0.95) -> CornishFisher | None:
    """Value at risk and expected shortfall by the Cornish–Fisher expansion; None below 4 or without movement.

    With z the normal quantile of α = 1 − level, S skewness, K excess kurtosis, μ and σ (denominator n) of the sample:

        w(z) = z + (z² − 1)·S/6 + (z³ − 3z)·K/24 − (2z³ − 5z)·S²/36
        VaR  = −(μ + σ·w(z))
        CVaR = −μ + σ·φ(z)/α · (1 + z·S/6 + (z² − 1)·K/24 − (2z² − 1)·S²/36)        (the mean of −(μ + σw) below z)

    It is valid where w rises with z, for only then are its values quantiles: a·z² + b·z + c > 0 with a = K/8 − S²/6,
    b = S/3, c = 1 − K/8 + 5S²/36. Maillard asks for that at every z, which no sample with the least negative K passes;
    here for |z| ≤ 4, all but one period in 16,000. That takes K below about 8 + 10·S²/9, and K ≥ −0.5 where S = 0; real
    returns of a few hours and less often lie beyond. Then `tail` is None: use the historical one.

    Source: Cornish & Fisher (1938); Maillard (2012), "A User's Guide to the Cornish Fisher Expansion".

    Raises:
        PortfolioError: a return is not finite, or the level is not from 0.5 to below 1.
    """
    values = _series("returns", returns, gaps=False)
    alpha = _alpha(level)
    scores = _scores(values) if len(values) >= 4 else None
    if scores is None:
        return None
    mean, deviation = float(values.mean()), float(values.std())
    skew, kurt = float(np.mean(scores**3)), float(np.mean(scores**4)) - 3.0
    if not _rises(skew, kurt):
        return CornishFisher(skew, kurt, None)
    z = _NORMAL.inv_cdf(alpha)
    w = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * kurt / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    weight = 1 + z * skew / 6 + (z**2 - 1) * kurt / 24 - (2 * z**2 - 1) * skew**2 / 36
    var = -(mean + deviation * w)
    cvar = -mean + deviation * _NORMAL.pdf(z) / alpha * weight
    return CornishFisher(skew, kurt, TailRisk(level, len(values), var, cvar))


def _rises(skew: float, kurt: float) -> bool:
    """Whether the expansion's quantile function is monotone where it matters."""
    a, b, c = kurt / 8 - skew**2 / 6, skew / 3, 1 - kurt / 8 + 5 * skew**2 / 36
    places = [-_FARTHEST, _FARTHEST]
    if a > 0 and abs(b) < 2 * a * _FARTHEST:
        places.append(-b / (2 * a))
    return all(a * z**2 + b * z + c > 0 for z in places)


def amount_at_risk(equity: Decimal, fraction: float) -> Decimal:
    """`fraction` of `equity` as money, rounded up to the booking step; a gain (negative fraction) is 0 at risk.

    Raises:
        IllegalValueError: not finite.
    """
    return round_to(RATIO.multiply(equity, decimal_of(max(fraction, 0.0))), MONEY_STEP, Rounding.UP)


def _alpha(level: float) -> float:
    if not 0.5 <= level < 1.0:
        raise PortfolioError(f"expected a confidence level from 0.5 to below 1, got {level}")
    return 1.0 - level


def _series(name: str, values: ArrayLike, *, gaps: bool) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise PortfolioError(f"expected one dimension for {name}, got {array.ndim}")
    wrong = np.isinf(array) if gaps else ~np.isfinite(array)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise PortfolioError(f"expected finite returns for {name}, got {array[row]} in row {row}")
    return array
