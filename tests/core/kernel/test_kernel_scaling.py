"""Positions entered in parts: to the bit what the model says, and what the live implementation does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import repeat

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core.kernel.test_kernel_step import (
    ENDS,
    PHASES,
    bars_of,
    flat,
    hexed,
    markets,
    plans_at,
    row_of,
    rules_of,
    runs_of_bars,
)
from tests.core.kernel_model import Bar, BreakevenRule, Ladder, Market, Plan, Position, TrailingRule
from tradewind.core import kernel
from tradewind.core.costs import Costs
from tradewind.core.kernel import KernelInputError, layout
from tradewind.core.matching import Stretch
from tradewind.core.outcome import WAITING, SignalPhase, Tracking, track
from tradewind.core.plan import Addition, Breakeven, PlanSpec, ScaleIn, Target, Trailing, TrailingKind

#: Textbooks enter whole positions.
venues = markets.map(lambda market: replace(market, textbook=False))


def grid_of(plan: Plan, price: float, additions: tuple[tuple[float, float], ...]) -> Plan:
    """`plan` as a grid: each part leaves one level on, the first at the farthest target there was."""
    first = 1.0 - sum(share for _, share in additions)
    trips = (price, *(level for level, _ in additions[:-1]))
    return replace(
        plan,
        targets=((plan.targets[-1][0], 1.0),),
        breakeven=None,
        trailing=None,
        ladder=Ladder(first, additions, trips=trips),
    )


@st.composite
def lives(draw: st.DrawFn) -> tuple[Plan, Market, list[Bar]]:
    bars = draw(runs_of_bars())
    price = bars[0].open
    plan = draw(plans_at(price))
    side, room = plan.side, (price - plan.stop) * plan.side
    if room <= 0:
        return plan, draw(venues), bars
    parts = sorted(draw(st.lists(st.sampled_from([0.1, 0.25, 0.4, 0.5, 0.75, 0.9]), min_size=1, max_size=4)))
    weights = draw(st.lists(st.sampled_from([0.05, 0.1, 0.2]), min_size=len(parts), max_size=len(parts)))
    additions = tuple((price - side * part * room, weight) for part, weight in zip(parts, weights, strict=True))
    if len(set(parts)) == len(parts) and draw(st.booleans()):
        return grid_of(plan, price, additions), draw(venues), bars
    return (
        replace(plan, ladder=Ladder(1.0 - sum(weights), additions, draw(st.sampled_from([0.0, price])))),
        draw(venues),
        bars,
    )


def spec_of(plan: Plan) -> PlanSpec:
    rule, follow, ladder = plan.breakeven, plan.trailing, plan.ladder
    return PlanSpec(
        plan.side,
        plan.stop,
        tuple(Target(*target) for target in plan.targets),
        Breakeven(rule.after_target, rule.at_r, rule.offset) if rule else None,
        Trailing(TrailingKind(follow.follows), follow.distance, follow.after_target, follow.at_r, follow.step)
        if follow
        else None,
        plan.max_age_ms,
        ScaleIn(
            ladder.first,
            tuple(
                Addition(*each, target)
                for each, target in zip(ladder.additions, ladder.trips or repeat(0.0), strict=False)
            ),
            ladder.targets_from,
        )
        if ladder
        else None,
    )


@given(lives())
@settings(max_examples=400, deadline=None)
def test_one_bar_for_many_positions_does_what_the_model_says(life: tuple[Plan, Market, list[Bar]]) -> None:
    plan, market, bars = life
    data, rules = bars_of(bars), rules_of(market)
    whole, parts = kernel.ladders([spec_of(plan)] * 2)
    model, states, scales = Position(plan, market), kernel.states(2), np.zeros(2, dtype=kernel.SCALE)
    states["phase"][1] = layout.EMPTY
    for number, bar in enumerate(bars):
        model.step(bar)
        kernel.step_bar_in_parts(data, number, whole, parts, states, scales, rules)
        state, scale = states[0], scales[0]
        assert state["phase"] == PHASES[model.phase]
        if model.phase == "refused":
            break
        names = ("entry", "stop", "best", "worst", "left", "gained", "funding", "exit")
        assert hexed(*(state[name] for name in names)) == hexed(*(getattr(model, name) for name in names))
        assert hexed(scale["entered"], scale["fee_in"]) == hexed(model.entered, model.fee_in)
        assert (scale["added"], scale["round_trips"]) == (model.added, len(model.round_trips))
        assert (state["filled"], state["end"]) == (model.filled, ENDS[model.end] if model.end else 0)
        assert 0.0 <= state["left"] <= scale["entered"] <= 1.0 + 1e-12, "never more than was agreed"
        free = market.worse == 0 and not any(each.funding for each in bars)
        if model.end == "stop" and plan.ladder and plan.ladder.trips and free:
            rest = sum(
                share * ((model.exit - paid) * plan.side - paid * fee - model.exit * market.taker)
                for share, (paid, fee) in zip(
                    (plan.ladder.first, *(share for _, share in plan.ladder.additions)), model.parts, strict=False
                )
            )
            # To within what is lost of prices around 1,000, where gains and losses are nearly equal.
            assert model.gained == pytest.approx(sum(model.round_trips) + rest, abs=1e-9), "each part at its own price"
    assert states["phase"][1] == layout.EMPTY


@given(lives(), st.data())
@settings(max_examples=300, deadline=None)
def test_a_series_of_entries_does_what_the_model_says(
    life: tuple[Plan, Market, list[Bar]], data: st.DataObject
) -> None:
    plan, market, bars = life
    rows = sorted(data.draw(st.sets(st.integers(0, len(bars) - 1), min_size=1)))
    checked = bars_of(bars)
    whole, parts = kernel.ladders([spec_of(plan)] * len(rows))
    trades = kernel.backtest_in_parts(checked, kernel.entries(checked, rows), whole, parts, rules_of(market))
    expected, free_from = [], 0
    for signal, row in enumerate(rows):
        if row < free_from:
            continue
        position = Position(plan, market)
        for number in range(row, len(bars)):
            position.step(bars[number])
            if position.phase != "open":
                break
        if position.phase == "refused":
            continue
        if position.phase == "open":
            break
        free_from = number + 1
        risk = abs(position.planned - plan.stop)
        expected.append([signal, row, number, *hexed(position.entry, position.exit, position.gained, risk)])
    assert [
        [int(trade[name]) for name in ("signal", "entry_bar", "exit_bar")]
        + hexed(*(trade[name] for name in ("entry", "exit", "gained", "risk")))
        for trade in trades
    ] == expected


#: A target that has moved with the average, and a stop that moves to it if that is worth a step: the step is counted
#: to where the target belongs, not to its tick.
ON_A_COARSE_TICK = Plan(
    -1,
    1000.125,
    ((999.875, 0.25), (989.875, 0.25), (985.0, 0.25), (985.0, 0.25)),
    BreakevenRule(3, 0.0, 1.5),
    TrailingRule("moving_target", 0.125, 1, 0.0, 8.0),
    ladder=Ladder(0.95, ((1000.0125, 0.05),), 1000.0),
)


@given(lives())
@example((ON_A_COARSE_TICK, Market(slippage=0.0006, tick=Decimal(5)), [Bar(60_000, 120_000, 1000, 1000, 985, 985)]))
@settings(max_examples=400, deadline=None)
def test_the_live_implementation_agrees_to_the_last_bit(life: tuple[Plan, Market, list[Bar]]) -> None:
    plan, market, bars = life
    bars = [bar._replace(funding=0.0) for bar in bars]
    tick = market.tick or Decimal("0.00000001")
    market = replace(market, worse=0.0, textbook=False, tick=tick)
    spec = spec_of(plan)
    costs = Costs(maker=market.maker, taker=market.taker, slippage=market.slippage, half_spread=0.0)
    tracked = Tracking(spec, 1e9 if plan.side > 0 else 1e-9, 2**60, tick, costs)
    outcome, checked = WAITING, bars_of(bars)
    states, scales = kernel.states(1), np.zeros(1, dtype=kernel.SCALE)
    whole, parts = kernel.ladders([spec])
    for number, bar in enumerate(bars):
        stretch = Stretch(bar.start, bar.end, bar.open, bar.high, bar.low, bar.close, 1.0)
        outcome, _ = track(tracked, outcome, stretch, bar.atr)
        kernel.step_bar_in_parts(checked, number, whole, parts, states, scales, rules_of(market))
        state = states[0]
        if outcome.phase is SignalPhase.NOT_FILLED:
            assert state["phase"] == layout.REFUSED
            return
        assert outcome.plan is not None
        assert (state["phase"] == layout.CLOSED) == (outcome.phase is SignalPhase.CLOSED)
        names = ("entry", "best", "worst", "left", "gained", "stop", "paid_at")
        expected = (
            *(outcome.entry, outcome.best, outcome.worst, outcome.left, outcome.gained),
            *(outcome.plan.stop, outcome.plan.paid_at),
        )
        assert hexed(*(state[name] for name in names)) == hexed(*expected)
        assert (scales["added"][0], scales["round_trips"][0]) == (outcome.added, outcome.round_trips)


@given(runs_of_bars(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_plan_that_is_entered_whole_is_the_plain_one(bars: list[Bar], data: st.DataObject) -> None:
    plan, market = data.draw(plans_at(bars[0].open)), data.draw(venues)
    checked, rules = bars_of(bars), rules_of(market)
    whole, parts = kernel.ladders([spec_of(plan)])
    assert whole.tobytes() == row_of(plan).tobytes()
    plain, states, scales = kernel.states(1), kernel.states(1), np.zeros(1, dtype=kernel.SCALE)
    for number in range(len(bars)):
        kernel.step_bar(checked, number, whole, plain, rules)
        kernel.step_bar_in_parts(checked, number, whole, parts, states, scales, rules)
        assert plain.tobytes() == states.tobytes()


def test_the_risk_of_what_was_entered_by_a_part_is_that_of_the_whole() -> None:
    """A quarter in at 100, out at 104: of the 13.75 that 100, 95 and 90 would lose by 80, not of 20."""
    data = bars_of(flat(0, 100, 105))
    whole, parts = kernel.ladders([spec_of(PLAN)])
    (trade,) = kernel.backtest_in_parts(data, kernel.entries(data, [0]), whole, parts, rules_of(Market()))
    assert (trade["entry"], trade["gained"], trade["risk"]) == (100.0, pytest.approx(1.0), 13.75)


GRID = Plan(1, 80.0, ((105.0, 1.0),), ladder=Ladder(0.25, ((95.0, 0.25), (90.0, 0.5)), trips=(100.0, 95.0)))


def test_a_grid_by_hand() -> None:
    """Down two levels, up one, down and up again within a candle, and out at the top."""
    market = Market(maker=0.001, taker=0.002)
    bars = [
        *flat(0, 100),
        Bar(1, 2, 100, 101, 94, 96),  # the first level is entered; what it closes at is below its target
        Bar(2, 3, 96, 97, 89, 91),  # the second is
        Bar(3, 4, 91, 96, 90.5, 95.5),  # the second leaves at 95
        Bar(4, 5, 95.5, 96, 89, 95),  # it is entered again, and leaves again: the close is at its target
        Bar(5, 6, 95, 99, 91, 92),  # nothing: entries at 90, targets at 100
        Bar(6, 7, 92, 100, 91, 97),  # the first level leaves at 100
        Bar(7, 8, 97, 98, 94, 96),  # and is entered again
        Bar(8, 9, 96, 106, 95.5, 104),  # both leave: the first level at 100, what was entered first at 105
    ]
    done = lived(GRID, bars, market)
    assert (done.end, done.exit, done.phase) == ("target", 105.0, "closed")
    second = 0.5 * (95 - 90 - 0.001 * (95 + 90))
    first = 0.25 * (100 - 95 - 0.001 * (100 + 95))
    assert done.round_trips == pytest.approx([second, second, first, first])
    last = 0.25 * (105 - 100 - 0.002 * 100 - 0.001 * 105)
    assert done.gained == pytest.approx(sum(done.round_trips) + last)


def test_no_round_trip_is_credited_that_the_candle_may_not_have_contained() -> None:
    held = [*flat(0, 100), Bar(1, 2, 96, 96, 94, 96)]
    assert lived(GRID, [*held, Bar(2, 3, 96, 99, 89, 94)]).round_trips == [], "95 may have come before 90"
    twice = lived(GRID, [*held, Bar(2, 3, 96, 101, 91, 95)])
    assert len(twice.round_trips) == 1, "left at 100, entered again on the way to the close"
    assert twice.added == 1
    once = lived(GRID, [*held, *flat(2, 90), Bar(3, 4, 91, 101, 91, 95)])
    assert (len(once.round_trips), once.added) == (2, 1), "90 was reached before, or never again"


LADDER = Ladder(0.25, ((95.0, 0.25), (90.0, 0.5)), 100.0)
PLAN = Plan(1, 80.0, ((104.0, 1.0),), ladder=LADDER)


def lived(plan: Plan, bars: list[Bar], market: Market | None = None) -> Position:
    position = Position(plan, market or Market())
    for bar in bars:
        position.step(bar)
    return position


def test_the_target_counts_from_the_average_entry() -> None:
    assert lived(PLAN, flat(0, 100, 95)).entry == 97.5
    market = Market(tick=Decimal("0.5"))
    done = lived(PLAN, flat(0, 100, 95, 101.5), market)
    assert (done.end, done.gained) == ("target", 0.5 * 4.0)
    fixed = replace(PLAN, ladder=replace(LADDER, targets_from=0.0))
    assert lived(fixed, flat(0, 100, 95, 101.5), market).phase == "open"


def test_the_stop_leaves_with_everything_that_was_entered() -> None:
    done = lived(PLAN, flat(0, 100, 95, 90, 79))
    assert done.end == "stop"
    assert done.gained == 0.25 * (79 - 100) + 0.25 * (79 - 95) + 0.5 * (79 - 90)


def test_breakeven_pays_for_the_average_entry_and_all_its_fees() -> None:
    market = Market(maker=0.001, taker=0.002)
    plan = replace(PLAN, breakeven=BreakevenRule(0, 0.2))
    moved = lived(plan, flat(0, 100, 95, 101.4), market)
    paid = 0.25 * 100 * 1.002 + 0.25 * 95 * 1.001
    assert moved.stop * 0.5 * (1 - 0.002) == pytest.approx(paid)


def test_bad_ladders_are_refused_by_name() -> None:
    whole, parts = kernel.ladders([spec_of(PLAN)])
    for field, change in (
        ("levels", {"levels": [79.0, 78.0]}),
        ("levels", {"levels": [90.0, 95.0]}),
        ("levels", {"levels": [np.nan, 90.0]}),
        ("shares", {"shares": [0.5, 0.5]}),
        ("shares", {"shares": [0.0, 0.75]}),
        ("additions", {"additions": 11}),
        ("targets_from", {"targets_from": -1.0}),
        ("targets", {"targets": [94.0, 92.0]}),
        ("targets", {"targets": [100.0, np.nan]}),
        ("targets", {"targets": [96.0, 97.0]}),
        ("targets", {"targets": [104.0, 95.0]}),
    ):
        bad = parts.copy()
        for name, value in change.items():
            if isinstance(value, list):
                bad[name][0, :2] = value
            else:
                bad[name] = value
        with pytest.raises(KernelInputError) as caught:
            kernel.checked_ladders(whole, bad)
        assert caught.value.field == f"ladders.{field}"


def test_inputs_that_cannot_be_lived_are_refused_by_name() -> None:
    spec, bars = spec_of(PLAN), bars_of(flat(0, 100, 100))
    whole, parts = kernel.ladders([spec])
    states, scales, rules = kernel.states(1), np.zeros(1, dtype=kernel.SCALE), rules_of(Market())
    crowded = PlanSpec(1, 80.0, spec.targets, scale_in=ScaleIn(0.5, (Addition(90.0, 0.01),) * 50))
    chandelier, its_parts = kernel.ladders([spec._replace(trailing=Trailing(TrailingKind.CHANDELIER, 3.0, period=22))])
    textbook = rules_of(replace(Market(), textbook=True))
    once, twice = kernel.entries(bars, [0]), kernel.entries(bars, [0, 1])
    for field, ask in (
        ("ladders.additions", lambda: kernel.ladders([crowded])),
        ("ladders", lambda: kernel.checked_ladders(whole, np.repeat(parts, 2))),
        ("positions", lambda: kernel.step_bar_in_parts(bars, 0, whole, parts, kernel.states(2), scales, rules)),
        ("scales", lambda: kernel.step_bar_in_parts(bars, 0, whole, parts, states, scales.repeat(2), rules)),
        ("row", lambda: kernel.step_bar_in_parts(bars, 2, whole, parts, states, scales, rules)),
        ("row", lambda: kernel.step_bar_in_parts(bars, -1, whole, parts, states, scales, rules)),
        ("atr", lambda: kernel.step_bar_in_parts(no_atr(bars), 0, chandelier, its_parts, states, scales, rules)),
        ("rules.textbook", lambda: kernel.step_bar_in_parts(bars, 0, whole, parts, states, scales, textbook)),
        ("plans", lambda: kernel.backtest_in_parts(bars, twice, whole, parts, rules)),
        ("atr", lambda: kernel.backtest_in_parts(no_atr(bars), once, chandelier, its_parts, rules)),
        ("rules.textbook", lambda: kernel.backtest_in_parts(bars, once, whole, parts, textbook)),
    ):
        with pytest.raises(KernelInputError) as caught:
            ask()
        assert caught.value.field == field
    assert states == kernel.states(1), "nothing was lived"
    none, no_parts = kernel.ladders([])
    assert not len(kernel.backtest_in_parts(bars, kernel.entries(bars, []), none, no_parts, rules))


def no_atr(bars: kernel.Bars) -> kernel.Bars:
    return bars._replace(atr=np.full(len(bars.ts), np.nan))


def test_a_guardian_wakes_at_the_next_entry_by_a_second_slot() -> None:
    rows = np.zeros(2, dtype=kernel.GUARDED)
    rows["side"], rows["stop"], rows["target"], rows["closes"] = 1, [80.0, 95.0], [104.0, np.inf], 1
    guardian = kernel.Guardian(1, rows)
    held, waits = guardian.slots
    told = guardian.run([0, 0], [96.0, 94.0], [0, 1])
    assert [(int(each["slot"]), float(each["level"])) for each in told] == [(int(waits), 95.0)]
    rows["stop"][1], rows["target"][0] = 90.0, 101.5
    held, waits = guardian.rearm([held], rows[:1])[0], guardian.open(rows[1:])[0]
    told = guardian.run([0], [79.0], [2])
    assert [int(each["slot"]) for each in told] == [int(waits), int(held)], "the entry before the stop"
