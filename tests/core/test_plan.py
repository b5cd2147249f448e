"""The position plan: against a model written from the product's rules, mirrored, and rule by rule."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_model import Happening, PlanModel

from tradewind.core import plan as planning
from tradewind.core.costs import breakeven
from tradewind.core.plan import (
    Action,
    AutoAction,
    Breakeven,
    ExitNow,
    MoveStop,
    PlanAction,
    PlanSpec,
    PlanState,
    SkipMove,
    Target,
    Trailing,
    TrailingKind,
)
from tradewind.core.values import Rounding, quantise

#: Prices are multiples of 1/8, which floats hold exactly; so nothing here depends on how floats round.
TICK = Decimal("0.125")
PIVOT = 1024.0
MINUTE = 60_000


class Look(NamedTuple):
    """Prices seen up to a moment."""

    high: float
    low: float
    close: float
    at: int
    atr: float | None = None


class Rung(NamedTuple):
    """A target was executed with the market at `price`."""

    number: int
    price: float


class Again(NamedTuple):
    """The entry filled further."""

    entry: float
    paid_at: float


Happened = Look | Rung | Again

eighths = st.integers(1, 16_000).map(lambda count: count / 8)
distances = st.integers(1, 400).map(lambda count: count / 8)
multiples = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0, 3.0])


@st.composite
def specs(draw: st.DrawFn, percent: bool = True) -> tuple[PlanSpec, float]:
    """A plan and an entry price, mostly on the right side of the stop."""
    side = draw(st.sampled_from([1, -1]))
    entry = draw(st.integers(4000, 12_000)) / 8
    stop = entry - side * draw(distances) if draw(st.integers(0, 9)) else entry + side * draw(distances)
    levels = [
        entry + side * offset for offset in sorted(draw(st.lists(distances, min_size=1, max_size=4, unique=True)))
    ]
    offsets = st.just(0.0) | st.sampled_from([0.125, 1.5])
    rule = draw(st.none() | st.builds(Breakeven, st.integers(0, 3), st.just(0.0) | multiples, offsets))
    kinds = [kind for kind in TrailingKind if percent or kind is not TrailingKind.PERCENT]
    trailing = None
    if draw(st.booleans()):
        kind = draw(st.sampled_from(kinds))
        distance = draw(
            {
                TrailingKind.DISTANCE: distances,
                TrailingKind.PERCENT: st.sampled_from([2**-4, 2**-6, 2**-8]),
                TrailingKind.CHANDELIER: multiples,
                TrailingKind.MOVING_TARGET: st.just(0.0),
            }[kind]
        )
        step = draw(st.just(0.0) | distances)
        moving = kind is TrailingKind.MOVING_TARGET
        at_r = 0.0 if moving else draw(st.just(0.0) | multiples)
        trailing = Trailing(kind, distance, draw(st.integers(int(moving), 3)), at_r, step)
    targets = tuple(Target(level, 1 / len(levels)) for level in levels)
    return PlanSpec(side, stop, targets, rule, trailing, draw(st.just(0) | st.integers(1, 30))), entry


@st.composite
def lives(draw: st.DrawFn, percent: bool = True) -> tuple[PlanSpec, Again, list[Happened]]:
    """A plan, how it was entered, and what happened to it."""
    spec, entry = draw(specs(percent))
    side = spec.side

    def entered() -> Again:
        price = entry + draw(st.integers(-16, 16)) / 8
        return Again(price, price + side * draw(st.integers(-8, 40)) / 8)

    first = entered()
    price, at, rung = entry, 0, 0
    story: list[Happened] = []
    for _ in range(draw(st.integers(1, 25))):
        match draw(st.integers(0, 9)):
            case 0 if rung < len(spec.targets):
                rung += draw(st.integers(1, len(spec.targets) - rung))
                story.append(Rung(rung, spec.targets[rung - 1].level))
            case 1:
                story.append(entered())
            case _:
                if draw(st.integers(0, 3)):
                    at += 1
                moves = draw(st.lists(st.integers(-200, 200), min_size=1, max_size=3))
                path = [price, *(max(0.125, price + move / 8) for move in moves)]
                price = path[-1]
                if draw(st.booleans()):  # a tick
                    story.append(Look(price, price, price, at))
                else:
                    atr = draw(st.none() | distances)
                    story.append(Look(max(path), min(path), price, at, atr))
    return spec, first, story


def carried_out(
    spec: PlanSpec, state: PlanState, actions: list[Action], market: float
) -> tuple[PlanState, list[Happening]]:
    """What a shell makes of `actions`: levels go to the tick, no stop goes where the market is already, and what is no
    improvement is left alone."""
    told: list[Happening] = []
    for action in actions:
        match action:
            case MoveStop(level, why):
                price = float(quantise(level, TICK, planning.rounding_of(spec.side, why)))
                if (market - price) * spec.side <= 0:
                    told.append(("skip", why.value, None))
                elif (price - state.stop) * spec.side > 0:
                    state = planning.stop_moved(state, price)
                    told.append(("move", why.value, Fraction(price)))
            case SkipMove(_, why):
                told.append(("skip", why.value, None))
            case ExitNow(why):
                told.append(("exit", why.value, None))
    return state, told


def lived(spec: PlanSpec, first: Again, story: list[Happened]) -> tuple[list[list[Happening]], list[PlanState]]:
    """What the plan asked for at each step, up to an exit, and its states."""
    state = planning.opened(spec, first.entry, first.paid_at, 0)
    told: list[list[Happening]] = []
    states = [state]
    for happened in story:
        actions: list[Action] = []
        market = 0.0
        match happened:
            case Look(high, low, close, at, atr):
                market = close
                state, actions = planning.observe(spec, state, high, low, close, at, atr)
            case Rung(number, price):
                market = price
                state, actions = planning.target_filled(spec, state, number, price)
            case Again(entry, paid_at):
                state = planning.repriced(state, entry, paid_at)
        state, said = carried_out(spec, state, actions, market)
        told.append(said)
        states.append(state)
        if any(kind == "exit" for kind, *_ in said):
            break
    return told, states


def told_by_model(spec: PlanSpec, first: Again, story: list[Happened]) -> list[list[Happening]]:
    model = PlanModel(spec, TICK, Fraction(first.entry), Fraction(first.paid_at), 0)
    told: list[list[Happening]] = []
    for happened in story:
        match happened:
            case Look(high, low, close, at, atr):
                volatility = None if atr is None else Fraction(atr)
                told.append(model.seen(Fraction(high), Fraction(low), Fraction(close), at, volatility))
            case Rung(number, price):
                told.append(model.target_filled(number, Fraction(price)))
            case Again(entry, paid_at):
                model.repriced(Fraction(entry), Fraction(paid_at))
                told.append([])
        if model.left:
            break
    return told


@given(lives())
@settings(max_examples=1000, deadline=None)
def test_the_plan_does_what_the_rules_say(life: tuple[PlanSpec, Again, list[Happened]]) -> None:
    assert lived(*life)[0] == told_by_model(*life)


@given(lives())
@settings(max_examples=300, deadline=None)
def test_the_stop_never_loosens_and_the_best_price_never_worsens(life: tuple[PlanSpec, Again, list[Happened]]) -> None:
    spec = life[0]
    _, states = lived(*life)
    for before, after in pairwise(states):
        assert (after.stop - before.stop) * spec.side >= 0
        assert (after.best - before.best) * spec.side >= 0
        assert after.targets_filled >= before.targets_filled
        assert after.breakeven_done >= before.breakeven_done
        assert after.trailing_on >= before.trailing_on


def mirrored(happened: Happened) -> Happened:
    """`happened` with all prices reflected around the pivot."""
    match happened:
        case Look(high, low, close, at, atr):
            return Look(2 * PIVOT - low, 2 * PIVOT - high, 2 * PIVOT - close, at, atr)
        case Rung(number, price):
            return Rung(number, 2 * PIVOT - price)
        case Again(entry, paid_at):
            return Again(2 * PIVOT - entry, 2 * PIVOT - paid_at)


@given(lives(percent=False))
@settings(max_examples=500, deadline=None)
def test_long_and_short_are_mirror_images(life: tuple[PlanSpec, Again, list[Happened]]) -> None:
    spec, first, story = life
    other = spec._replace(
        side=-spec.side,
        stop=2 * PIVOT - spec.stop,
        targets=tuple(target._replace(level=2 * PIVOT - target.level) for target in spec.targets),
    )
    reflected = mirrored(first)
    assert isinstance(reflected, Again)
    told, states = lived(spec, first, story)
    told_there, states_there = lived(other, reflected, [mirrored(each) for each in story])
    assert told_there == [
        [(kind, why, None if level is None else Fraction(2 * PIVOT) - level) for kind, why, level in said]
        for said in told
    ]
    for here, there in zip(states, states_there, strict=True):
        assert (there.stop, there.best) == (2 * PIVOT - here.stop, 2 * PIVOT - here.best)


@given(lives(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_time_stop_changes_nothing_before_its_time(
    life: tuple[PlanSpec, Again, list[Happened]], data: st.DataObject
) -> None:
    """Rules do not depend on whether an unrelated one is set."""
    spec, first, story = life
    last = max((happened.at for happened in story if isinstance(happened, Look)), default=0)
    never, far = spec._replace(max_age_ms=0), spec._replace(max_age_ms=last + 1)
    assert lived(never, first, story) == lived(far, first, story)


# --------------------------------------------------------------------------------------------------------- rule by rule
# Actions are compared as written: tuples of different types with the same fields are equal.


def spec_of(side: int = 1, **rules: object) -> PlanSpec:
    """A plan entered at 100 with one R of 10."""
    base = 100.0
    return PlanSpec(
        side, base - side * 10.0, (Target(base + side * 10.0, 0.5), Target(base + side * 20.0, 0.5)), **rules
    )


def see(spec: PlanSpec, state: PlanState, price: float, at: int = 1) -> tuple[PlanState, list[Action]]:
    return planning.observe(spec, state, price, price, price, at)


@pytest.mark.parametrize("side", [1, -1])
class TestRules:
    def start(self, spec: PlanSpec) -> PlanState:
        return planning.opened(spec, 100.0, 100.0 + spec.side * 0.25, 0)

    def test_a_plain_plan_asks_for_nothing(self, side: int) -> None:
        spec = spec_of(side)
        for price in (100.0, 109.0, 91.0, 500.0, 1.0):
            assert see(spec, self.start(spec), price)[1] == []
        assert planning.target_filled(spec, self.start(spec), 1, 110.0)[1] == []

    def test_breakeven_by_target(self, side: int) -> None:
        spec = spec_of(side, breakeven=Breakeven(after_target=1))
        state, actions = planning.target_filled(spec, self.start(spec), 1, 100.0 + side * 10)
        assert repr(actions) == repr([MoveStop(100.0 + side * 0.25, PlanAction.BREAKEVEN)])
        assert planning.target_filled(spec, state, 2, 100.0 + side * 20)[1] == [], "once"

    def test_breakeven_by_r(self, side: int) -> None:
        spec = spec_of(side, breakeven=Breakeven(after_target=0, at_r=1.0))
        state, actions = see(spec, self.start(spec), 100.0 + side * 9.875)
        assert actions == []
        state, actions = see(spec, state, 100.0 + side * 10)
        assert repr(actions) == repr([MoveStop(100.0 + side * 0.25, PlanAction.BREAKEVEN)])
        assert see(spec, state, 100.0 + side * 11)[1] == [], "once"

    def test_breakeven_is_skipped_for_good_when_the_market_is_beyond(self, side: int) -> None:
        spec = spec_of(side, breakeven=Breakeven(after_target=0, at_r=1.0))
        reach, back = 100.0 + side * 10, 100.0 + side * 0.25
        high, low = max(reach, back), min(reach, back)
        state, actions = planning.observe(spec, self.start(spec), high, low, back, 1)
        assert repr(actions) == repr([SkipMove(100.0 + side * 0.25, PlanAction.BREAKEVEN)])
        assert see(spec, state, 100.0 + side * 15)[1] == []

    def test_breakeven_never_takes_back_what_a_trailing_stop_has_won(self, side: int) -> None:
        spec = spec_of(
            side,
            breakeven=Breakeven(after_target=1),
            trailing=Trailing(TrailingKind.DISTANCE, 2.0),
        )
        state, actions = see(spec, self.start(spec), 100.0 + side * 9)
        assert repr(actions) == repr([MoveStop(100.0 + side * 7, PlanAction.TRAILING)])
        state = planning.stop_moved(state, 100.0 + side * 7)
        assert planning.target_filled(spec, state, 1, 100.0 + side * 10)[1] == []

    @pytest.mark.parametrize(
        ("trailing", "expected"),
        [(Trailing(TrailingKind.DISTANCE, 4.0), 4.0), (Trailing(TrailingKind.PERCENT, 0.0625), None)],
    )
    def test_trailing_kinds(self, side: int, trailing: Trailing, expected: float | None) -> None:
        spec = spec_of(side, trailing=trailing)
        best = 100.0 + side * 12
        _, actions = see(spec, self.start(spec), best)
        distance = expected if expected is not None else 0.0625 * best
        assert repr(actions) == repr([MoveStop(best - side * distance, PlanAction.TRAILING)])

    def test_trailing_by_steps(self, side: int) -> None:
        spec = spec_of(side, trailing=Trailing(TrailingKind.DISTANCE, 4.0, step=2.0))
        state, actions = see(spec, self.start(spec), 100.0 + side * 1)
        assert repr(actions) == repr([MoveStop(100.0 - side * 3, PlanAction.TRAILING)])
        state = planning.stop_moved(state, 100.0 - side * 3)
        state, actions = see(spec, state, 100.0 + side * 2.875)
        assert actions == []
        _, actions = see(spec, state, 100.0 + side * 3)
        assert repr(actions) == repr([MoveStop(100.0 - side * 1, PlanAction.TRAILING)])

    def test_trailing_is_switched_on_by_a_target(self, side: int) -> None:
        spec = spec_of(side, trailing=Trailing(TrailingKind.DISTANCE, 1.0, after_target=2))
        state = self.start(spec)
        state, _ = see(spec, state, 100.0 + side * 19)
        state = planning.target_filled(spec, state, 1, 100.0 + side * 10)[0]
        assert see(spec, state, 100.0 + side * 19.5)[1] == []
        state = planning.target_filled(spec, state, 2, 100.0 + side * 20)[0]
        assert repr(see(spec, state, 100.0 + side * 19.5)[1]) == repr(
            [MoveStop(100.0 + side * 18.5, PlanAction.TRAILING)]
        )

    def test_trailing_is_switched_on_by_r_and_stays_on(self, side: int) -> None:
        spec = spec_of(side, trailing=Trailing(TrailingKind.DISTANCE, 4.0, at_r=1.0))
        state, actions = see(spec, self.start(spec), 100.0 + side * 9)
        assert actions == []
        state, actions = see(spec, state, 100.0 + side * 10)
        assert repr(actions) == repr([MoveStop(100.0 + side * 6, PlanAction.TRAILING)])

    def test_price_fell_through_the_trailing_level_before_it_was_set(self, side: int) -> None:
        spec = spec_of(side, trailing=Trailing(TrailingKind.DISTANCE, 4.0))
        reach, back = 100.0 + side * 10, 100.0 + side * 6
        _, actions = planning.observe(spec, self.start(spec), max(reach, back), min(reach, back), back, 1)
        assert repr(actions) == repr([ExitNow(PlanAction.TRAILING)])

    def test_time_stop(self, side: int) -> None:
        spec = spec_of(side, max_age_ms=10 * MINUTE)
        state = planning.opened(spec, 100.0, 100.25, 5 * MINUTE)
        assert see(spec, state, 100.0, 15 * MINUTE - 1)[1] == []
        assert repr(see(spec, state, 100.0, 15 * MINUTE)[1]) == repr([ExitNow(PlanAction.TIME_STOP)])

    def test_r_means_nothing_when_the_entry_is_beyond_the_stop(self, side: int) -> None:
        spec = spec_of(side, breakeven=Breakeven(0, 0.25), trailing=Trailing(TrailingKind.DISTANCE, 1.0, at_r=0.25))
        state = planning.opened(spec, 100.0 - side * 10, 100.0 - side * 9.75, 0)
        assert see(spec, state, 100.0 + side * 50)[1] == []

    def test_what_a_subscription_does_not_grant_is_left_out(self, side: int) -> None:
        spec = spec_of(side, breakeven=Breakeven(), trailing=Trailing(TrailingKind.DISTANCE, 1.0), max_age_ms=5)
        assert spec.allowing(frozenset(AutoAction)) == spec
        bare = spec.allowing(frozenset())
        assert bare == PlanSpec(side, spec.stop, (Target(spec.targets[0].level, 1.0),), None, None, 5)
        only = spec.allowing(frozenset({AutoAction.MOVE_TO_BREAKEVEN}))
        assert (only.breakeven, only.trailing, len(only.targets)) == (spec.breakeven, None, 1)
        only = spec.allowing(frozenset({AutoAction.TRAILING_STOP}))
        assert (only.breakeven, only.trailing, len(only.targets)) == (None, spec.trailing, 1)
        only = spec.allowing(frozenset({AutoAction.PARTIAL_CLOSE}))
        assert (only.breakeven, only.trailing, only.targets) == (None, None, spec.targets)

    def test_roundings_keep_the_promise_of_each_move(self, side: int) -> None:
        """A breakeven stop must pay for everything, a trailing one must not be tighter than was asked for."""
        nearer, further = (Rounding.UP, Rounding.DOWN) if side > 0 else (Rounding.DOWN, Rounding.UP)
        assert planning.rounding_of(side, PlanAction.BREAKEVEN) is nearer
        assert planning.rounding_of(side, PlanAction.TRAILING) is further


# ------------------------------------------------------------------------------------------------------------ breakeven


@given(
    side=st.sampled_from([1, -1]),
    ticks=st.integers(1, 10**7),
    tick=st.sampled_from([Decimal("0.01"), Decimal("0.5"), Decimal("0.00001")]),
    fee_in=st.integers(-30, 300),
    fee_out=st.integers(0, 300),
    slippage=st.integers(0, 300),
    funding=st.floats(-0.01, 0.01),
)
@settings(max_examples=500)
def test_closing_at_breakeven_pays_for_everything_and_asks_for_no_more(
    side: int, ticks: int, tick: Decimal, fee_in: int, fee_out: int, slippage: int, funding: float
) -> None:
    entry = ticks * tick
    rates = fee_in / 1e5, fee_out / 1e5, slippage / 1e5
    paid = funding * float(entry)
    level = breakeven(side, float(entry), *rates, paid)
    if level <= float(tick):
        return
    stop = quantise(level, tick, planning.rounding_of(side, PlanAction.BREAKEVEN))

    def net(at: Decimal) -> Fraction:
        """Per unit, with the exit filled `slippage` worse than `at` and its fee charged on that."""
        price, cost = Fraction(at), Fraction(entry)
        got = price * (1 - side * Fraction(rates[2]))
        return (got - cost) * side - cost * Fraction(rates[0]) - got * Fraction(rates[1]) - Fraction(paid)

    noise = Fraction(entry) / 10**12
    # The rule adds fee and slippage where they really multiply: at most their product in somebody's favour.
    product = Fraction(stop.value) * Fraction(rates[1]) * Fraction(rates[2])
    assert net(stop.value) >= -noise - (product if side < 0 else 0)
    nearer = stop.value - side * tick
    if nearer > 0:
        assert net(nearer) < noise + product, "one tick less would not pay"
