"""The step: what one stretch of prices does to one position. Every driver calls this and nothing else decides.

It is `core.outcome.track` of an open position with `core.plan` inside it, with the same order of float operations, and
knows more: chandelier and moving-target trailing, an offset beyond breakeven, funding, worse fills. Its specification
is `tests/core/kernel_model.py`.

A bar is walked as `core.matching` says: against the position first (open → low → high → close for a long), the stop
before targets, what is gapped over at the open. What the plan decides at a bar's end holds from the next bar on.

`plan`, `rules` and `state` are one row each of `PLAN`, `ASSUMPTIONS` and `STATE`.
"""

from __future__ import annotations

from typing import Any

from tradewind.core.kernel.jit import part
from tradewind.core.kernel.layout import (
    BREAKEVEN,
    CLOSED,
    MOVING_TARGET,
    NOT_TRAILING,
    NOTHING,
    OPEN,
    PENDING,
    REFUSED,
    STOP,
    TARGET,
    TIME_STOP,
    TRAILING,
)
from tradewind.core.kernel.prices import costs_covered, net, target_level, to_tick, trailing_level


@part
def enter(plan: Any, rules: Any, state: Any, price: float, at: int) -> None:
    """Enter at market with `price` there."""
    side = float(plan.side)
    if (price - plan.stop) * side <= 0.0 and rules.textbook == 0:
        state.phase = REFUSED
        return
    price = price * (1.0 + side * rules.worse)
    state.phase = OPEN
    state.entry = price
    state.paid_at = costs_covered(side, price, rules.taker, rules.taker, rules.slippage, 0.0)
    state.stop = plan.stop
    state.best = price
    state.worst = price
    state.left = 1.0
    state.gained = 0.0
    state.funding = 0.0
    state.exit = 0.0
    state.opened_at = at
    state.filled = 0
    state.breakeven_done = 0
    state.trailing_on = (
        plan.trailing not in (NOT_TRAILING, MOVING_TARGET) and plan.trailing_after == 0 and plan.trailing_at_r == 0.0
    )
    state.stop_reason = NOTHING
    state.leaving = NOTHING
    state.end = NOTHING


@part
def charge(plan: Any, rules: Any, state: Any, funding: float) -> None:
    """Pay `funding` (received when negative, for a long), quote currency per unit of base."""
    side = float(plan.side)
    paid = side * funding
    state.funding = state.funding + paid
    state.gained = state.gained - state.left * paid
    state.paid_at = costs_covered(side, state.entry, rules.taker, rules.taker, rules.slippage, state.funding)


@part
def walk(
    plan: Any,
    rules: Any,
    state: Any,
    opened: float,
    high: float,
    low: float,
    close: float,
    atr: float,
    end: int,
) -> None:
    """An open position after a bar that ends at `end`."""
    side = float(plan.side)
    before = state.best
    adverse, favourable = (low, high) if side > 0.0 else (high, low)
    points = 4
    if high == low:
        opened = close
        points = 1
    if state.leaving != NOTHING:
        points = 1
    price = opened
    for point in range(points):
        if point == 0:
            reached = opened
        elif point == 1:
            reached = adverse
        elif point == 2:
            reached = favourable
        else:
            reached = close
        stop = state.stop
        if (price - stop) * side <= 0.0 or (reached - stop) * side <= 0.0:
            level = price if (price - stop) * side <= 0.0 else stop
            see(state, side, level)
            leave(rules, state, side, level, rules.taker, state.stop_reason if state.stop_reason != NOTHING else STOP)
            return
        see(state, side, reached)
        while state.filled < plan.targets and (reached - plan.levels[state.filled]) * side >= 0.0:
            take(plan, rules, state, side, plan.levels[state.filled], 0.0, rules.taker, 1.0)
            if state.phase == CLOSED:
                return
        price = reached
    if state.leaving != NOTHING:
        leave(rules, state, side, price, rules.taker, state.leaving)
        return
    observe(plan, rules, state, side, before, close, atr, end)


