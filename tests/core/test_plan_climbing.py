"""Stops that climb from target to target, targets that move with the average entry, and what is worth a move at all.

Actions are compared as written: tuples of different types with the same fields are equal.
"""

from __future__ import annotations

import pytest

from tradewind.core import plan as planning
from tradewind.core.plan import (
    TARGET_HAIR,
    Action,
    Addition,
    AutoAction,
    Breakeven,
    ExitNow,
    MoveStop,
    PlanAction,
    PlanSpec,
    PlanState,
    ScaleIn,
    SkipMove,
    Target,
    Trailing,
    TrailingKind,
)

SIDES = pytest.mark.parametrize("side", [1, -1])
ONE_BEHIND = Trailing(TrailingKind.MOVING_TARGET, 0.0, after_target=1)


def spec_of(side: int, **rules: object) -> PlanSpec:
    """Entered at 100, stopped 10 away, targets 10, 20 and 30 away."""
    targets = tuple(Target(100.0 + side * 10.0 * number, 1 / 3) for number in (1, 2, 3))
    return PlanSpec(side, 100.0 - side * 10.0, targets, **rules)


def start(spec: PlanSpec) -> PlanState:
    return planning.opened(spec, 100.0, 100.0 + spec.side * 0.25, 0)


def see(spec: PlanSpec, state: PlanState, price: float, atr: float | None = None) -> tuple[PlanState, list[Action]]:
    return planning.observe(spec, state, price, price, price, 1, atr)


def same(actions: list[Action], *expected: Action) -> bool:
    return repr(actions) == repr(list(expected))


# ------------------------------------------------------------------------------------------------ from target to target


@SIDES
def test_one_target_behind_begins_where_costs_are_paid(side: int) -> None:
    spec = spec_of(side, trailing=ONE_BEHIND)
    state, actions = planning.target_filled(spec, start(spec), 1, 100.0 + side * 10)
    assert same(actions, MoveStop(100.0 + side * 0.25, PlanAction.TRAILING))
    state, actions = planning.target_filled(spec, state, 2, 100.0 + side * 20)
    assert same(actions, MoveStop(100.0 + side * 10, PlanAction.TRAILING))
    assert not state.trailing_on, "it hangs from targets, not from the best price"
    assert see(spec, state, 100.0 + side * 29)[1] == []


@SIDES
def test_two_targets_behind(side: int) -> None:
    spec = spec_of(side, trailing=ONE_BEHIND._replace(after_target=2))
    state, actions = planning.target_filled(spec, start(spec), 1, 100.0 + side * 10)
    assert actions == []
    state, actions = planning.target_filled(spec, state, 2, 100.0 + side * 20)
    assert same(actions, MoveStop(100.0 + side * 0.25, PlanAction.TRAILING))
    _, actions = planning.target_filled(spec, state, 3, 100.0 + side * 30)
    assert same(actions, MoveStop(100.0 + side * 10, PlanAction.TRAILING))


@SIDES
def test_it_does_not_climb_to_where_the_market_is_already(side: int) -> None:
    spec = spec_of(side, trailing=ONE_BEHIND)
    level = 100.0 + side * 10
    assert planning.target_filled(spec, start(spec), 2, level)[1] == []
    actions = planning.target_filled(spec, start(spec), 2, level + side * 0.125)[1]
    assert same(actions, MoveStop(level, PlanAction.TRAILING))


@SIDES
def test_it_does_not_climb_for_less_than_a_step(side: int) -> None:
    spec = spec_of(side, trailing=ONE_BEHIND._replace(step=10.25))
    first = MoveStop(100.0 + side * 0.25, PlanAction.TRAILING)
    assert same(planning.target_filled(spec, start(spec), 1, 100.0 + side * 10)[1], first)
    spec = spec_of(side, trailing=ONE_BEHIND._replace(step=10.375))
    assert planning.target_filled(spec, start(spec), 1, 100.0 + side * 10)[1] == []


