"""Two of the three drivers: many bars for a series of entries (back-test), and parameter sets (sweep), over the one
step.

What a sweep shares between its sets (candles, indicators, entries) is given once; what a set has of its own is a
template. Here everything is checked; `loops` is compiled and trusts it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tradewind.core.kernel import loops
from tradewind.core.kernel.ladders import SCALE, checked_ladders
from tradewind.core.kernel.layout import (
    CHANDELIER,
    PLAN,
    STATE,
    SUMMARY,
    TRADE,
    Bars,
    Floats,
    Ints,
    KernelInputError,
    Records,
)
from tradewind.core.kernel.plans import checked_plans


class Entries(NamedTuple):
    """When to enter, checked against the bars they belong to.

    Attributes:
        bars: row of the bar at whose open to enter, strictly rising, shape (n,). One that comes while a position is
        open,
            or on the bar of its exit, is passed over.
        sides: +1 long, −1 short, shape (n,); only for templates.
        units: what one unit of a template is, such as the ATR at the signal, quote currency, shape (n,).
        anchors: the price a template is placed around, shape (n,); NaN = the price of the fill.
    """

    bars: Ints
    sides: Ints
    units: Floats
    anchors: Floats


def entries(data: Bars, rows: Any, sides: Any = 1, units: Any = 1.0, anchors: Any = np.nan) -> Entries:
    """Entries into `data`; single numbers count for all.

    Raises:
        KernelInputError: rows outside the bars or not rising, a side other than ±1, a unit that is not above zero, an
            anchor that is neither NaN nor above zero.
    """
    at = np.ascontiguousarray(rows, dtype=np.int64)
    if at.ndim != 1:
        raise KernelInputError("entries.bars", -1, "one dimension", at.shape)
    many = at.shape
    side = np.array(np.broadcast_to(np.asarray(sides, dtype=np.int64), many))
    unit = np.array(np.broadcast_to(np.asarray(units, dtype=np.float64), many))
    anchor = np.array(np.broadcast_to(np.asarray(anchors, dtype=np.float64), many))
    for name, bad, values, expected in (
        ("bars", (at < 0) | (at >= len(data.ts)), at, f"a row from 0 to {len(data.ts) - 1}"),
        ("bars", np.append(False, at[1:] <= at[:-1])[: len(at)], at, "a row after the one before"),
        ("sides", np.abs(side) != 1, side, "+1 for long or −1 for short"),
        ("units", ~(np.isfinite(unit) & (unit > 0.0)), unit, "a unit above zero"),
        ("anchors", ~(np.isnan(anchor) | (np.isfinite(anchor) & (anchor > 0.0))), anchor, "NaN or a price above zero"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            raise KernelInputError(f"entries.{name}", row, expected, values[row])
    return Entries(at, side, unit, anchor)


def backtest(data: Bars, when: Entries, plans: Records, rules: Records) -> Records:
    """Every trade that was entered and left, in time order; one that is open at the end is no trade.

    Args:
        plans: one absolute plan per entry (`inputs.plans`), or one template for all (`inputs.template`).
        rules: `inputs.assumptions`.

    Returns:
        Array of TRADE, shape (trades,).

    Raises:
        KernelInputError: another number of plans, a chandelier without ATR.
    """
    checked_plans(plans)
    relative = len(plans) == 1 and bool(plans["relative"][0])
    if not relative:
        _all_of(plans, relative=False)
        if len(plans) != len(when.bars):
            raise KernelInputError("plans", -1, f"one template or {len(when.bars)} plans", len(plans))
    check_atr(data, when.bars, plans)
    trades = np.zeros(len(when.bars), dtype=TRADE)
    scratch, state = np.zeros(1, dtype=PLAN), np.zeros(1, dtype=STATE)
    count = loops.run_entries(*flat(data), *when, plans, relative, rules, scratch, state, trades)
    return trades[:count]


def backtest_in_parts(data: Bars, when: Entries, whole: Records, parts: Records, rules: Records) -> Records:
    """As `backtest`, for one plan of prices and one ladder per entry.

    Returns:
        Array of TRADE, shape (trades,). `entry` is the average one, `gained` of the whole size, `risk` from the average
        entry of the whole ladder to the stop, however much of it was entered: what the size is agreed by.

    Raises:
        KernelInputError: another number of plans, a chandelier without ATR, textbook rules.
    """
    whole = checked_plans(whole)
    parts = checked_ladders(whole, parts)
    if len(whole) != len(when.bars):
        raise KernelInputError("plans", -1, f"{len(when.bars)} plans", len(whole))
    check_atr(data, when.bars, whole)
    _check_venue(rules)
    trades = np.zeros(len(when.bars), dtype=TRADE)
    state, scale = np.zeros(1, dtype=STATE), np.zeros(1, dtype=SCALE)
    count = loops.run_entries_in_parts(*flat(data), when.bars, whole, parts, rules, state, scale, trades)
    return trades[:count]


def sweep(data: Bars, when: Entries, templates: Records, rules: Records) -> Records:
    """What each template comes to on the same entries.

    Returns:
        Array of SUMMARY, shape (templates,).

    Raises:
        KernelInputError: a chandelier without ATR.
    """
    _all_of(checked_plans(templates), relative=True)
    check_atr(data, when.bars, templates)
    summaries = np.zeros(len(templates), dtype=SUMMARY)
    scratch, state = np.zeros(1, dtype=PLAN), np.zeros(1, dtype=STATE)
    loops.run_templates(*flat(data), *when, templates, rules, scratch, state, summaries)
    return summaries


def step_bar(data: Bars, row: int, plans: Records, positions: Records, rules: Records) -> int:
    """One bar for many positions: each of `positions` is stepped in place by its plan.

    Args:
        row: the bar, as row of `data`.
        plans, positions: absolute plans and `inputs.states`, shape (n,).

    Returns:
        How many are closed or refused by this bar.

    Raises:
        KernelInputError: other lengths, no such bar, a chandelier while the ATR is NaN.
    """
    _all_of(checked_plans(plans), relative=False)
    _check_positions("positions", positions, STATE, plans)
    _check_row(data, row, plans)
    return loops.run_bar(*flat(data), row, plans, positions, rules)


def step_bar_in_parts(
    data: Bars, row: int, whole: Records, parts: Records, positions: Records, scales: Records, rules: Records
) -> int:
    """As `step_bar`, for plans that are entered in parts; `scales` is SCALE, shape (n,), zeros at the start.

    Returns:
        How many are closed or refused by this bar.

    Raises:
        KernelInputError: other lengths, no such bar, a chandelier while the ATR is NaN, textbook rules.
    """
    whole = checked_plans(whole)
    parts = checked_ladders(whole, parts)
    _check_positions("positions", positions, STATE, whole)
    _check_positions("scales", scales, SCALE, whole)
    _check_row(data, row, whole)
    _check_venue(rules)
    return loops.run_bar_in_parts(*flat(data), row, whole, parts, positions, scales, rules)


def place(templates: Records, when: Entries, fills: Floats) -> Records:
    """The absolute plans that one template per entry comes to; see `PLAN`.

    Args:
        templates: shape (n,), or one for all.
        fills: prices of the fills, used where the anchor is NaN, shape (n,).

    Raises:
        KernelInputError: a template that leads to a price of zero or less.
    """
    _all_of(checked_plans(templates), relative=True)
    made = np.zeros(len(when.bars), dtype=PLAN)
    source = np.array(np.broadcast_to(templates, made.shape))
    loops.place_all(source, when.sides, when.units, when.anchors, np.ascontiguousarray(fills, dtype=np.float64), made)
    return checked_plans(made)


def flat(data: Bars) -> tuple[Ints, Floats, Floats, Floats, Floats, Floats, Floats, Ints, int]:
    return (*data[:5], data.atr, data.funding, np.flatnonzero(data.funding), data.length_ms)


def _all_of(plans: Records, *, relative: bool) -> None:
    wrong = plans["relative"] != int(relative)
    if wrong.any():
        expected = "a template (inputs.template)" if relative else "a plan of prices (inputs.plans)"
        raise KernelInputError("plans.relative", int(np.argmax(wrong)), expected, "the other form")


def check_atr(data: Bars, rows: Ints, plans: Records) -> None:
    """Refuse a chandelier among `plans` where there is no ATR from the first of `rows` on."""
    if (plans["trailing"] == CHANDELIER).any() and len(rows):
        first = int(rows[0])
        if not data.atr.size or np.isnan(data.atr[first]):
            raise KernelInputError("atr", first, "a value from the first entry's bar on", "none")


def _check_positions(name: str, rows: Records, dtype: np.dtype[np.void], plans: Records) -> None:
    if rows.shape != plans.shape or rows.dtype != dtype:
        raise KernelInputError(name, -1, f"one row for each of {len(plans)} plans", f"{rows.dtype}, {rows.shape}")


def _check_row(data: Bars, row: int, plans: Records) -> None:
    if not 0 <= row < len(data.ts):
        raise KernelInputError("row", -1, f"a row from 0 to {len(data.ts) - 1}", row)
    if (plans["trailing"] == CHANDELIER).any() and (not data.atr.size or np.isnan(data.atr[row])):
        raise KernelInputError("atr", row, "a value on every bar that a chandelier sees", "none")


def _check_venue(rules: Records) -> None:
    if rules["textbook"].any():
        raise KernelInputError("rules.textbook", -1, "rules of a venue: textbooks enter whole positions", 1)