@part
def walk_by_textbook(
    plan: Any,
    rules: Any,
    state: Any,
    opened: float,
    high: float,
    low: float,
    close: float,
    atr: float,
    end: int,
) -> None:
    """As `walk` under the rule `textbook` of `ASSUMPTIONS`. Of the bar in which it ends only the exit price is seen."""
    side = float(plan.side)
    if state.leaving != NOTHING:
        see(state, side, opened)
        leave(rules, state, side, opened, rules.taker, state.leaving)
        return
    adverse, favourable = (low, high) if side > 0.0 else (high, low)
    stop = state.stop
    if (adverse - stop) * side <= 0.0:
        level = opened if (opened - stop) * side <= 0.0 else stop
        see(state, side, level)
        leave(rules, state, side, level, rules.taker, state.stop_reason if state.stop_reason != NOTHING else STOP)
        return
    while state.filled < plan.targets and (favourable - plan.levels[state.filled]) * side >= 0.0:
        level = plan.levels[state.filled]
        price = opened if (opened - level) * side >= 0.0 else level
        take(plan, rules, state, side, price, 0.0, rules.taker, 1.0)
        if state.phase == CLOSED:
            see(state, side, price)
            return
    if (close - state.stop) * side <= 0.0:
        # A target has moved the stop beyond the close, so the price came back through it.
        see(state, side, state.stop)
        leave(rules, state, side, state.stop, rules.taker, state.stop_reason)
        return
    before = state.best
    see(state, side, adverse)
    see(state, side, favourable)
    observe(plan, rules, state, side, before, close, atr, end)


@part
def step(
    plan: Any,
    rules: Any,
    state: Any,
    opened: float,
    high: float,
    low: float,
    close: float,
    atr: float,
    funding: float,
    start: int,
    end: int,
) -> None:
    """One position after one bar, from a pending entry to its end; nothing for those that are over."""
    if state.phase == PENDING:
        enter(plan, rules, state, opened, start)
    elif state.phase == OPEN and funding != 0.0:
        charge(plan, rules, state, funding)
    if state.phase == OPEN:
        if rules.textbook != 0:
            walk_by_textbook(plan, rules, state, opened, high, low, close, atr, end)
        else:
            walk(plan, rules, state, opened, high, low, close, atr, end)


@part
def trailing_is_due(plan: Any, state: Any) -> bool:
    """Whether a stop that follows at a fixed distance or fraction would be moved even without a new best price."""
    if state.trailing_on == 0:
        return False
    side = float(plan.side)
    level = trailing_level(side, plan.trailing, plan.trailing_distance, state.best, 0.0)
    gain = (level - state.stop) * side
    return bool(gain > 0.0 and gain >= plan.trailing_step)


@part
def see(state: Any, side: float, price: float) -> None:
    if (price - state.best) * side > 0.0:
        state.best = price
    elif (price - state.worst) * side < 0.0:
        state.worst = price


@part
def leave(rules: Any, state: Any, side: float, price: float, fee_in: float, end: int) -> None:
    """Close what is left at market; `fee_in` is the rate paid on the entry."""
    price = price * (1.0 - side * rules.worse)
    state.gained = state.gained + state.left * net(state, side, price, fee_in, rules.taker)
    state.left = 0.0
    state.exit = price
    state.end = end
    state.phase = CLOSED