@SIDES
def test_a_move_that_breakeven_has_just_made_is_not_made_again(side: int) -> None:
    spec = spec_of(side, breakeven=Breakeven(1), trailing=ONE_BEHIND)
    actions = planning.target_filled(spec, start(spec), 1, 100.0 + side * 10)[1]
    assert same(actions, MoveStop(100.0 + side * 0.25, PlanAction.BREAKEVEN))


@SIDES
def test_a_move_that_breakeven_has_skipped_bars_no_other(side: int) -> None:
    spec = spec_of(side, breakeven=Breakeven(1, offset=5.0), trailing=ONE_BEHIND)
    actions = planning.target_filled(spec, start(spec), 1, 100.0 + side * 5)[1]
    assert same(
        actions,
        SkipMove(100.0 + side * 5.25, PlanAction.BREAKEVEN),
        MoveStop(100.0 + side * 0.25, PlanAction.TRAILING),
    )


# ----------------------------------------------------------------------------------------------- with the average entry


@SIDES
def test_targets_stay_or_move_with_the_average(side: int) -> None:
    stays = ScaleIn(0.5, (Addition(100.0 - side * 4, 0.5),))
    moved = 100.0 + side * 18
    for ladder, expected in (
        (None, 100.0 + side * 20),
        (stays, 100.0 + side * 20),
        (stays._replace(targets_from=100.0), moved + side * moved * TARGET_HAIR),
    ):
        spec = spec_of(side, scale_in=ladder)
        state = planning.repriced(start(spec), 100.0 - side * 2, 100.0)
        assert planning.target_level(spec, state, 2) == expected


@SIDES
def test_a_stop_climbs_to_targets_as_they_are_now(side: int) -> None:
    ladder = ScaleIn(0.5, (Addition(100.0 - side * 4, 0.5),), targets_from=100.0)
    spec = spec_of(side, scale_in=ladder, trailing=ONE_BEHIND)
    state = planning.repriced(start(spec), 100.0 - side * 2, 100.0 - side * 1.75)
    (move,) = planning.target_filled(spec, state, 2, 100.0 + side * 18)[1]
    assert isinstance(move, MoveStop)
    assert move.level == pytest.approx(100.0 + side * 8, abs=1e-9)


@SIDES
def test_what_has_only_just_begun(side: int) -> None:
    distance = Trailing(TrailingKind.DISTANCE, 4.0)
    for trailing, on in (
        (None, False),
        (distance, True),
        (distance._replace(after_target=1), False),
        (distance._replace(at_r=1.0), False),
        (ONE_BEHIND, False),
    ):
        spec = spec_of(side, trailing=trailing)
        begun = planning.opened(spec, 100.0, 100.25, 7)
        assert repr(begun) == repr(PlanState(100.0, 100.25, spec.stop, 100.0, 0, False, on, 7))


@SIDES
def test_without_partial_closes_a_grid_is_entered_once(side: int) -> None:
    ladder = ScaleIn(0.5, (Addition(100.0 - side * 4, 0.5, 100.0),))
    assert ladder.is_grid
    once = spec_of(side, scale_in=ladder).allowing(frozenset()).scale_in
    assert once == ScaleIn(0.5, (Addition(100.0 - side * 4, 0.5),))
    assert not once.is_grid
    assert spec_of(side, scale_in=ladder).allowing(frozenset({AutoAction.PARTIAL_CLOSE})).scale_in is ladder


# ----------------------------------------------------------------------------------------------- what is worth a move


@SIDES
def test_a_better_average_entry_makes_no_old_price_a_new_best(side: int) -> None:
    spec = spec_of(side, breakeven=Breakeven(0, at_r=1.0), trailing=Trailing(TrailingKind.DISTANCE, 40.0))
    state, actions = see(spec, start(spec), 100.0 + side * 8)
    assert actions == []
    state = planning.repriced(state, 100.0 - side * 2, 100.0 - side * 1.75)
    assert see(spec, state, 100.0 + side * 7)[1] == [], "10 from 98 with 8 at risk, but not now"
    actions = see(spec, state, 100.0 + side * 8.125)[1]
    assert same(actions, MoveStop(100.0 - side * 1.75, PlanAction.BREAKEVEN))


