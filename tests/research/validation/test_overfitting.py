"""Probability of back-test overfitting: about one half for noise, near zero for an edge; and the definition itself."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.research.validation import ValidationError, overfitting


def noise(seed: int, rows: int = 600, configurations: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (rows, configurations))


def test_noise_is_overfitted_half_of_the_time() -> None:
    found = [overfitting(noise(seed)) for seed in range(40)]
    assert 0.4 < np.mean([each.probability for each in found]) < 0.62
    assert 0.35 < np.mean([each.loss_probability for each in found]) < 0.65


def test_an_edge_is_not() -> None:
    for seed in range(5):
        returns = noise(seed)
        returns[:, 7] += 0.003
        found = overfitting(returns)
        assert found.probability < 0.02
        assert found.loss_probability < 0.02


def test_choosing_what_reverts_does_harm() -> None:
    """Every configuration earns in one half of the time what it loses in the other."""
    returns = noise(1, 400, 10)
    drift = np.random.default_rng(2).normal(0.0, 0.02, 10)
    returns[:200] += drift
    returns[200:] -= drift
    found = overfitting(returns, 2)
    assert found.probability == 1
    assert found.slope is not None
    assert found.slope < 0


def test_it_is_what_the_definition_says() -> None:
    returns = noise(3, 61, 5)
    found = overfitting(returns, 6)
    used = returns[1:]  # 61 = 6 × 10 + 1: the oldest row is left out
    cut = used.reshape(6, 10, 5)

    def sharpe(blocks) -> np.ndarray:
        part = np.concatenate([cut[block] for block in blocks])
        return part.mean(axis=0) / part.std(axis=0, ddof=1)

    logits, losses = [], 0
    for inside in combinations(range(6), 3):
        best = int(sharpe(inside).argmax())
        outside = sharpe([block for block in range(6) if block not in inside])
        rank = 1 + int((outside < outside[best]).sum())
        logits.append(math.log(rank / (6 - rank)))
        losses += outside[best] < 0
    assert found.logits.tolist() == pytest.approx(logits)
    assert found.probability == np.mean(np.array(logits) <= 0)
    assert found.loss_probability == losses / len(logits)
    assert (found.configurations, found.rows, found.blocks) == (5, 60, 6)


@given(st.integers(0, 2**32), st.floats(0.01, 100), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_names_and_units_do_not_matter(seed: int, scale: float, rng) -> None:
    returns = noise(seed, 120, 6)
    order = list(range(6))
    rng.shuffle(order)
    one, other = overfitting(returns, 8), overfitting(returns[:, order] * scale, 8)
    assert other.probability == pytest.approx(one.probability)
    assert sorted(other.logits) == pytest.approx(sorted(one.logits))


def test_the_order_of_blocks_does_not_matter() -> None:
    returns = noise(5, 100, 4)
    turned = np.concatenate([returns[50:], returns[:50]])
    assert overfitting(turned, 4).probability == overfitting(returns, 4).probability


def test_twins_are_no_better_than_the_median() -> None:
    found = overfitting(np.repeat(noise(6, 100, 1), 7, axis=1))
    assert found.probability == 1
    assert set(found.logits.round(9)) == {0.0}


def test_configurations_that_do_not_trade() -> None:
    idle = np.zeros((100, 3))
    found = overfitting(idle)
    assert (found.probability, found.loss_probability, found.slope) == (1, 0, None)
    idle[:, 1] = 0.1  # constant returns do not move either, whatever their size
    assert overfitting(idle).probability == 1
    idle[:, 2] = np.random.default_rng(7).normal(0.01, 0.01, 100)
    assert overfitting(idle).probability == 0


def test_many_blocks_and_configurations_fit_into_memory() -> None:
    found = overfitting(noise(8, 320, 300), 16)
    assert len(found.logits) == 12_870


@pytest.mark.parametrize(
    ("returns", "blocks"),
    [
        (noise(1, 40, 1), 4),
        (noise(1, 7, 3), 4),
        (noise(1, 40, 3), 5),
        (noise(1, 40, 3), 0),
        (noise(1, 400, 3), 18),
        (np.zeros(40), 4),
        (np.full((40, 3), np.nan), 4),
        (np.empty((0, 3)), 2),
    ],
)
def test_nonsense_is_refused(returns: np.ndarray, blocks: int) -> None:
    with pytest.raises(ValidationError, match="expected"):
        overfitting(returns, blocks)
