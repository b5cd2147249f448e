"""A trial says what a back-test says; many of them share the work that they have in common."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest

from tests.core.strategy_maker import strategy_of
from tests.market.candle_maker import START, walk
from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Memo
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.core.values import Side
from tradewind.research.backtest import IdealOptions, run_ideal
from tradewind.research.sweeps.space import Space, parse_vary
from tradewind.research.sweeps.trial import MOST_PERIODS, Workbench
from tradewind.trading.strategies import builtin_text, load_builtin, parse_document

MARKET = {"BTCUSDT": walk(9_000), "ETHUSDT": walk(7_000, seed=1, start=START + 700 * Timeframe.M5.ms)}
REFERENCE = load_builtin("ema_rsi_atr")


@pytest.mark.parametrize("name", ["ema_rsi_atr", "donchian_breakout", "bollinger_reversion", "ema_trend"])
@pytest.mark.parametrize("fee", [0.0006, 0.01])
def test_a_trial_measures_what_the_back_test_does(name: str, fee: float) -> None:
    strategy, options = load_builtin(name), IdealOptions(fee=fee)
    expected = run_ideal(strategy, MARKET, Timeframe.M5, options)
    trial = Workbench(MARKET, Timeframe.M5, options).run(strategy)
    assert trial.metrics is not None
    for measure, value in expected.metrics.items().items():
        assert trial.metrics[measure] == (None if value is None else pytest.approx(value, rel=1e-9)), measure
    assert math.prod(1.0 + trial.returns.astype(float)) - 1.0 == pytest.approx(
        expected.metrics.total_return, rel=1e-5, abs=1e-6
    )


CROSSING = {"long": "crosses_above(close, sma(close, 5))", "stop": "close - 2 * atr(14)"}
EXTENDED = {
    "an ATR to hang by": parse_document(
        re.sub(
            r"(?m)^exits:$", "exits:\n  trailing: {chandelier: 3, atr_period: 22}", builtin_text("bollinger_reversion")
        )
    ),
    "a condition to leave": strategy_of(**CROSSING, exits={Side.LONG: "crosses_below(close, sma(close, 9))"}),
    "half the size": strategy_of(**CROSSING, risk_scale="0.5"),
    "the time": strategy_of(**CROSSING, filters={"day": ("session(8, 16)", None)}),
    "longer candles": strategy_of(**CROSSING, filters={"trend": ("on(1h, close > sma(close, 20))", None)}),
    "another symbol": strategy_of(**CROSSING, filters={"lead": ("on(SOLUSDT, 1h, close > open)", None)}),
}


@pytest.mark.parametrize("strategy", EXTENDED.values(), ids=EXTENDED)
def test_it_does_with_all_that_a_document_may_ask_for(strategy: Strategy) -> None:
    beside = {"SOLUSDT": walk(9_000, seed=2)}
    expected = run_ideal(strategy, MARKET, Timeframe.M5, beside=beside)
    assert expected.metrics.trades > 20
    bench = Workbench(MARKET, Timeframe.M5, beside=beside)
    for _ in range(2):
        assert bench.run(strategy).metrics == {
            measure: None if value is None else pytest.approx(value, rel=1e-9)
            for measure, value in expected.metrics.items().items()
        }
        bench.run(REFERENCE)


def test_long_spans_are_told_in_stretches() -> None:
    hours = walk(24 * 1200, Timeframe.H1)
    trial = Workbench({"BTCUSDT": hours}, Timeframe.H1).run(REFERENCE)
    assert trial.metrics is not None
    assert len(trial.returns) == 400, "three days each"
    assert len(trial.returns) <= MOST_PERIODS
    whole = float(np.prod(1.0 + trial.returns.astype(np.float64)) - 1.0)
    assert whole == pytest.approx(trial.metrics["total_return"], rel=1e-4)


def test_a_set_that_cannot_be_is_refused_alone() -> None:
    trials = list(Workbench(MARKET, Timeframe.M5).run_all(REFERENCE, [{"fast": 8}, {"fast": 1}, {"fast": 9}]))
    assert [trial.error is None for trial in trials] == [True, False, True]
    assert "from 2 to 200" in (trials[1].error or "")


# ------------------------------------------------------------------------------------------ shared work


def programs(*texts: str) -> list[Strategy]:
    space = Space.of(REFERENCE, parse_vary(texts))
    return [REFERENCE.with_parameters(space.settings(number)) for number in range(space.size)]


@pytest.mark.parametrize("capacity", [0, 100_000, 1 << 28])
def test_what_is_shared_is_equal_to_the_bit(capacity: int) -> None:
    columns = MARKET["BTCUSDT"]
    memo = Memo(columns, capacity)
    for strategy in programs("fast=8:12:2", "slow=30,40", "stop_atr=2,3"):
        for mine, alone in zip(memo.run(strategy.program), strategy.program.run(columns), strict=True):
            assert np.array_equal(mine, alone, equal_nan=mine.dtype.kind == "f")


def test_what_needs_the_market_cannot_be_shared() -> None:
    with pytest.raises(ValueError, match="asks for the market"):
        Memo(MARKET["BTCUSDT"]).run(EXTENDED["the time"].program)


def executed(*texts: str) -> list[int]:
    """How many instructions each set took beside those before it."""
    memo = Memo(MARKET["BTCUSDT"])
    counts = [0]
    for strategy in programs(*texts):
        memo.run(strategy.program)
        counts.append(memo.executed)
    return [after - before for before, after in pairwise(counts)]


def test_sets_that_differ_in_the_plan_share_the_evaluation() -> None:
    first, *others = executed("target_atr=2,3,4")
    assert first > 5
    assert others == [0, 0], "the distance of the target is computed where a set-up stands"


def test_a_period_costs_its_average_and_what_stands_on_it() -> None:
    first, *others = executed("fast=8,10,12")
    assert first > 5
    assert set(others) == {3}, "the average, the crossing, and both conditions together"


def test_what_was_computed_long_ago_is_forgotten_and_computed_again() -> None:
    columns: Columns = MARKET["BTCUSDT"]
    small, large = Memo(columns, 0), Memo(columns)
    for strategy in programs("fast=8,10") * 2:
        small.run(strategy.program)
        large.run(strategy.program)
    assert small.executed > 2 * large.executed
