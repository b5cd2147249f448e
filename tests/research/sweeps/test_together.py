"""Sets that are run together come to what each comes to alone, to the bit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategy_maker import strategy_of
from tests.market.candle_maker import START, walk
from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy
from tradewind.research.backtest import IdealOptions
from tradewind.research.sweeps.groups import grouped
from tradewind.research.sweeps.space import Settings
from tradewind.research.sweeps.trial import Trial, Workbench
from tradewind.trading.strategies import builtin_names, load_builtin

MARKET = {"BTCUSDT": walk(3_000), "ETHUSDT": walk(2_000, seed=1, start=START + 700 * Timeframe.M5.ms)}
CROSSING = {"long": "crosses_above(close, sma(close, 5))", "parameters": {"k": (2.5, 0.0, 5.0)}}


def told(trial: Trial) -> tuple[object, ...]:
    return trial.metrics, trial.returns.tobytes(), trial.error


def assert_equal_alone(strategy: Strategy, sets: list[Settings], fee: float = 0.0006) -> list[Trial]:
    bench = Workbench(MARKET, Timeframe.M5, IdealOptions(fee=fee))
    together = list(bench.run_all(strategy, sets))
    for trial, each in zip(together, sets, strict=True):
        (alone,) = bench.run_all(strategy, [each])
        assert told(trial) == told(alone), each
        if trial.error is None:
            assert told(trial) == told(bench.run(strategy.with_parameters(each))), each
    return together


@pytest.mark.parametrize("name", sorted(builtin_names()))
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), fee=st.sampled_from([0.0006, 0.05]))
def test_every_built_in_with_any_settings(name: str, seed: int, fee: float) -> None:
    """The names are the same in all sets, as in a sweep; values are anywhere in their ranges, some a step beyond."""
    strategy, draw = load_builtin(name), random.Random(seed)
    ranges = [parameter.range for parameter in strategy.blueprint.parameters]
    varied = draw.sample(ranges, min(len(ranges), draw.randint(1, 4)))
    few = {each.name: [draw.uniform(each.low, each.high) for _ in range(2)] for each in varied}

    def value(name: str, low: float, high: float, *, whole: bool) -> float:
        if draw.random() < 0.02:
            return high + 1.0
        chosen = draw.choice(few[name]) if draw.random() < 0.7 else draw.uniform(low, high)
        return float(round(chosen)) if whole else chosen

    sets = [{each.name: value(each.name, each.low, each.high, whole=each.whole) for each in varied} for _ in range(6)]
    assert_equal_alone(strategy, sets, fee)


def test_sets_of_one_evaluation_are_one_group() -> None:
    strategy = load_builtin("ema_rsi_atr")
    sets = [{"fast": fast, "stop_atr": stop} for stop in (1.5, 2.0, 2.5) for fast in (8, 10)]
    groups = list(grouped(strategy, sets))
    assert [list(group.numbers) for group in groups] == [[0, 2, 4], [1, 3, 5]]
    assert [list(group.settings) for group in groups] == [["stop_atr"], ["stop_atr"]]
    trials = assert_equal_alone(strategy, sets)
    assert len({trial.returns.tobytes() for trial in trials}) == len(sets), "each has its own"


def test_a_set_that_the_document_refuses_does_not_keep_the_others() -> None:
    strategy = strategy_of(**CROSSING, stop="close - 0.01 / k * close")
    trials = assert_equal_alone(strategy, [{"k": 1.0}, {"k": 0.0}, {"k": 9.0}, {"k": 2.0}])
    assert [trial.error is None for trial in trials] == [True, False, False, True]
    assert "division by zero" in (trials[1].error or "")
    assert "from 0 to 5" in (trials[2].error or "")


def test_where_a_number_is_defined_in_some_sets_only() -> None:
    strategy = strategy_of(**CROSSING, stop="close - close * 0.01 / (k * (close / close))")
    trials = assert_equal_alone(strategy, [{"k": 1.0}, {"k": 0.0}, {"k": 2.0}])
    counts = [trial.metrics["trades"] for trial in trials if trial.metrics is not None]
    assert counts[1] == 0
    assert min(counts[0], counts[2]) > 20, "its stop is nowhere, so nothing stands; theirs are"


def test_a_set_whose_plans_make_no_sense_at_some_opens() -> None:
    """Where a set would not enter is for that set alone to leave out."""
    strategy = strategy_of(
        **CROSSING, stop="close - k * 0.02 * close", ladder=(("at", "close * (0.999 + k / 9)", "1"),)
    )
    trials = assert_equal_alone(strategy, [{"k": 0.0}, {"k": 0.009}, {"k": 0.1}])
    counts = [trial.metrics["trades"] for trial in trials if trial.metrics is not None]
    assert counts[0] == 0, "its target lies below its stop"
    assert counts[1] != counts[2], "its target lies below some opens"


def test_ladders_that_are_open_overnight() -> None:
    strategy = strategy_of(
        **CROSSING,
        stop="close - k * 0.02 * close",
        short="crosses_below(close, sma(close, 5))",
        short_stop="close + k * 0.02 * close",
        ladder=(("r", "0.1", "0.3"), ("r", "0.2", "0.3"), ("r", "0.9", "0.4")),
        breakeven=(1, None),
    )
    assert_equal_alone(strategy, [{"k": 0.5}, {"k": 1.0}, {"k": 2.0}, {"k": 3.0}])
