"""The compiled half of the drivers: the loops around the one step. Their inputs were checked by `drivers`."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from tradewind.core.kernel import step as stepping
from tradewind.core.kernel.jit import compiled, part
from tradewind.core.kernel.layout import (
    ASSUMPTIONS,
    CHANDELIER,
    CLOSED,
    DISTANCE,
    MOVING_TARGET,
    NOT_TRAILING,
    NOTHING,
    OPEN,
    PENDING,
    PLAN,
    REFUSED,
    STATE,
    SUMMARY,
    TRADE,
)

# Read-only, so that columns of a file may be given as they are.
_f8 = numba.types.Array(numba.float64, 1, "C", readonly=True)
_i8 = numba.types.Array(numba.int64, 1, "C", readonly=True)


def rows_of(dtype: np.dtype[np.void]) -> Any:
    return numba.types.Array(numba.from_dtype(dtype), 1, "C")


_PLANS, _STATES, _RULES = rows_of(PLAN), rows_of(STATE), rows_of(ASSUMPTIONS)
BARS = (_i8, _f8, _f8, _f8, _f8, _f8, _f8, _i8, numba.int64)
_enter, _step, _is_due = stepping.enter, stepping.step, stepping.trailing_is_due


@part
def _place(template: Any, side: int, anchor: float, unit: float, plan: Any) -> None:
    sign = float(side)
    plan.side = side
    plan.stop = anchor - sign * (template.stop * unit)
    plan.targets = template.targets
    for rung in range(template.targets):
        plan.levels[rung] = anchor + sign * (template.levels[rung] * unit)
        plan.shares[rung] = template.shares[rung]
    plan.breakeven = template.breakeven
    plan.breakeven_after = template.breakeven_after
    plan.breakeven_at_r = template.breakeven_at_r
    plan.breakeven_offset = template.breakeven_offset * unit
    plan.trailing = template.trailing
    plan.trailing_after = template.trailing_after
    plan.trailing_at_r = template.trailing_at_r
    plan.trailing_step = template.trailing_step * unit
    plan.trailing_distance = template.trailing_distance * (unit if template.trailing == DISTANCE else 1.0)
    plan.max_age_ms = template.max_age_ms


@part
def _quiet_rise(
    high: Any,
    low: Any,
    row: int,
    until: int,
    stop: float,
    target: float,
    highest: float,
    top: float,
    bottom: float,
) -> tuple[int, float, float]:
    """The first bar from `row` on that concerns a long position, and the extremes up to it."""
    # A count from zero spares the compiler to look for negative rows.
    first = row
    for ahead in range(until - first):
        up, down = high[np.uint64(first) + np.uint64(ahead)], low[np.uint64(first) + np.uint64(ahead)]
        if down <= stop or up >= target or up > highest:
            break
        top = up if up > top else top  # Numba's max() would also look for NaN
        bottom = down if down < bottom else bottom
        row += 1
    return row, top, bottom


@part
def _quiet_fall(
    high: Any,
    low: Any,
    row: int,
    until: int,
    stop: float,
    target: float,
    lowest: float,
    top: float,
    bottom: float,
) -> tuple[int, float, float]:
    """As `_quiet_rise` for a short position."""
    # A count from zero spares the compiler to look for negative rows.
    first = row
    for ahead in range(until - first):
        up, down = high[np.uint64(first) + np.uint64(ahead)], low[np.uint64(first) + np.uint64(ahead)]
        if up >= stop or down <= target or down < lowest:
            break
        top = up if up > top else top
        bottom = down if down < bottom else bottom
        row += 1
    return row, top, bottom


@part
def ride(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    atr: Any,
    funding: Any,
    charges: Any,
    length: int,
    bar: int,
    plan: Any,
    rules: Any,
    state: Any,
) -> int:
    """The bar on which the position that enters on `bar` ends; the number of bars when it does not."""
    count = opened.size
    _enter(plan, rules, state, opened[bar], ts[bar])
    if state.phase != OPEN:
        return bar
    follows = plan.trailing not in (NOT_TRAILING, MOVING_TARGET)
    watches_best = follows or plan.breakeven_at_r > 0.0
    no_quiet = plan.trailing == CHANDELIER
    in_time = count
    if plan.max_age_ms != 0:
        in_time = np.searchsorted(ts, state.opened_at + plan.max_age_ms - length)
    row = bar
    while row < count:
        # Most bars reach no level and make no difference but to the extremes; they are passed over in registers.
        if not (no_quiet or state.leaving != NOTHING or (follows and _is_due(plan, state))):
            until = in_time
            if charges.size != 0:
                charge = np.searchsorted(charges, max(row, bar + 1))
                if charge < charges.size:
                    until = min(until, charges[charge])
            target = plan.levels[state.filled]
            if plan.side > 0:
                highest = state.best if watches_best else np.inf
                row, state.best, state.worst = _quiet_rise(
                    high, low, row, until, state.stop, target, highest, state.best, state.worst
                )
            else:
                lowest = state.best if watches_best else -np.inf
                row, state.worst, state.best = _quiet_fall(
                    high, low, row, until, state.stop, target, lowest, state.worst, state.best
                )
            if row >= count:
                break
        _step(
            plan,
            rules,
            state,
            opened[row],
            high[row],
            low[row],
            close[row],
            atr[row] if atr.size else 0.0,
            funding[row] if funding.size and row > bar else 0.0,
            ts[row],
            ts[row] + length,
        )
        if state.phase != OPEN:
            return row
        row += 1
    return count  # type: ignore[no-any-return]


@compiled(
    numba.int64(*BARS, _i8, _i8, _f8, _f8, _PLANS, numba.boolean, _RULES, _PLANS, _STATES, rows_of(TRADE)),
)
def run_entries(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    atr: Any,
    funding: Any,
    charges: Any,
    length: int,
    bars: Any,
    sides: Any,
    units: Any,
    anchors: Any,
    plans: Any,
    relative: bool,
    rules: Any,
    scratch: Any,
    states: Any,
    trades: Any,
) -> int:
    state, rule = states[0], rules[0]
    free_from = 0
    made = 0
    for number in range(bars.size):
        bar = bars[number]
        if bar < free_from:
            continue
        if relative:
            plan = scratch[0]
            filled = opened[bar] * (1.0 + sides[number] * rule.worse)
            anchor = filled if np.isnan(anchors[number]) else anchors[number]
            _place(plans[0], sides[number], anchor, units[number], plan)
        else:
            plan = plans[number]
        end = ride(ts, opened, high, low, close, atr, funding, charges, length, bar, plan, rule, state)
        if state.phase == REFUSED:
            continue
        if state.phase != CLOSED:
            break
        free_from = end + 1
        trade = trades[made]
        trade.signal = number
        trade.entry_bar = bar
        trade.exit_bar = end
        trade.entry = state.entry
        trade.exit = state.exit
        trade.gained = state.gained
        trade.risk = abs(state.entry - plan.stop)
        trade.best = state.best
        trade.worst = state.worst
        trade.end = state.end
        trade.filled = state.filled
        trade.side = plan.side
        made += 1
    return made


@compiled(numba.void(*BARS, _i8, _i8, _f8, _f8, _PLANS, _RULES, _PLANS, _STATES, rows_of(SUMMARY)))
def run_templates(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    atr: Any,
    funding: Any,
    charges: Any,
    length: int,
    bars: Any,
    sides: Any,
    units: Any,
    anchors: Any,
    templates: Any,
    rules: Any,
    scratch: Any,
    states: Any,
    summaries: Any,
) -> None:
    state, rule, plan = states[0], rules[0], scratch[0]
    for number in range(templates.size):
        free_from = 0
        trades, wins, held = 0, 0, 0
        total, squares, profit, loss, growth, peak, drawdown = 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0
        for entry in range(bars.size):
            bar = bars[entry]
            if bar < free_from:
                continue
            filled = opened[bar] * (1.0 + sides[entry] * rule.worse)
            anchor = filled if np.isnan(anchors[entry]) else anchors[entry]
            _place(templates[number], sides[entry], anchor, units[entry], plan)
            end = ride(ts, opened, high, low, close, atr, funding, charges, length, bar, plan, rule, state)
            if state.phase == REFUSED:
                continue
            if state.phase != CLOSED:
                break
            free_from = end + 1
            gain = state.gained / state.entry
            trades += 1
            held += end - bar + 1
            total += gain
            squares += gain * gain
            if gain > 0.0:
                wins += 1
                profit += gain
            else:
                loss += gain
            growth *= 1.0 + gain
            peak = max(peak, growth)
            drawdown = max(drawdown, 1.0 - growth / peak)
        summary = summaries[number]
        summary.trades = trades
        summary.wins = wins
        summary.total = total
        summary.squares = squares
        summary.profit = profit
        summary.loss = loss
        summary.growth = growth
        summary.drawdown = drawdown
        summary.held = held


@compiled(numba.int64(*BARS, numba.int64, _PLANS, _STATES, _RULES))
def run_bar(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    atr: Any,
    funding: Any,
    charges: Any,  # noqa: ARG001 - drivers take bars in one form
    length: int,
    row: int,
    plans: Any,
    states: Any,
    rules: Any,
) -> int:
    over = 0
    for number in range(states.size):
        state = states[number]
        if state.phase not in (OPEN, PENDING):
            continue
        _step(
            plans[number],
            rules[0],
            state,
            opened[row],
            high[row],
            low[row],
            close[row],
            atr[row] if atr.size else 0.0,
            funding[row] if funding.size else 0.0,
            ts[row],
            ts[row] + length,
        )
        if state.phase != OPEN:
            over += 1
    return over


@compiled(numba.void(_PLANS, _i8, _f8, _f8, _f8, _PLANS))
def place_all(templates: Any, sides: Any, units: Any, anchors: Any, fills: Any, made: Any) -> None:
    for number in range(made.size):
        plan = made[number]
        anchor = fills[number] if np.isnan(anchors[number]) else anchors[number]
        _place(templates[number], sides[number], anchor, units[number], plan)
