"""Positions that are entered in parts: the step of `step.walk` with further entries.

Plans without them pay nothing for this: what a ladder needs lies in records of its own, beside PLAN and STATE. It does
what `core.outcome.track` does with `core.plan.ScaleIn`, in the same order of float operations. `STATE.left` and
`STATE.gained` are then of the whole size: `left` is the share of it that is held.

A guardian knows nothing of this either. A position that waits for a further entry has a second slot, without a target,
whose stop is the level of that entry; the STOP of that slot is its wake-up.
"""

from __future__ import annotations

from typing import Any

from tradewind.core.kernel.jit import part
from tradewind.core.kernel.layout import CLOSED, NOTHING, OPEN, PENDING, STOP
from tradewind.core.kernel.prices import costs_covered, target_level, to_tick
from tradewind.core.kernel.step import enter, leave, observe, see, take


@part
def _aim(plan: Any, ladder: Any, rules: Any, state: Any, scale: Any) -> None:
    """The targets where they belong with the present average entry; see `core.plan.target_level`."""
    side = float(plan.side)
    for rung in range(plan.targets):
        level = target_level(plan, state, side, rung, ladder.targets_from)
        if ladder.targets_from != 0.0:
            level = to_tick(level, side < 0.0, rules.tick_units, rules.tick_scale)
        scale.levels[rung] = level


@part
def _average(state: Any, scale: Any, share: float, price: float, fee_in: float) -> None:
    entered = scale.entered + share
    entry = state.entry + (price - state.entry) * (share / entered)
    scale.fee_in = scale.fee_in + (fee_in - scale.fee_in) * (share * price / (entry * entered))
    scale.entered = entered
    state.entry = entry


@part
def _make_round_trips(plan: Any, ladder: Any, rules: Any, state: Any, scale: Any, reached: float) -> None:
    """The parts of a grid whose targets are reached leave, the last first, and their entries wait again."""
    side = float(plan.side)
    while scale.added > 0:
        number = scale.added
        target = ladder.targets[number - 1]
        if target == 0.0 or (reached - target) * side < 0.0:
            return
        price = scale.prices[number]
        per_unit = (target - price) * side - price * scale.rates[number] - target * rules.maker
        state.gained = state.gained + ladder.shares[number - 1] * per_unit
        scale.added = number - 1
        scale.round_trips += 1
        state.entry = scale.prices[0]
        scale.fee_in = scale.rates[0]
        scale.entered = ladder.first
        for each in range(1, number):
            _average(state, scale, ladder.shares[each - 1], scale.prices[each], scale.rates[each])
        state.left = scale.entered
        _cover(plan, rules, state, scale)


@part
def _add(plan: Any, ladder: Any, rules: Any, state: Any, scale: Any, price: float, fee_in: float) -> None:
    """The next addition fills at `price`."""
    share = ladder.shares[scale.added]
    before = state.left
    _average(state, scale, share, price, fee_in)
    scale.added += 1
    scale.prices[scale.added] = price
    scale.rates[scale.added] = fee_in
    state.left = state.left + share
    # What the units held so far have paid is now spread over more of them.
    state.funding = state.funding * (before / state.left)
    _cover(plan, rules, state, scale)
    _aim(plan, ladder, rules, state, scale)


@part
def _cover(plan: Any, rules: Any, state: Any, scale: Any) -> None:
    state.paid_at = costs_covered(
        float(plan.side), state.entry, scale.fee_in, rules.taker, rules.slippage, state.funding
    )


@part
def _waiting(plan: Any, ladder: Any, state: Any, scale: Any) -> bool:
    """Whether a further entry rests before the stop: what has begun to leave enters no more."""
    if scale.added == ladder.additions or state.filled != 0 or state.leaving != NOTHING:
        return False
    return bool((ladder.levels[scale.added] - state.stop) * float(plan.side) > 0.0)


