"""Walk-forward, and whole runs before the judge: an overfitted search and a lucky trade are caught, an edge passes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.core.strategy_maker import strategy_of
from tests.market.candle_maker import START, walk
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.kit.language import Language
from tradewind.research.backtest import IdealOptions, run_ideal
from tradewind.research.reports.validating import Gate, State, Validation, validated
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.forward import Asked, WalkedForward, Window, run_forward, run_window, sweep
from tradewind.research.sweeps.honesty import honesty
from tradewind.research.sweeps.objective import Objective
from tradewind.research.sweeps.samplers import Sampler, SamplerKind
from tradewind.research.sweeps.space import Space, parse_vary
from tradewind.research.sweeps.trial import Workbench
from tradewind.research.validation import Doubt, WalkForward

_DAY = 86_400_000
FREE = IdealOptions(fee=0.0)


def market(seed: int, *, days: int = 300, edge: float = 0.0) -> Columns:
    """Hourly noise; after every rare surge of volume prices drift up by `edge` a candle for six candles."""
    rng = np.random.default_rng(seed)
    count = days * 24
    volume = rng.uniform(1.0, 50.0, count)
    surges = np.flatnonzero(rng.random(count) < 0.03)
    volume[surges] = rng.uniform(90.0, 100.0, len(surges))
    steps = rng.normal(0.0, 0.004, count)
    for row in surges:
        steps[row + 1 : row + 7] += edge
    close = 100.0 * np.exp(np.cumsum(steps))
    open_ = np.concatenate([[100.0], close[:-1]])
    wick = np.abs(rng.normal(0.0, 0.001, (2, count)))
    high, low = np.maximum(open_, close) * (1.0 + wick[0]), np.minimum(open_, close) * (1.0 - wick[1])
    return Columns(START + np.arange(count, dtype=np.int64) * Timeframe.H1.ms, open_, high, low, close, volume)


SURGE = strategy_of(
    long="volume > floor",
    stop="close * 0.97",
    zone=("close * 0.999", "close"),
    ladder=(("r", "1", "1"),),
    parameters={"floor": (60.0, 1.0, 99.0)},
    time_stop="6",
)
#: Buys in one narrow band of volume: on noise, forty ways to be lucky.
BAND = strategy_of(
    long="volume > band and volume < band + 1",
    stop="close * 0.97",
    zone=("close * 0.999", "close"),
    ladder=(("r", "1", "1"),),
    parameters={"band": (5.0, 1.0, 60.0)},
    time_stop="6",
)


def drawn(strategy: Strategy, *vary: str) -> Sampler:
    return Sampler.of(SamplerKind.GRID, Space.of(strategy, parse_vary(vary)), None, 1, 1000)


def forward(strategy: Strategy, columns: dict[str, Columns], *vary: str, **asked: object) -> WalkedForward:
    settings = {"options": FREE, **asked}
    return run_forward(strategy, columns, Timeframe.H1, drawn(strategy, *vary), Objective(min_trades=5), **settings)  # type: ignore[arg-type]


def whole(strategy: Strategy, columns: dict[str, Columns], *vary: str) -> Validation:
    """What `tradewind validate` does with the best of a sweep."""
    sampler, objective, options = drawn(strategy, *vary), Objective(min_trades=5), IdealOptions(fee=0.0001)
    walked = run_forward(strategy, columns, Timeframe.H1, sampler, objective, options=options)
    found = sweep(Workbench(columns, Timeframe.H1, options), strategy, sampler, objective)
    assert found.best is not None
    best = strategy.with_parameters(sampler.space.settings(found.tried[found.best].number))
    judged = honesty(sampler.space, objective, found.tried, found.returns)
    result = run_ideal(best, columns, Timeframe.H1, options)
    return validated(result, columns, seed=1, paths=300, honesty=judged, forward=walked)


def states(found: Validation) -> dict[Gate, State]:
    return {each.gate: each.state for each in found.checked}


# ------------------------------------------------------------------------------------------ walking forward


@pytest.mark.parametrize("mode", WalkForward)
def test_tests_lie_side_by_side_behind_their_training(mode: WalkForward) -> None:
    columns = {"BTCUSDT": market(1)}
    walked = forward(SURGE, columns, "floor=20,60", mode=mode, folds=4, purge=3)
    asked = Asked(SURGE, columns, Timeframe.H1, drawn(SURGE, "floor=20,60"), Objective(min_trades=5), FREE, beside={})
    growth = 1.0
    for window in walked.windows:
        train, test = window.span
        assert train[1] + 3 * _DAY == test[0]
        assert (train[0] == START) is (mode is WalkForward.ANCHORED or window is walked.windows[0])
        again, result = run_window(asked, window.span)
        assert again == window == Window.of(json.loads(json.dumps(window.document())))
        assert result is not None
        assert result.trades
        assert all(test[0] <= trade.entry_at < test[1] for trade in result.trades)
        assert len(window.daily.values) == (test[1] - test[0]) // _DAY
        growth *= 1.0 + result.metrics.total_return
    ends = [window.span.test for window in walked.windows]
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert math.prod(1.0 + value for value in walked.daily.values) == pytest.approx(growth), "the stitched curve"


def test_the_choice_knows_nothing_of_its_test() -> None:
    columns = market(2)
    walked = forward(BAND, {"BTCUSDT": columns}, "band=2:40:2", folds=3)
    end = walked.windows[0].span.train[1]
    later = columns.ts >= end
    prices = (np.where(later, each * 3.0, each) for each in columns[1:5])
    other = Columns(columns.ts, *prices, columns.volume)
    again = forward(BAND, {"BTCUSDT": other}, "band=2:40:2", folds=3)
    assert again.windows[0].point == walked.windows[0].point
    assert again.windows[0].in_sample == walked.windows[0].in_sample


def test_the_same_again_and_otherwise_with_other_candles() -> None:
    columns = {"BTCUSDT": market(3), "ETHUSDT": market(4, days=250)}
    one, two = (forward(SURGE, columns, "floor=20,60,80") for _ in range(2))
    assert one.fingerprint == two.fingerprint
    assert one.document() == two.document()
    assert one.fingerprint != forward(SURGE, {"BTCUSDT": market(5)}, "floor=20,60,80").fingerprint


def test_where_nothing_has_a_score_nothing_is_traded() -> None:
    walked = run_forward(
        SURGE, {"BTCUSDT": market(1)}, Timeframe.H1, drawn(SURGE, "floor=20,60"), Objective(min_trades=100_000)
    )
    assert set(walked.daily.values) == {0.0}
    assert (walked.in_sample, walked.out_of_sample, walked.efficiency, walked.drift) == (None, None, None, None)
    json.dumps(walked.document(), allow_nan=False)


@pytest.mark.parametrize(("days", "folds", "purge"), [(5, 4, 0), (20, 2, 12), (20, 0, 0)])
def test_too_few_days_are_told(days: int, folds: int, purge: int) -> None:
    with pytest.raises(SweepError, match="folds: expected at least"):
        forward(SURGE, {"BTCUSDT": walk(24 * days, Timeframe.H1)}, "floor=20,40", folds=folds, purge=purge)


# ------------------------------------------------------------------------------------------ whole runs


def test_the_best_of_many_on_noise_fails() -> None:
    found = whole(BAND, {"BTCUSDT": market(11)}, "band=2:40:1")
    assert found.result.metrics.sharpe > 1.0, "it looks like something"
    assert found.forward is not None
    assert found.forward.in_sample is not None
    assert found.forward.in_sample > 1.0
    assert found.forward.efficiency is not None
    assert found.forward.efficiency < 0.5
    judged = states(found)
    assert judged[Gate.DEFLATED_SHARPE] is not State.PASSED
    assert judged[Gate.OVERFITTING] is not State.PASSED
    assert judged[Gate.WALK_FORWARD] is not State.PASSED
    assert found.state is State.FAILED


def test_an_edge_passes() -> None:
    found = whole(SURGE, {"BTCUSDT": market(12, edge=0.001)}, "floor=5,20,40,60,70,80")
    judged = states(found)
    for gate in (Gate.LOOK_AHEAD, Gate.WARM_UP, Gate.SHARPE, Gate.RUIN, Gate.WALK_FORWARD, Gate.DEFLATED_SHARPE):
        assert judged[gate] is State.PASSED, gate
    assert found.forward is not None
    assert {window.settings["floor"] >= 60 for window in found.forward.windows if window.settings} == {True}
    assert found.state is not State.FAILED
    json.dumps(found.document(), allow_nan=False)
    for each in found.checked:
        assert all(each.words(language.value) for language in Language)


def test_one_lucky_trade_is_named() -> None:
    columns = market(13)
    result = run_ideal(SURGE, {"BTCUSDT": columns}, Timeframe.H1)
    lost = math.fsum(trade.pnl for trade in result.trades)
    lucky = replace(result.trades[7], pnl=abs(lost) + 500.0)
    found = validated(
        replace(result, trades=[*result.trades[:7], lucky, *result.trades[8:]]),
        {"BTCUSDT": columns},
        seed=1,
        paths=200,
    )
    assert Doubt.ONE_TRADE in {reason.doubt for reason in found.verdict.reasons}
    assert states(found)[Gate.PLAUSIBLE] is State.DOUBT


def test_ruin_is_what_was_said_to_be() -> None:
    columns = {"BTCUSDT": market(14)}
    result = run_ideal(SURGE, columns, Timeframe.H1)
    shares = [
        found.bootstrap.ruin_share
        for ruin in (0.01, 0.2, 1.0)
        if (found := validated(result, columns, seed=1, paths=300, ruin=ruin)).bootstrap is not None
    ]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0.0