@SIDES
def test_a_stop_that_is_there_already_is_not_moved(side: int) -> None:
    spec = spec_of(side, trailing=Trailing(TrailingKind.DISTANCE, 4.0))
    state = planning.stop_moved(see(spec, start(spec), 100.0 + side * 5)[0], 100.0 + side * 1)
    assert see(spec, state, 100.0 + side * 5)[1] == []
    assert not planning.trails(spec, state)
    state, actions = see(spec, state, 100.0 + side * 5.125)
    assert same(actions, MoveStop(100.0 + side * 1.125, PlanAction.TRAILING))
    assert planning.trails(spec, state)


@SIDES
def test_a_chandelier_hangs_by_the_present_volatility(side: int) -> None:
    spec = spec_of(side, trailing=Trailing(TrailingKind.CHANDELIER, 2.0, period=14))
    state, actions = see(spec, start(spec), 100.0 + side * 6)
    assert actions == [], "no candle has ended"
    assert not planning.trails(spec, state)
    assert planning.trails(spec, state, 2.0)
    assert not planning.trails(spec, state, 8.0)
    assert same(see(spec, state, 100.0 + side * 6, 2.0)[1], MoveStop(100.0 + side * 2, PlanAction.TRAILING))


@SIDES
def test_breakeven_is_worth_less_than_one_and_not_nothing(side: int) -> None:
    spec = spec_of(side, breakeven=Breakeven(1))
    paid_at = 100.0 + side * 0.25
    there = planning.stop_moved(start(spec), paid_at)
    state, actions = planning.target_filled(spec, there, 1, 100.0 + side * 10)
    assert actions == []
    assert state.breakeven_done
    nearly = planning.stop_moved(start(spec), paid_at - side * 0.125)
    # With the market that near, too.
    actions = planning.target_filled(spec, nearly, 1, paid_at + side * 0.125)[1]
    assert same(actions, MoveStop(paid_at, PlanAction.BREAKEVEN))


@SIDES
def test_breakeven_and_trailing_by_the_same_r(side: int) -> None:
    """Each is asked for where it is an improvement on the one before."""
    spec = spec_of(side, breakeven=Breakeven(0, at_r=1.0), trailing=Trailing(TrailingKind.DISTANCE, 4.0, at_r=1.0))
    state, actions = see(spec, start(spec), 100.0 + side * 10)
    assert same(
        actions,
        MoveStop(100.0 + side * 0.25, PlanAction.BREAKEVEN),
        MoveStop(100.0 + side * 6, PlanAction.TRAILING),
    )
    assert state.trailing_on
    wide = spec._replace(trailing=Trailing(TrailingKind.DISTANCE, 9.75, at_r=1.0))
    assert same(see(wide, start(wide), 100.0 + side * 10)[1], MoveStop(100.0 + side * 0.25, PlanAction.BREAKEVEN))


@SIDES
def test_a_risk_of_less_than_one_is_a_risk(side: int) -> None:
    spec = spec_of(side, breakeven=Breakeven(0, at_r=1.0))._replace(stop=100.0 - side * 0.5)
    assert see(spec, start(spec), 100.0 + side * 0.375)[1] == []
    actions = see(spec, start(spec), 100.0 + side * 0.5)[1]
    assert same(actions, MoveStop(100.0 + side * 0.25, PlanAction.BREAKEVEN))


@SIDES
def test_a_price_on_the_level_to_follow_to_is_through_it(side: int) -> None:
    spec = spec_of(side, trailing=Trailing(TrailingKind.DISTANCE, 4.0))
    reach, level = 100.0 + side * 10, 100.0 + side * 6
    for close, expected in (
        (level, ExitNow(PlanAction.TRAILING)),
        (level + side * 0.125, MoveStop(level, PlanAction.TRAILING)),
    ):
        actions = planning.observe(spec, start(spec), max(reach, close), min(reach, close), close, 1)[1]
        assert same(actions, expected)
