"""The verdict: every doubt can be raised, none is raised without need, and what was not looked at is said."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.strategy_maker import random_columns
from tradewind.research.validation import (
    Check,
    Doubt,
    Evidence,
    SharpeSample,
    ValidationError,
    block_bootstrap,
    deflated_sharpe,
    judge,
    look_ahead,
    overfitting,
    shuffle_trades,
    warm_up,
)

CANDLES = random_columns(1, 500)
RETURNS = np.random.default_rng(3).normal(0.004, 0.02, 200)
NOISE = np.random.default_rng(2).normal(0.0, 0.01, (400, 10))
EDGE = NOISE + np.where(np.arange(10) == 4, 0.004, 0.0)

HONEST = Evidence(
    profits=[Decimal(str(round(each * 1000, 2))) for each in RETURNS],
    costs=Decimal(100),
    days=365.0,
    sharpe=1.8,
    deflated=deflated_sharpe(SharpeSample(0.15, 1000), 20, 0.0005),
    overfitting=overfitting(EDGE),
    chosen=1.8,
    neighbours=[1.5, 1.7, 1.6, 0.2],
    in_sample=1.9,
    out_of_sample=1.4,
    shuffle=shuffle_trades(RETURNS, seed=1),
    look_ahead=look_ahead(lambda columns: columns.close > columns.open, CANDLES),
    warm_up=warm_up(lambda columns: columns.close > columns.open, CANDLES, claimed=0),
)


def doubts(evidence: Evidence) -> list[Doubt]:
    return [reason.doubt for reason in judge(evidence).reasons]


def test_a_spread_of_one_is_no_concentration() -> None:
    """One month or one symbol makes all of the profit by necessity; of a loss nobody makes most."""
    assert not doubts(replace(HONEST, months=[Decimal(10)], symbols=[Decimal(10)]))
    assert not doubts(replace(HONEST, months=[Decimal(-10), Decimal(5)], symbols=[Decimal(-10), Decimal(5)]))
    assert not doubts(replace(HONEST, months=[Decimal(10)] * 5))
    assert not doubts(replace(HONEST, sample=SharpeSample(-0.2, 30), inside=40, multiples=[5.0] * 29))


def test_an_honest_back_test_has_no_doubts() -> None:
    verdict = judge(HONEST)
    assert verdict.reasons == ()
    assert verdict.unchecked == ()
    assert verdict.clean


def future(columns):
    return np.append(columns.close[1:], 0.0)


def running_mean(columns):
    return np.cumsum(columns.close) / np.arange(1, len(columns) + 1)


MANY = [Decimal(1), Decimal(-1)] * 100

CASES = {
    Doubt.NO_TRADES: {"profits": []},
    Doubt.FEW_TRADES: {"profits": [Decimal(20), Decimal(-10)] * 49},
    Doubt.SHORT_PERIOD: {"days": 89.9},
    Doubt.NO_LOSSES: {"profits": [Decimal(5)] * 200},
    Doubt.ONE_TRADE: {"profits": [*MANY, Decimal(10_000)]},
    Doubt.ONE_MONTH: {"months": [Decimal(-10), Decimal(50), Decimal(20)]},
    Doubt.ONE_SYMBOL: {"symbols": [Decimal(90), Decimal(10)]},
    Doubt.NO_LOSING_MONTH: {"months": [Decimal(10)] * 6},
    Doubt.WIN_RATE_IMPLAUSIBLE: {"profits": [*[Decimal(5)] * 190, *[Decimal(-10)] * 10]},
    Doubt.EXPECTANCY_IMPLAUSIBLE: {"multiples": [3.0, -0.9] * 15},
    Doubt.INSIDE_CANDLES: {"inside": 41},
    Doubt.SHARPE_UNCERTAIN: {"sample": SharpeSample(0.05, 365)},
    Doubt.PARAMETERS_CHANGED: {"changed": 2},
    Doubt.COSTS_IGNORED: {"costs": Decimal(0)},
    Doubt.COSTS_THIN: {"profits": [*MANY, *[Decimal(1)] * 10], "costs": Decimal(10)},
    Doubt.SHARPE_IMPLAUSIBLE: {"sharpe": 4.1},
    Doubt.SHARPE_DEFLATED: {"deflated": deflated_sharpe(SharpeSample(0.05, 1000), 100, 0.0005)},
    Doubt.OVERFITTED: {"overfitting": overfitting(NOISE)},
    Doubt.PARAMETER_CLIFF: {"neighbours": [0.8, -1.0, 0.7, 1.7]},
    Doubt.WORSE_OUT_OF_SAMPLE: {"out_of_sample": 0.3},
    Doubt.LUCKY_ORDER: {"shuffle": shuffle_trades([0.05, -0.04] * 50, seed=2)},
    Doubt.LOOK_AHEAD: {"look_ahead": look_ahead(future, CANDLES)},
    Doubt.WARM_UP: {"warm_up": warm_up(running_mean, CANDLES, claimed=10)},
}


def test_every_doubt_has_a_case() -> None:
    assert set(CASES) == set(Doubt)


@pytest.mark.parametrize("doubt", list(Doubt))
def test_each_doubt_is_raised_alone_with_numbers_and_words(doubt: Doubt) -> None:
    verdict = judge(replace(HONEST, **CASES[doubt]))
    (reason,) = verdict.reasons
    assert reason.doubt is doubt
    assert not verdict.clean
    assert all(math.isfinite(value) for value in reason.facts.values())
    for language in ("en", "ru"):
        words = reason.words(language)
        assert words.endswith(".")
        assert "{" not in words
    assert reason.words("en") != reason.words("ru")
    with pytest.raises(KeyError):
        reason.words("de")


def test_the_numbers_are_in_the_words() -> None:
    (reason,) = judge(replace(HONEST, profits=[Decimal(20), Decimal(-10)] * 49)).reasons
    assert reason.words() == "It made only 98 trades; below 100 luck decides."
    assert dict(reason.facts) == {"trades": 98, "least": 100}


def test_all_doubts_come_in_their_order() -> None:
    awful = Evidence(
        profits=[Decimal(100), Decimal(0)],
        costs=Decimal(-1),
        days=3.0,
        sharpe=11.0,
        **{
            name: value
            for doubt in (Doubt.SHARPE_DEFLATED, Doubt.OVERFITTED, Doubt.LOOK_AHEAD, Doubt.WARM_UP)
            for name, value in CASES[doubt].items()
        },
        chosen=5.0,
        neighbours=[0.0],
        in_sample=5.0,
        out_of_sample=-5.0,
    )
    found = doubts(awful)
    assert found == [each for each in Doubt if each in found]
    assert len(found) == 12


def test_nothing_known_is_nothing_checked() -> None:
    verdict = judge(Evidence(MANY))
    assert verdict.reasons == ()
    assert verdict.unchecked == tuple(Check)
    assert not verdict.clean, "no doubt is no promise"
    assert judge(Evidence([])).reasons[0].doubt is Doubt.NO_TRADES


def test_half_known_is_not_checked() -> None:
    verdict = judge(replace(HONEST, chosen=None, neighbours=[1.0], out_of_sample=None))
    assert verdict.unchecked == (Check.NEIGHBOURS, Check.OUT_OF_SAMPLE)
    assert judge(replace(HONEST, neighbours=[])).unchecked == (Check.NEIGHBOURS,)
    silent = warm_up(lambda columns: np.full(len(columns), np.nan), CANDLES, claimed=0)
    assert judge(replace(HONEST, warm_up=silent)).unchecked == (Check.WARM_UP,)


def test_a_losing_back_test_is_not_too_good() -> None:
    losing = replace(HONEST, profits=[Decimal(-1)] * 150, chosen=-1.0, neighbours=[-5.0], in_sample=-1.0)
    assert doubts(losing) == []


def test_a_drawdown_that_no_order_changes_is_no_luck() -> None:
    assert doubts(replace(HONEST, shuffle=shuffle_trades([0.01] * 200, seed=1))) == []


@given(st.lists(st.integers(-1000, 1000).map(Decimal), max_size=150))
def test_one_trade_is_named_exactly_when_it_makes_more_than_half(profits: list[Decimal]) -> None:
    net = sum(profits)
    expected = net > 0 and max(profits) * 2 > net
    assert (Doubt.ONE_TRADE in doubts(Evidence(profits))) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"profits": [Decimal("NaN")]},
        {"costs": Decimal("Infinity")},
        {"days": math.nan},
        {"sharpe": math.inf},
        {"chosen": math.nan},
        {"in_sample": math.nan},
        {"out_of_sample": math.nan},
        {"neighbours": [1.0, math.nan]},
        {"shuffle": block_bootstrap(RETURNS, block=5, seed=1, paths=10)},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="expected"):
        replace(HONEST, **wrong)