@part
def _walk(  # noqa: PLR0912 - as `step.walk`, with one rule more
    plan: Any,
    ladder: Any,
    rules: Any,
    state: Any,
    scale: Any,
    rests: bool,
    opened: float,
    high: float,
    low: float,
    close: float,
    atr: float,
    end: int,
) -> None:
    side = float(plan.side)
    before = state.best
    adverse, favourable = (low, high) if side > 0.0 else (high, low)
    if high == low:
        opened = close
    # 0 the open, 1 the adverse extreme, 2 the favourable one, 3 the close; after an entry inside the bar 2 is left out.
    point = 0
    last = 0 if high == low or state.leaving != NOTHING else 3
    price = opened
    inside = False
    while point <= last:
        reached = close
        if point == 0:
            reached = opened
        elif point == 1:
            reached = adverse
        elif point == 2:
            reached = favourable
        stop = state.stop
        if (price - stop) * side > 0.0 and _waiting(plan, ladder, state, scale):
            level = ladder.levels[scale.added]
            if (reached - level) * side <= 0.0:
                gapped = (price - level) * side <= 0.0
                if gapped and not rests:
                    _add(plan, ladder, rules, state, scale, price, rules.taker)
                else:
                    _add(plan, ladder, rules, state, scale, level, rules.maker)
                if not gapped:
                    if point == 1:
                        # What was better in this bar may have been before.
                        inside = True
                        state.best = before
                    price = level
                    see(state, side, level)
                continue
        if (price - stop) * side <= 0.0 or (reached - stop) * side <= 0.0:
            level = price if (price - stop) * side <= 0.0 else stop
            see(state, side, level)
            reason = state.stop_reason if state.stop_reason != NOTHING else STOP
            leave(rules, state, side, level, scale.fee_in, reason)
            return
        see(state, side, reached)
        _make_round_trips(plan, ladder, rules, state, scale, reached)
        while state.filled < plan.targets and (reached - scale.levels[state.filled]) * side >= 0.0:
            level = scale.levels[state.filled]
            take(plan, rules, state, side, level, ladder.targets_from, scale.fee_in, scale.entered)
            if state.phase == CLOSED:
                return
        price = reached
        point += 2 if inside and point == 1 else 1
    if state.leaving != NOTHING:
        leave(rules, state, side, price, scale.fee_in, state.leaving)
        return
    observe(plan, rules, state, side, before, close, atr, end)


@part
def step_in_parts(
    plan: Any,
    ladder: Any,
    rules: Any,
    state: Any,
    scale: Any,
    opened: float,
    high: float,
    low: float,
    close: float,
    atr: float,
    funding: float,
    start: int,
    end: int,
) -> None:
    rests = state.phase == OPEN
    if state.phase == PENDING:
        enter(plan, rules, state, opened, start)
        if state.phase == OPEN:
            state.left = ladder.first
            scale.entered = ladder.first
            scale.fee_in = rules.taker
            scale.added = 0
            scale.round_trips = 0
            scale.prices[0] = state.entry
            scale.rates[0] = rules.taker
            _aim(plan, ladder, rules, state, scale)
    elif state.phase == OPEN and funding != 0.0:
        paid = float(plan.side) * funding
        state.funding = state.funding + paid
        state.gained = state.gained - state.left * paid
        _cover(plan, rules, state, scale)
    if state.phase == OPEN:
        _walk(plan, ladder, rules, state, scale, rests, opened, high, low, close, atr, end)


@part
def planned_risk(plan: Any, ladder: Any, scale: Any) -> float:
    """Way from the average entry of the whole ladder, its first part where it was entered, to the stop: R is that of
    the whole, however much of it was entered."""
    entry = ladder.first * scale.prices[0]
    for number in range(ladder.additions):
        entry = entry + ladder.shares[number] * ladder.levels[number]
    return abs(entry - plan.stop)  # type: ignore[no-any-return]
