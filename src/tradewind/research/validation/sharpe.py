"""Is the Sharpe ratio more than luck, given its length, its tails and the number of attempts?

Sources: Bailey & López de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2) (probabilistic
Sharpe ratio, minimum track record length); Bailey & López de Prado (2014), "The Deflated Sharpe Ratio", Journal of
Portfolio Management 40(5). All Sharpe ratios here are per period of the returns; divide an annual one by the root of
the periods in a year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from tradewind.research.validation.errors import ValidationError, finite

_NORMAL = NormalDist()
_EULER = 0.5772156649015329
#: A standard deviation below this part of the values' size is rounding, not movement.
_STILL = 1e-12


@dataclass(frozen=True, slots=True)
class SharpeSample:
    """What the significance of a Sharpe ratio depends on.

    Attributes:
        sharpe: mean ÷ standard deviation (denominator n − 1), per period.
        count: number of returns.
        skewness, kurtosis: moment ratios with denominator n; a normal distribution has 0 and 3.
    """

    sharpe: float
    count: int
    skewness: float = 0.0
    kurtosis: float = 3.0

    def __post_init__(self) -> None:
        for name in ("sharpe", "skewness", "kurtosis"):
            value: float = getattr(self, name)
            if not math.isfinite(value):
                raise ValidationError(f"expected a finite {name}, got {value}")
        if self.count < 2:
            raise ValidationError(f"expected at least 2 returns, got {self.count}")
        # No distribution has less (Pearson's inequality); rounding may take a digit from one that has exactly that.
        if self.kurtosis < self.skewness**2 + 1.0 - 1e-9:
            raise ValidationError(
                f"expected a kurtosis of at least skewness² + 1, got {self.kurtosis} with a skewness of {self.skewness}"
                "; is it the excess kurtosis?"
            )

    @property
    def variance(self) -> float:
        """Of the estimated Sharpe ratio, times n − 1: 1 − γ₃·SR + (γ₄ − 1)/4·SR²."""
        return 1.0 - self.skewness * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe**2


def sharpe_sample(returns: ArrayLike) -> SharpeSample | None:
    """The Sharpe ratio of `returns` with its moments; None below two returns or when they do not move.

    Raises:
        ValidationError: a return is not finite.
    """
    values = finite("returns", returns)
    if len(values) < 2:
        return None
    centred = values - values.mean()
    deviation = float(np.sqrt(np.mean(centred**2)))
    if deviation <= _STILL * float(np.abs(values).max()):
        return None
    scores = centred / deviation
    return SharpeSample(
        sharpe=float(values.mean()) / float(values.std(ddof=1)),
        count=len(values),
        skewness=float(np.mean(scores**3)),
        kurtosis=float(np.mean(scores**4)),
    )


def probabilistic_sharpe(sample: SharpeSample, benchmark: float = 0.0) -> float:
    """The probability that the true Sharpe ratio exceeds `benchmark` (per period).

        PSR(SR*) = Φ( (SR − SR*)·√(n − 1) ÷ √(1 − γ₃·SR + (γ₄ − 1)/4·SR²) )

    Raises:
        ValidationError: the benchmark is not finite.
    """
    if not math.isfinite(benchmark):
        raise ValidationError(f"expected a finite benchmark, got {benchmark}")
    way = (sample.sharpe - benchmark) * math.sqrt(sample.count - 1)
    spread = math.sqrt(max(sample.variance, 0.0))
    if spread == 0.0:
        return 0.5 if way == 0.0 else float(way > 0.0)
    return _NORMAL.cdf(way / spread)


def minimum_track_record(sample: SharpeSample, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """Returns needed until `probabilistic_sharpe` reaches `confidence`; None when no length would do.

        MinTRL = 1 + (1 − γ₃·SR + (γ₄ − 1)/4·SR²) · (Φ⁻¹(confidence) ÷ (SR − SR*))²

    Raises:
        ValidationError: a confidence that is not from 0.5 to below 1.
    """
    if not 0.5 <= confidence < 1.0:
        raise ValidationError(f"expected a confidence from 0.5 to below 1, got {confidence}")
    if sample.sharpe <= benchmark:
        return None
    return 1.0 + sample.variance * (_NORMAL.inv_cdf(confidence) / (sample.sharpe - benchmark)) ** 2


def effective_trials(trials: int, correlation: float) -> float:
    """Independent attempts that `trials` attempts with that mean correlation are worth: ρ + (1 − ρ)·N.

    Raises:
        ValidationError: no trial, or a correlation that is not from 0 to 1.
    """
    if trials < 1 or not 0.0 <= correlation <= 1.0:
        raise ValidationError(f"expected at least one trial and a correlation from 0 to 1, got {trials}, {correlation}")
    return correlation + (1.0 - correlation) * trials


def expected_maximum_sharpe(trials: float, variance: float) -> float:
    """The Sharpe ratio that the best of `trials` independent attempts without any edge is expected to show.

        E[max] ≈ √V · ((1 − γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e)))        with γ the Euler–Mascheroni constant

    An approximation for large N; for one attempt it is 0, as it must be, between one and about five it is rough.

    Args:
        trials: independent attempts, 1 or more; see `effective_trials`.
        variance: of the attempts' Sharpe ratios per period.

    Raises:
        ValidationError: fewer than one trial, a negative variance, or one that is not finite.
    """
    if not 1.0 <= trials < math.inf or not 0.0 <= variance < math.inf:
        raise ValidationError(f"expected 1 or more trials and a variance of 0 or more, got {trials}, {variance}")
    if trials == 1.0:
        return 0.0
    best = (1.0 - _EULER) * _quantile(1.0 / trials) + _EULER * _quantile(1.0 / (trials * math.e))
    # Below two attempts the approximation turns negative, which the best of several cannot be.
    return math.sqrt(variance) * max(best, 0.0)


def _quantile(beyond: float) -> float:
    """Φ⁻¹(1 − beyond), without losing what 1 − beyond would round away."""
    return -_NORMAL.inv_cdf(beyond)


@dataclass(frozen=True, slots=True)
class DeflatedSharpe:
    """A Sharpe ratio against the best that luck would have shown.

    Attributes:
        probability: that the true Sharpe ratio exceeds `benchmark`; below 0.95 it may be the luck of the search.
        benchmark: `expected_maximum_sharpe` of the attempts, per period.
    """

    probability: float
    benchmark: float
    sample: SharpeSample
    trials: float
    variance: float


def deflated_sharpe(sample: SharpeSample, trials: float, variance: float) -> DeflatedSharpe:
    """The probabilistic Sharpe ratio against what the best of `trials` attempts shows without an edge.

        DSR = PSR(E[max])

    Args:
        sample: of the attempt that was chosen.
        trials: independent attempts there were, it among them.
        variance: of the Sharpe ratios per period of all attempts.

    Raises:
        ValidationError: as for `expected_maximum_sharpe`.
    """
    benchmark = expected_maximum_sharpe(trials, variance)
    return DeflatedSharpe(probabilistic_sharpe(sample, benchmark), benchmark, sample, trials, variance)
