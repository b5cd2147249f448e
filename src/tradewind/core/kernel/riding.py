"""One position on its way through many bars, from its entry to its end; and where a template puts its plan."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.kernel.jit import part
from tradewind.core.kernel.layout import CHANDELIER, DISTANCE, MOVING_TARGET, NOT_TRAILING, NOTHING, OPEN, PENDING
from tradewind.core.kernel.scaling import step_in_parts
from tradewind.core.kernel.step import enter, step, trailing_is_due


@part
def bar_at(data: Any, row: int, entered: int) -> tuple[float, float, float, float, float, float, int, int]:
    """What a step takes of bar `row` of `data` (`layout.Bars`); no funding is paid on the bar that was `entered` on.

    The step takes numbers, not the arrays: references to arrays are counted with every call.
    """
    start = data.ts[row]
    return (
        data.open[row],
        data.high[row],
        data.low[row],
        data.close[row],
        data.atr[row] if data.atr.size else 0.0,
        data.funding[row] if data.funding.size and row > entered else 0.0,
        start,
        start + data.length_ms,
    )


@part
def place(template: Any, side: int, anchor: float, unit: float, plan: Any) -> None:
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
def ride(data: Any, charges: Any, bar: int, plan: Any, rules: Any, state: Any) -> int:
    """The bar on which the position that enters on `bar` ends; the number of bars when it does not.

    `charges`: rows of the bars on which funding is due.
    """
    ts, high, low = data.ts, data.high, data.low
    count = ts.size
    enter(plan, rules, state, data.open[bar], ts[bar])
    if state.phase != OPEN:
        return bar
    follows = plan.trailing not in (NOT_TRAILING, MOVING_TARGET)
    watches_best = follows or plan.breakeven_at_r > 0.0
    no_quiet = plan.trailing == CHANDELIER
    in_time = count
    if plan.max_age_ms != 0:
        in_time = np.searchsorted(ts, state.opened_at + plan.max_age_ms - data.length_ms)
    row = bar
    while row < count:
        # Most bars reach no level and make no difference but to the extremes; they are passed over in registers.
        if not (no_quiet or state.leaving != NOTHING or (follows and trailing_is_due(plan, state))):
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
        # As `bar_at`, written out: in this loop the tuple would cost half the speed.
        step(
            plan,
            rules,
            state,
            data.open[row],
            high[row],
            low[row],
            data.close[row],
            data.atr[row] if data.atr.size else 0.0,
            data.funding[row] if data.funding.size and row > bar else 0.0,
            ts[row],
            ts[row] + data.length_ms,
        )
        if state.phase != OPEN:
            return row
        row += 1
    return count  # type: ignore[no-any-return]


@part
def ride_in_parts(data: Any, bar: int, plan: Any, ladder: Any, rules: Any, state: Any, scale: Any) -> int:
    """As `ride`, of a position that is entered in parts; no bar is passed over."""
    state.phase = PENDING
    for row in range(bar, data.ts.size):
        step_in_parts(plan, ladder, rules, state, scale, *bar_at(data, row, bar))
        if state.phase != OPEN:
            return row
    return data.ts.size  # type: ignore[no-any-return]
