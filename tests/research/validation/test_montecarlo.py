"""Monte Carlo: what resampling keeps and what it changes; wide margins, fixed seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.research.validation import (
    Resampling,
    ValidationError,
    block_bootstrap,
    montecarlo,
    shuffle_trades,
)

BOOTSTRAPS = pytest.mark.parametrize("resampling", [Resampling.CIRCULAR, Resampling.STATIONARY])
returns_of = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=40)


def test_observed_figures_by_hand() -> None:
    found = shuffle_trades([0.10, -0.50, 0.20], seed=1, paths=600, percentiles=[0, 100])
    assert found.observed_return == pytest.approx(1.1 * 0.5 * 1.2 - 1)
    assert found.observed_drawdown == pytest.approx(0.5)
    # The loss is half of whatever was there, in every order.
    assert found.max_drawdown == pytest.approx((0.5, 0.5))
    assert found.deeper_share == 1
    assert found.loss_share == 1


def test_the_first_loss_is_a_drawdown_from_the_start() -> None:
    assert shuffle_trades([-0.2, 0.5], seed=1, paths=1).observed_drawdown == pytest.approx(0.2)


def test_the_order_of_trades_moves_the_drawdown_alone() -> None:
    lucky = [0.05, -0.04] * 30  # losses never follow each other
    found = shuffle_trades(lucky, seed=7)
    assert len(set(found.final_return)) == 1
    assert found.final_return[0] == found.observed_return
    assert found.deeper_share > 0.99
    assert found.max_drawdown[0] > found.observed_drawdown


@given(returns_of, st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_shuffles_of_a_shuffle_are_the_same_trades(returns: list[float], seed: int) -> None:
    once = shuffle_trades(returns, seed=seed, paths=50)
    again = shuffle_trades(sorted(returns), seed=seed, paths=50)
    assert once.final_return == pytest.approx(again.final_return)
    assert all(0 <= each <= 1 for each in once.max_drawdown)
    assert list(once.max_drawdown) == sorted(once.max_drawdown)


@BOOTSTRAPS
def test_the_same_seed_gives_the_same_figures(resampling: Resampling) -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.02, 300)
    one, same, other = (
        block_bootstrap(returns, block=10, seed=seed, paths=200, resampling=resampling) for seed in (1, 1, 2)
    )
    assert one == same
    assert one.final_return != other.final_return


@BOOTSTRAPS
def test_constant_returns_have_one_path(resampling: Resampling) -> None:
    found = block_bootstrap([0.01] * 30, block=4, seed=3, paths=40, resampling=resampling)
    assert found.final_return == pytest.approx((1.01**30 - 1,) * len(found.final_return))
    assert set(found.max_drawdown) == {0.0}
    assert found.loss_share == 0


def test_one_circular_block_is_the_series_turned() -> None:
    returns = [0.1, -0.2, 0.3, -0.1]
    found = block_bootstrap(returns, block=4, seed=4, paths=300, resampling=Resampling.CIRCULAR)
    assert found.final_return == pytest.approx((found.observed_return,) * len(found.final_return))


@BOOTSTRAPS
def test_blocks_keep_what_hangs_together(resampling: Resampling) -> None:
    """Runs of losses survive in long blocks, so that drawdowns are deeper than with independent draws."""
    rng = np.random.default_rng(5)
    states = np.repeat(rng.choice([-1.0, 1.0], 60), 20)
    returns = 0.004 * states + rng.normal(0, 0.002, len(states))
    middle = {
        block: block_bootstrap(
            returns, block=block, seed=6, paths=400, resampling=resampling, percentiles=[50]
        ).max_drawdown[0]
        for block in (1, 60)
    }
    assert middle[60] > 1.5 * middle[1]


@BOOTSTRAPS
def test_the_bootstrap_is_centred_on_what_was(resampling: Resampling) -> None:
    returns = np.random.default_rng(8).normal(0.001, 0.01, 500)
    found = block_bootstrap(returns, block=5, seed=9, resampling=resampling, percentiles=[50])
    assert math.log1p(found.final_return[0]) == pytest.approx(math.log1p(found.observed_return), abs=0.08)


def test_memory_is_bounded_without_changing_what_a_path_is(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = np.random.default_rng(10).normal(0.0, 0.01, 50)
    whole = block_bootstrap(returns, block=5, seed=11, paths=500)
    monkeypatch.setattr(montecarlo, "_CHUNK", 120)
    pieces = block_bootstrap(returns, block=5, seed=11, paths=500)
    assert pieces.paths == 500
    assert pieces.final_return[3] == pytest.approx(whole.final_return[3], abs=0.03)


def test_all_lost_is_the_end() -> None:
    found = shuffle_trades([0.5, -1.0, 0.5], seed=1, paths=10)
    assert found.observed_return == -1
    assert found.max_drawdown[0] == 1


@pytest.mark.parametrize("returns", [[], [math.nan], [math.inf], [-1.01], [[0.1]]])
def test_returns_that_cannot_be_are_refused(returns: list[float]) -> None:
    for resample in (
        lambda: shuffle_trades(returns, seed=1),
        lambda: block_bootstrap(returns, block=1, seed=1),
    ):
        with pytest.raises(ValidationError, match="expected"):
            resample()


def test_settings_that_cannot_be_are_refused() -> None:
    for wrong in (
        {"block": 0},
        {"block": 4},
        {"paths": 0},
        {"percentiles": [101.0]},
        {"percentiles": []},
        {"resampling": Resampling.SHUFFLE},
    ):
        with pytest.raises(ValidationError, match="expected"):
            block_bootstrap([0.1, 0.2, 0.3], **{"block": 1, "seed": 1, **wrong})
    with pytest.raises(ValidationError, match="unit"):
        shuffle_trades([1e300, 1e300], seed=1)
