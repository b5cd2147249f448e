"""Many sets on the same entries: each comes to what the back-test of its plans comes to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.strategy_maker import TIMEFRAME, random_columns
from tradewind.core import kernel
from tradewind.core.costs import Costs

COLUMNS = random_columns(5, 600)
BARS = kernel.bars(COLUMNS, TIMEFRAME.ms)
RULES = kernel.assumptions(Costs(maker=0.0002, taker=0.0006, slippage=0.0, half_spread=0.0), textbook=True)


def plans_of(seed: int, sets: int, most: int) -> kernel.PlanSets:
    draw = np.random.default_rng(seed)
    rows = np.flatnonzero(draw.random(len(COLUMNS.ts)) < 0.1)
    sides, rungs = draw.choice([-1, 1], len(rows)), draw.integers(1, most + 1, len(rows))
    shares = (np.arange(most) < rungs[:, None]) / rungs[:, None]
    entry = COLUMNS.open[rows] * sides
    stops = np.abs(entry - draw.uniform(0.1, 2.0, (sets, len(rows))))
    stops[draw.random(stops.shape) < 0.2] = np.nan
    levels = np.abs(entry[:, None] + np.cumsum(draw.uniform(0.05, 0.6, (sets, len(rows), most)), axis=2))
    shared = np.zeros(1, dtype=kernel.PLAN)
    shared["breakeven"], shared["breakeven_after"], shared["trailing"], shared["trailing_after"] = 1, 1, 1, 1
    shared["max_age_ms"] = 40 * TIMEFRAME.ms
    offsets, distances, steps = draw.uniform(0.01, 0.3, (3, sets, len(rows)))
    return kernel.PlanSets(rows, sides, rungs, shares, stops, levels, offsets, distances, steps, shared)


def alone(plans: kernel.PlanSets, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The trades of one set by plans of its own, and the numbers of its entries."""
    numbers = np.flatnonzero(~np.isnan(plans.stops[number]))
    most = plans.shares.shape[1]
    records = np.repeat(plans.shared, len(numbers))
    records["side"], records["targets"], records["stop"] = plans.sides[numbers], plans.rungs[numbers], 0.0
    records["stop"] = plans.stops[number, numbers]
    records["levels"][:, :most], records["shares"][:, :most] = plans.levels[number, numbers], plans.shares[numbers]
    records["breakeven_offset"] = plans.offsets[number, numbers]
    records["trailing_distance"], records["trailing_step"] = (
        plans.distances[number, numbers],
        plans.steps[number, numbers],
    )
    return kernel.backtest(BARS, kernel.entries(BARS, plans.rows[numbers]), records, RULES), numbers


@given(seed=st.integers(0, 2**32 - 1), sets=st.integers(1, 4), most=st.integers(1, 4))
def test_each_set_as_alone(seed: int, sets: int, most: int) -> None:
    plans = plans_of(seed, sets, most)
    found = kernel.backtest_sets(BARS, plans, RULES)
    stops = np.cumsum(found.counts)
    for number in range(sets):
        expected, numbers = alone(plans, number)
        own = slice(stops[number] - found.counts[number], stops[number])
        assert np.array_equal(found.signal[own], numbers[expected["signal"]])
        for name in (*kernel.Ridden._fields[2:10], "side", "end", "filled"):
            assert np.array_equal(getattr(found, name)[own], expected[name]), name


@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_told_of_ladders(seed: int) -> None:
    plans = plans_of(seed, 2, 3)
    found = kernel.backtest_sets(BARS, plans, RULES)
    whose = np.repeat([0, 1], found.counts)
    for trade in np.flatnonzero((plans.rungs[found.signal] > 1) & (found.filled > 0)):
        first, last, side = int(found.entry_bar[trade]), int(found.exit_bar[trade]), found.side[trade]
        high, low = COLUMNS.high[first : last + 1] * side, COLUMNS.low[first : last + 1] * side
        reached = high if side > 0 else low
        for rung in range(int(found.filled[trade])):
            level = plans.levels[whose[trade], found.signal[trade], rung]
            assert found.fills[trade, rung] == first + int((reached >= level * side).argmax())
        seen = np.concatenate([[found.entry[trade]], COLUMNS.high[first:last], COLUMNS.low[first:last]]) * side
        assert (found.best_before[trade] * side, found.worst_before[trade] * side) == (seen.max(), seen.min())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"rows": np.array([5, 5])}, "sets.rows"),
        ({"rows": np.array([5, 600])}, "sets.rows"),
        ({"rows": np.array([-1, 5])}, "sets.rows"),
        ({"rungs": np.array([1, 2])}, "sets.rungs"),
        ({"sides": np.array([1, 0])}, "plans.side"),
        ({"shares": np.array([[1.0], [0.5]])}, "plans.shares"),
        ({"stops": np.array([[1e8, -1.0]])}, "plans.stop"),
        ({"levels": np.array([[[120.0], [np.inf]]])}, "plans.levels"),
        ({"steps": np.array([[0.0, np.nan]])}, "plans.trailing_step"),
        ({"steps": np.array([[0.0]])}, "sets.steps"),
    ],
)
def test_bad_sets_are_refused_by_name(changed: dict[str, np.ndarray], field: str) -> None:
    none = np.zeros((1, 2))
    plans = kernel.PlanSets(
        rows=np.array([5, 599]),
        sides=np.array([1, 1]),
        rungs=np.array([1, 1]),
        shares=np.ones((2, 1)),
        stops=np.full((1, 2), 0.5),
        levels=np.full((1, 2, 1), 1e9),
        offsets=none,
        distances=none,
        steps=none,
        shared=np.zeros(1, dtype=kernel.PLAN),
    )
    plans.stops[0, 0] = 1e8  # the first is over at once
    kernel.backtest_sets(BARS, plans, RULES)
    with pytest.raises(kernel.KernelInputError) as caught:
        kernel.backtest_sets(BARS, plans._replace(**changed), RULES)
    assert caught.value.field == field


def test_without_entries_there_are_no_trades() -> None:
    plans = plans_of(1, 3, 2)
    none = plans._replace(**{name: getattr(plans, name)[:0] for name in ("rows", "sides", "rungs", "shares")})
    none = none._replace(**{name: getattr(plans, name)[:, :0] for name in kernel.PlanSets._fields[4:9]})
    assert kernel.backtest_sets(BARS, none, RULES).counts.tolist() == [0, 0, 0]
