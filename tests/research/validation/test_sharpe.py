"""Probabilistic and deflated Sharpe ratio: published figures, identities, and what simulation shows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.research.validation import (
    SharpeSample,
    ValidationError,
    deflated_sharpe,
    effective_trials,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)

#: The hedge fund of Bailey & López de Prado (2012): two years of monthly returns.
FUND = SharpeSample(0.458, 24, -2.448, 10.164)
#: The numerical example of Bailey & López de Prado (2014): 2.5 a year on 1,250 days, the best of 100 attempts whose
#: annual Sharpe ratios have a variance of one half; 250 days a year.
CHOSEN = SharpeSample(2.5 / math.sqrt(250), 1250, -3.0, 10.0)
VARIANCE = 0.5 / 250


def test_published_probabilistic_sharpe_ratios() -> None:
    assert probabilistic_sharpe(FUND) == pytest.approx(0.913, abs=5e-4)
    assert probabilistic_sharpe(SharpeSample(0.458, 24)) == pytest.approx(0.982, abs=5e-4)


@pytest.mark.parametrize(("periods", "years"), [(250, 2.73), (52, 2.83), (12, 3.24)])
def test_published_minimum_track_records(periods: int, years: float) -> None:
    """A Sharpe ratio of 2 a year against 1, normal returns, 95 %."""
    sample = SharpeSample(2 / math.sqrt(periods), 100)
    needed = minimum_track_record(sample, 1 / math.sqrt(periods))
    assert needed is not None
    assert needed / periods == pytest.approx(years, abs=0.005)


def test_published_deflated_sharpe_ratios() -> None:
    best_of_100 = deflated_sharpe(CHOSEN, 100, VARIANCE)
    assert best_of_100.benchmark == pytest.approx(0.1132, abs=5e-5)
    assert best_of_100.probability == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe(CHOSEN, 46, VARIANCE).probability == pytest.approx(0.9505, abs=5e-5)
    normal = SharpeSample(CHOSEN.sharpe, CHOSEN.count)
    assert deflated_sharpe(normal, 88, VARIANCE).probability == pytest.approx(0.9505, abs=5e-5)


def test_one_attempt_is_not_deflated() -> None:
    assert deflated_sharpe(FUND, 1, 1.0).probability == probabilistic_sharpe(FUND)
    assert expected_maximum_sharpe(1, 5.0) == 0
    assert expected_maximum_sharpe(1.2, 1.0) == 0, "the approximation would be negative"
    assert expected_maximum_sharpe(1000, 0.0) == 0


samples = st.builds(SharpeSample, st.floats(-1, 1), st.integers(2, 10_000), st.floats(-1, 1), st.floats(2.1, 20))


@given(samples, st.floats(-1, 1))
def test_probabilities_are_probabilities(sample: SharpeSample, benchmark: float) -> None:
    assert 0 <= probabilistic_sharpe(sample, benchmark) <= 1
    assert probabilistic_sharpe(sample, sample.sharpe) == 0.5


@given(samples, st.floats(-1, 1), st.floats(0, 1))
def test_a_higher_benchmark_is_less_likely_exceeded(sample: SharpeSample, benchmark: float, more: float) -> None:
    assert probabilistic_sharpe(sample, benchmark + more) <= probabilistic_sharpe(sample, benchmark)


@given(samples, st.floats(1, 1e6), st.floats(0, 1e6), st.floats(0, 0.1))
def test_more_attempts_deflate_more(sample: SharpeSample, trials: float, more: float, variance: float) -> None:
    fewer, all_of_them = deflated_sharpe(sample, trials, variance), deflated_sharpe(sample, trials + more, variance)
    assert all_of_them.probability <= fewer.probability + 1e-9


@given(st.floats(0.05, 1), st.floats(-1, 1), st.floats(2.1, 20), st.floats(0.6, 0.99))
def test_the_minimum_track_record_reaches_its_confidence(
    sharpe: float, skewness: float, kurtosis: float, confidence: float
) -> None:
    needed = minimum_track_record(SharpeSample(sharpe, 10, skewness, kurtosis), 0.0, confidence)
    assert needed is not None
    longer = SharpeSample(sharpe, max(2, math.ceil(needed)), skewness, kurtosis)
    assert probabilistic_sharpe(longer) >= confidence - 1e-9


def test_no_record_is_long_enough_below_the_benchmark() -> None:
    assert minimum_track_record(FUND, 0.458) is None
    assert minimum_track_record(SharpeSample(-0.1, 50)) is None


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_the_expected_maximum_is_that_of_simulated_luck(trials: int) -> None:
    draws = np.random.default_rng(1).normal(0, 0.1, (4000, trials)).max(axis=1).mean()
    assert expected_maximum_sharpe(trials, 0.01) == pytest.approx(draws, rel=0.04)


def test_the_probability_is_right_as_often_as_it_says() -> None:
    """Of strategies without an edge, one in twenty has a PSR above 0.95."""
    rng = np.random.default_rng(2)
    above = [
        probabilistic_sharpe(sample) > 0.95
        for _ in range(2000)
        if (sample := sharpe_sample(rng.standard_t(8, 250) * 0.01)) is not None
    ]
    assert 0.03 < np.mean(above) < 0.075


def test_moments_of_a_sample() -> None:
    returns = np.random.default_rng(3).gamma(4.0, 0.01, 100_000)
    sample = sharpe_sample(returns)
    assert sample is not None
    assert sample.sharpe == pytest.approx(2.0, rel=0.02)  # √shape
    assert sample.skewness == pytest.approx(1.0, rel=0.05)
    assert sample.kurtosis == pytest.approx(4.5, rel=0.08)
    two = sharpe_sample([0.01, 0.03])
    assert two is not None
    assert (two.sharpe, two.skewness, two.kurtosis) == pytest.approx((math.sqrt(2), 0, 1))


@given(st.floats(0.01, 100), st.integers(0, 2**32))
def test_the_sharpe_ratio_is_free_of_scale(scale: float, seed: int) -> None:
    returns = np.random.default_rng(seed).normal(0.01, 0.1, 50)
    one, other = sharpe_sample(returns), sharpe_sample(returns * scale)
    assert one is not None
    assert other is not None
    assert (other.sharpe, other.skewness, other.kurtosis) == pytest.approx((one.sharpe, one.skewness, one.kurtosis))


def test_without_movement_there_is_no_sharpe_ratio() -> None:
    assert sharpe_sample([]) is None
    assert sharpe_sample([0.01]) is None
    assert sharpe_sample([0.1] * 100) is None


def test_a_sample_without_spread_is_certain() -> None:
    """SR = 2 ÷ γ₃ with the least kurtosis possible makes the variance zero."""
    sure = SharpeSample(2.0, 10, 1.0, 2.0)
    assert probabilistic_sharpe(sure, 1.0) == 1
    assert probabilistic_sharpe(sure, 3.0) == 0
    assert probabilistic_sharpe(sure, 2.0) == 0.5


def test_effective_trials() -> None:
    assert effective_trials(100, 0.0) == 100
    assert effective_trials(100, 1.0) == 1
    assert effective_trials(100, 0.5) == pytest.approx(50.5)


@pytest.mark.parametrize(
    "build",
    [
        lambda: sharpe_sample([0.1, math.nan]),
        lambda: sharpe_sample([[0.1, 0.2]]),
        lambda: SharpeSample(math.nan, 10),
        lambda: SharpeSample(0.1, 1),
        lambda: SharpeSample(0.1, 10, 0.0, 0.0),
        lambda: probabilistic_sharpe(FUND, math.inf),
        lambda: minimum_track_record(FUND, 0.0, 1.0),
        lambda: effective_trials(0, 0.5),
        lambda: effective_trials(5, -0.1),
        lambda: expected_maximum_sharpe(0.5, 1.0),
        lambda: expected_maximum_sharpe(math.nan, 1.0),
        lambda: expected_maximum_sharpe(10, -1.0),
        lambda: expected_maximum_sharpe(10, math.nan),
    ],
)
def test_nonsense_is_refused(build) -> None:
    with pytest.raises(ValidationError, match="expected"):
        build()
