"""The compiled half of the drivers: the loops around the two steps. Their inputs were checked by `drivers`."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from tradewind.core.kernel.jit import compiled, part, rows_of
from tradewind.core.kernel.ladders import LADDER, SCALE
from tradewind.core.kernel.layout import (
    ASSUMPTIONS,
    CLOSED,
    OPEN,
    PENDING,
    PLAN,
    REFUSED,
    STATE,
    SUMMARY,
    TRADE,
    Bars,
)
from tradewind.core.kernel.riding import bar_at, place, ride, ride_in_parts
from tradewind.core.kernel.scaling import planned_risk, step_in_parts
from tradewind.core.kernel.step import step

# Read-only, so that columns of a file may be given as they are.
_f8 = numba.types.Array(numba.float64, 1, "C", readonly=True)
_i8 = numba.types.Array(numba.int64, 1, "C", readonly=True)


_PLANS, _STATES, _RULES, _TRADES = rows_of(PLAN), rows_of(STATE), rows_of(ASSUMPTIONS), rows_of(TRADE)
_LADDERS, _SCALES = rows_of(LADDER), rows_of(SCALE)
BARS = (_i8, _f8, _f8, _f8, _f8, _f8, _f8, _i8, numba.int64)


@part
def _record(trade: Any, number: int, bar: int, end: int, risk: float, plan: Any, state: Any) -> None:
    trade.signal = number
    trade.entry_bar = bar
    trade.exit_bar = end
    trade.entry = state.entry
    trade.exit = state.exit
    trade.gained = state.gained
    trade.risk = risk
    trade.best = state.best
    trade.worst = state.worst
    trade.end = state.end
    trade.filled = state.filled
    trade.side = plan.side


@compiled(
    numba.int64(*BARS, _i8, _i8, _f8, _f8, _PLANS, numba.boolean, _RULES, _PLANS, _STATES, _TRADES),
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
    data = Bars(ts, opened, high, low, close, length, atr, funding)
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
            place(plans[0], sides[number], anchor, units[number], plan)
        else:
            plan = plans[number]
        end = ride(data, charges, bar, plan, rule, state)
        if state.phase == REFUSED:
            continue
        if state.phase != CLOSED:
            break
        free_from = end + 1
        _record(trades[made], number, bar, end, abs(state.entry - plan.stop), plan, state)
        made += 1
    return made


@compiled(numba.int64(*BARS, _i8, _PLANS, _LADDERS, _RULES, _STATES, _SCALES, _TRADES))
def run_entries_in_parts(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    atr: Any,
    funding: Any,
    charges: Any,  # noqa: ARG001 - drivers take bars in one form
    length: int,
    bars: Any,
    plans: Any,
    ladders: Any,
    rules: Any,
    states: Any,
    scales: Any,
    trades: Any,
) -> int:
    data = Bars(ts, opened, high, low, close, length, atr, funding)
    state, scale, rule = states[0], scales[0], rules[0]
    free_from = 0
    made = 0
    for number in range(bars.size):
        bar = bars[number]
        if bar < free_from:
            continue
        plan, ladder = plans[number], ladders[number]
        end = ride_in_parts(data, bar, plan, ladder, rule, state, scale)
        if state.phase == REFUSED:
            continue
        if state.phase != CLOSED:
            break
        free_from = end + 1
        _record(trades[made], number, bar, end, planned_risk(plan, ladder, scale), plan, state)
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
    data = Bars(ts, opened, high, low, close, length, atr, funding)
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
            place(templates[number], sides[entry], anchor, units[entry], plan)
            end = ride(data, charges, bar, plan, rule, state)
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
    bar = bar_at(Bars(ts, opened, high, low, close, length, atr, funding), row, -1)
    over = 0
    for number in range(states.size):
        state = states[number]
        if state.phase not in (OPEN, PENDING):
            continue
        step(plans[number], rules[0], state, *bar)
        over += state.phase != OPEN
    return over


@compiled(numba.int64(*BARS, numba.int64, _PLANS, _LADDERS, _STATES, _SCALES, _RULES))
def run_bar_in_parts(
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
    ladders: Any,
    states: Any,
    scales: Any,
    rules: Any,
) -> int:
    bar = bar_at(Bars(ts, opened, high, low, close, length, atr, funding), row, -1)
    over = 0
    for number in range(states.size):
        state = states[number]
        if state.phase not in (OPEN, PENDING):
            continue
        step_in_parts(plans[number], ladders[number], rules[0], state, scales[number], *bar)
        over += state.phase != OPEN
    return over


@compiled(numba.void(_PLANS, _i8, _f8, _f8, _f8, _PLANS))
def place_all(templates: Any, sides: Any, units: Any, anchors: Any, fills: Any, made: Any) -> None:
    for number in range(made.size):
        plan = made[number]
        anchor = fills[number] if np.isnan(anchors[number]) else anchors[number]
        place(templates[number], sides[number], anchor, units[number], plan)