@part
def take(
    plan: Any, rules: Any, state: Any, side: float, price: float, targets_from: float, fee_in: float, entered: float
) -> None:
    """The next rung of the ladder fills at `price`; `entered` is the share of the whole size that its shares count
    from, `targets_from` as in `core.plan.ScaleIn`."""
    share = plan.shares[state.filled] * entered
    state.filled += 1
    per_unit = net(state, side, price, fee_in, rules.maker)
    if state.filled == plan.targets:
        state.gained = state.gained + state.left * per_unit
        state.left = 0.0
        state.exit = price
        state.end = TARGET
        state.phase = CLOSED
        return
    state.gained = state.gained + share * per_unit
    state.left = state.left - share
    in_force = state.stop
    level = state.paid_at + side * plan.breakeven_offset
    wanted = False
    if plan.breakeven != 0 and state.breakeven_done == 0 and 0 < plan.breakeven_after <= state.filled:
        state.breakeven_done = 1
        wanted = (level - state.stop) * side > 0.0 and (price - level) * side > 0.0
        if wanted:
            in_force = level
    if plan.trailing == MOVING_TARGET:
        if wanted:
            _move(rules, state, side, level, BREAKEVEN, price)
        if state.filled >= plan.trailing_after:
            behind = state.filled - plan.trailing_after
            follow = state.paid_at
            if behind != 0:
                follow = target_level(plan, state, side, behind - 1, targets_from)
            gain = (follow - in_force) * side
            if gain > 0.0 and gain >= plan.trailing_step and (price - follow) * side > 0.0:
                _move(rules, state, side, follow, TRAILING, price)
        return
    if plan.trailing != NOT_TRAILING and 0 < plan.trailing_after <= state.filled:
        state.trailing_on = 1
    if wanted:
        _move(rules, state, side, level, BREAKEVEN, price)


@part
def observe(plan: Any, rules: Any, state: Any, side: float, before: float, close: float, atr: float, at: int) -> None:  # noqa: PLR0912 - one rule after the other, as in core.plan
    """As `core.plan.observe` and what a shell makes of its answer; `before` is the best price before this bar."""
    further = (state.best - before) * side > 0.0
    if not further and state.trailing_on == 0 and plan.max_age_ms == 0:
        return
    if plan.max_age_ms != 0 and at - state.opened_at >= plan.max_age_ms:
        state.leaving = TIME_STOP
        return
    gained_r = 0.0
    if further:
        risk = (state.entry - plan.stop) * side
        if risk > 0.0:
            gained_r = (state.best - state.entry) * side / risk
    in_force = state.stop
    covered = state.paid_at + side * plan.breakeven_offset
    to_breakeven = False
    if (
        plan.breakeven != 0
        and state.breakeven_done == 0
        and plan.breakeven_at_r > 0.0
        and gained_r >= plan.breakeven_at_r
    ):
        state.breakeven_done = 1
        # Beyond it the market already is, or further the stop: then it is skipped for good.
        to_breakeven = (covered - state.stop) * side > 0.0 and (close - covered) * side > 0.0
        if to_breakeven:
            in_force = covered
    leaves = False
    follows = False
    level = 0.0
    if plan.trailing not in (NOT_TRAILING, MOVING_TARGET):
        if state.trailing_on == 0 and plan.trailing_at_r > 0.0 and gained_r >= plan.trailing_at_r:
            state.trailing_on = 1
        if state.trailing_on != 0:
            level = trailing_level(side, plan.trailing, plan.trailing_distance, state.best, atr)
            gain = (level - in_force) * side
            if gain > 0.0 and gain >= plan.trailing_step:
                leaves = (close - level) * side <= 0.0
                follows = not leaves
    if to_breakeven:
        _move(rules, state, side, covered, BREAKEVEN, close)
    if follows:
        _move(rules, state, side, level, TRAILING, close)
    elif leaves:
        state.leaving = TRAILING


@part
def _move(rules: Any, state: Any, side: float, level: float, reason: int, market: float) -> None:
    """The stop to `level`, if that is still better on the tick and on the right side of the market.

    Breakeven must not fall short of its costs, and a trailing stop must not be tighter than was asked for.
    """
    level = to_tick(level, (reason == BREAKEVEN) == (side > 0.0), rules.tick_units, rules.tick_scale)
    if (level - state.stop) * side > 0.0 and (market - level) * side > 0.0:
        state.stop = level
        state.stop_reason = reason
