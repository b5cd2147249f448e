"""Positions that are entered in parts: the step of `step.walk` with further entries, for whole arrays of positions.

Plans without them pay nothing for this: what a ladder needs lies in records of its own, beside PLAN and STATE. It does
what `core.outcome.track` does with `core.plan.ScaleIn`, in the same order of float operations. `STATE.left` and
`STATE.gained` are then of the whole size: `left` is the share of it that is held.

A guardian knows nothing of this either. A position that waits for a further entry has a second slot, without a target,
whose stop is the level of that entry; the STOP of that slot is its wake-up.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from tradewind.core.kernel.drivers import Entries
from tradewind.core.kernel.jit import compiled, part
from tradewind.core.kernel.ladders import LADDER, SCALE, checked_ladders
from tradewind.core.kernel.layout import (
    ASSUMPTIONS,
    CHANDELIER,
    CLOSED,
    NOTHING,
    OPEN,
    PENDING,
    PLAN,
    REFUSED,
    STATE,
    STOP,
    TRADE,
    Bars,
    KernelInputError,
    Records,
)
from tradewind.core.kernel.plans import checked_plans
from tradewind.core.kernel.step import costs_covered, enter, leave, observe, see, take, to_tick
from tradewind.core.plan import TARGET_HAIR


@part
def _aim(plan: Any, ladder: Any, rules: Any, state: Any, scale: Any) -> None:
    """The targets where they belong with the present average entry; see `core.plan.target_level`."""
    side = float(plan.side)
    for rung in range(plan.targets):
        level = plan.levels[rung]
        if ladder.targets_from != 0.0:
            moved = state.entry + (level - ladder.targets_from)
            moved = moved + side * (moved * TARGET_HAIR)
            level = to_tick(moved, side < 0.0, rules.tick_units, rules.tick_scale)
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
            take(plan, rules, state, side, level, scale.levels, scale.fee_in, scale.entered)
            if state.phase == CLOSED:
                return
        price = reached
        point += 2 if inside and point == 1 else 1
    if state.leaving != NOTHING:
        leave(rules, state, side, price, scale.fee_in, state.leaving)
        return
    observe(plan, rules, state, side, before, close, atr, end)


@part
def _step(
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


def _rows(dtype: np.dtype[np.void]) -> Any:
    return numba.types.Array(numba.from_dtype(dtype), 1, "C")


_f8 = numba.types.Array(numba.float64, 1, "C")
_i8 = numba.types.Array(numba.int64, 1, "C")
_BARS = (_i8, _f8, _f8, _f8, _f8, numba.int64, _f8, _f8)
_PARTS = (_rows(PLAN), _rows(LADDER))


@compiled(numba.int64(*_BARS, numba.int64, *_PARTS, _rows(STATE), _rows(SCALE), _rows(ASSUMPTIONS)))
def _run_bar(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    length: int,
    atr: Any,
    funding: Any,
    row: int,
    whole: Any,
    parts: Any,
    states: Any,
    scales: Any,
    rules: Any,
) -> int:
    over = 0
    for number in range(states.size):
        state = states[number]
        if state.phase not in (OPEN, PENDING):
            continue
        _step(
            whole[number],
            parts[number],
            rules[0],
            state,
            scales[number],
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


@compiled(numba.int64(*_BARS, _i8, *_PARTS, _rows(STATE), _rows(SCALE), _rows(ASSUMPTIONS), _rows(TRADE)))
def _run_entries(
    ts: Any,
    opened: Any,
    high: Any,
    low: Any,
    close: Any,
    length: int,
    atr: Any,
    funding: Any,
    bars: Any,
    whole: Any,
    parts: Any,
    states: Any,
    scales: Any,
    rules: Any,
    trades: Any,
) -> int:
    state, scale = states[0], scales[0]
    free_from, made = 0, 0
    for number in range(bars.size):
        bar = bars[number]
        if bar < free_from:
            continue
        plan, ladder = whole[number], parts[number]
        state.phase = PENDING
        row = bar
        while row < ts.size:
            _step(
                plan,
                ladder,
                rules[0],
                state,
                scale,
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
                break
            row += 1
        if state.phase == REFUSED:
            continue
        if state.phase != CLOSED:
            break
        free_from = row + 1
        trade = trades[made]
        trade.signal = number
        trade.entry_bar = bar
        trade.exit_bar = row
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


def step_bar_in_parts(
    data: Bars, row: int, whole: Records, parts: Records, positions: Records, scales: Records, rules: Records
) -> int:
    """As `drivers.step_bar`, for plans that are entered in parts; `scales` is SCALE, shape (n,), zeros at the start.

    Returns:
        How many are closed or refused by this bar.

    Raises:
        KernelInputError: other lengths, no such bar, a chandelier while the ATR is NaN, textbook rules.
    """
    whole = checked_plans(whole)
    parts = checked_ladders(whole, parts)
    for name, rows, dtype in (("positions", positions, STATE), ("scales", scales, SCALE)):
        if rows.shape != whole.shape or rows.dtype != dtype:
            raise KernelInputError(name, -1, f"one row for each of {len(whole)} plans", f"{rows.dtype}, {rows.shape}")
    if not 0 <= row < len(data.ts):
        raise KernelInputError("row", -1, f"a row from 0 to {len(data.ts) - 1}", row)
    _check_atr(data, row, whole)
    _check_rules(rules)
    return _run_bar(*data, row, whole, parts, positions, scales, rules)


def backtest_in_parts(data: Bars, when: Entries, whole: Records, parts: Records, rules: Records) -> Records:
    """As `drivers.backtest`, for one plan of prices and one ladder per entry.

    Returns:
        Array of TRADE, shape (trades,); `entry` is the average one, `gained` of the whole size, `risk` |entry − stop|.

    Raises:
        KernelInputError: another number of plans, a chandelier without ATR, textbook rules.
    """
    whole = checked_plans(whole)
    parts = checked_ladders(whole, parts)
    if len(whole) != len(when.bars):
        raise KernelInputError("plans", -1, f"{len(when.bars)} plans", len(whole))
    if len(when.bars):
        _check_atr(data, int(when.bars[0]), whole)
    _check_rules(rules)
    trades = np.zeros(len(when.bars), dtype=TRADE)
    state, scale = np.zeros(1, dtype=STATE), np.zeros(1, dtype=SCALE)
    return trades[: _run_entries(*data, when.bars, whole, parts, state, scale, rules, trades)]


def _check_atr(data: Bars, row: int, whole: Records) -> None:
    if (whole["trailing"] == CHANDELIER).any() and (not data.atr.size or np.isnan(data.atr[row])):
        raise KernelInputError("atr", row, "a value on every bar that a chandelier sees", "none")


def _check_rules(rules: Records) -> None:
    if rules["textbook"].any():
        raise KernelInputError("rules.textbook", -1, "rules of a venue: textbooks enter whole positions", 1)
