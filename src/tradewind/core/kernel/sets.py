"""The third driver over the one step: what many parameter sets make of the same entries, trade by trade.

Sets share candles and entries, and of their plans all but the prices. So prices come in arrays of (sets, entries), and
a plan is put together when it is entered, and only then: many entries come while a position is open.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from tradewind.core.kernel.drivers import check_atr, flat
from tradewind.core.kernel.jit import PAIR, compiled, part, rows_of
from tradewind.core.kernel.layout import (
    ASSUMPTIONS,
    CLOSED,
    MOST_TARGETS,
    PLAN,
    REFUSED,
    STATE,
    Bars,
    Floats,
    Ints,
    KernelInputError,
    Records,
    refuse,
)
from tradewind.core.kernel.loops import BARS
from tradewind.core.kernel.plans import SOUND, mispriced, misshapen, refuse_plan
from tradewind.core.kernel.riding import ride


class PlanSets(NamedTuple):
    """The plans of k sets for n entries, with up to m targets.

    Attributes:
        rows: the bar at whose open to enter, strictly rising, shape (n,). One that comes while a position is open, or
            on the bar of its exit, is passed over.
        sides: +1 long, −1 short, shape (n,).
        rungs: number of targets, shape (n,).
        shares: of the targets, shape (n, m).
        stops: NaN where the set does not enter, shape (k, n).
        levels: of the targets, nearest first, shape (k, n, m).
        offsets, distances, steps: `breakeven_offset`, `trailing_distance` and `trailing_step`, shape (k, n).
        shared: the fields of PLAN that are not named here, shape (1,).
    """

    rows: Ints
    sides: Ints
    rungs: Ints
    shares: Floats
    stops: Floats
    levels: Floats
    offsets: Floats
    distances: Floats
    steps: Floats
    shared: Records


class Ridden(NamedTuple):
    """The trades of k sets, set after set and each set's in time order; t in all. What TRADE names, in columns.

    Attributes:
        counts: how many trades each set has, shape (k,).
        signal: number of the entry, shape (t,) as all of these.
        best_before, worst_before: the extremes before the bar of the exit where rungs of a ladder were filled.
        fills: the bar on which each rung was filled, of ladders and as far as `filled` goes, shape (t, m).
    """

    counts: Ints
    signal: Ints
    entry_bar: Ints
    exit_bar: Ints
    entry: Floats
    exit: Floats
    gained: Floats
    risk: Floats
    best: Floats
    worst: Floats
    best_before: Floats
    worst_before: Floats
    side: Floats
    end: Ints
    filled: Ints
    fills: Ints


def backtest_sets(data: Bars, sets: PlanSets, rules: Records) -> Ridden:
    """Every trade of every set that was entered and left; one that is open at the end is no trade.

    Args:
        rules: `layout.assumptions`.

    Raises:
        KernelInputError: rows outside the bars or not rising, arrays of other shapes, a chandelier without ATR, and
            whatever `plans.checked_plans` refuses, prices only of the plans that are entered.
    """
    rows = sets.rows
    for place in (0, -1) if len(rows) else ():
        if not 0 <= rows[place] < len(data.ts):
            raise KernelInputError("sets.rows", place % len(rows), f"a row from 0 to {len(data.ts) - 1}", rows[place])
    refuse("sets.rows", rows[1:] <= rows[:-1], rows[:-1], "a row before the next")
    count, entries, most = sets.levels.shape
    for name, shape in (
        ("rows", (entries,)),
        ("sides", (entries,)),
        ("rungs", (entries,)),
        ("shares", (entries, most)),
        ("stops", (count, entries)),
        ("offsets", (count, entries)),
        ("distances", (count, entries)),
        ("steps", (count, entries)),
        ("shared", (1,)),
    ):
        if getattr(sets, name).shape != shape:
            raise KernelInputError(f"sets.{name}", -1, f"shape {shape}", getattr(sets, name).shape)
    refuse("sets.rungs", (sets.rungs < 1) | (sets.rungs > min(most, MOST_TARGETS)), sets.rungs, f"1 to {most} targets")
    check_atr(data, rows, sets.shared)
    plan, state = sets.shared.copy(), np.zeros(1, dtype=STATE)
    # What is not touched takes no memory.
    counts, places = np.zeros(count, dtype=np.int64), np.empty((3, count * entries), dtype=np.int64)
    prices, fates = np.empty((9, count * entries)), np.empty((2, count * entries), dtype=np.int64)
    fills = np.empty((count * entries, most), dtype=np.int64)
    rule, entry = _run_sets(*flat(data), *sets[:9], plan, rules, state, counts, places, prices, fates, fills)
    if rule != SOUND:
        refuse_plan(plan[0], rule, entry)
    made = int(counts.sum())
    return Ridden._make((counts, *places[:, :made], *prices[:, :made], *fates[:, :made], fills[:made]))


def _strided(kind: Any, dimensions: int) -> Any:
    """Whatever is the same for all sets may be broadcast."""
    return numba.types.Array(kind, dimensions, "A", readonly=True)


_f8, _i8 = numba.float64, numba.int64
_NUMBERS, _PRICES = _strided(_i8, 1), _strided(_f8, 2)


@part
def _shape(plan: Any, sides: Any, rungs: Any, shares: Any, entry: int) -> None:
    """What the plans of an entry have in common whatever the set."""
    plan.side, plan.targets = sides[entry], rungs[entry]
    for rung in range(rungs[entry]):
        plan.shares[rung] = shares[entry, rung]


@part
def _trace(high: Any, low: Any, bar: int, end: int, plan: Any, state: Any, fills: Any) -> tuple[float, float]:
    """Look again at how a position with a ladder went, for a ride through quiet bars keeps no account of it: the bars
    on which rungs filled, into `fills`, and the best and worst price before the bar of its end."""
    row, side = bar, float(plan.side)
    for rung in range(state.filled):
        # A rung fills on the first bar that reaches it.
        while row < end and ((high[row] if side > 0.0 else low[row]) - plan.levels[rung]) * side < 0.0:
            row += 1
        fills[rung] = row
    best, worst = state.entry, state.entry
    for row in range(bar, end):
        favourable, adverse = (high[row], low[row]) if side > 0.0 else (low[row], high[row])
        best = favourable if (favourable - best) * side > 0.0 else best
        worst = adverse if (adverse - worst) * side < 0.0 else worst
    return best, worst


@compiled(
    PAIR(
        *BARS,
        *(_NUMBERS, _NUMBERS, _NUMBERS),
        *(_PRICES, _PRICES, _strided(_f8, 3), _PRICES, _PRICES, _PRICES),
        *(rows_of(PLAN), rows_of(ASSUMPTIONS), rows_of(STATE)),
        *(_i8[::1], _i8[:, ::1], _f8[:, ::1], _i8[:, ::1], _i8[:, ::1]),
    )
)
def _run_sets(
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
    rungs: Any,
    shares: Any,
    stops: Any,
    levels: Any,
    offsets: Any,
    distances: Any,
    steps: Any,
    plans: Any,
    rules: Any,
    states: Any,
    counts: Any,
    places: Any,
    prices: Any,
    fates: Any,
    fills: Any,
) -> tuple[int, int]:
    """The rule that a plan breaks, which is then left in `plans`, and its entry; `SOUND` where none does."""
    data = Bars(ts, opened, high, low, close, length, atr, funding)
    plan, rule, state = plans[0], rules[0], states[0]
    for entry in range(bars.size):
        _shape(plan, sides, rungs, shares, entry)
        wrong = misshapen(plan)
        if wrong != SOUND:
            return wrong, entry
    made = 0
    for number in range(counts.size):
        before, free_from = made, 0
        for entry in range(bars.size):
            bar = bars[entry]
            if bar < free_from or np.isnan(stops[number, entry]):
                continue
            _shape(plan, sides, rungs, shares, entry)
            plan.stop = stops[number, entry]
            for rung in range(rungs[entry]):
                plan.levels[rung] = levels[number, entry, rung]
            plan.breakeven_offset = offsets[number, entry]
            plan.trailing_distance, plan.trailing_step = distances[number, entry], steps[number, entry]
            wrong = mispriced(plan)
            if wrong != SOUND:
                return wrong, entry
            end = ride(data, charges, bar, plan, rule, state)
            if state.phase == REFUSED:
                continue
            if state.phase != CLOSED:
                break
            free_from = end + 1
            places[0, made], places[1, made], places[2, made] = entry, bar, end
            prices[0, made], prices[1, made], prices[2, made] = state.entry, state.exit, state.gained
            prices[3, made] = abs(state.entry - plan.stop)
            prices[4, made], prices[5, made], prices[8, made] = state.best, state.worst, float(plan.side)
            fates[0, made], fates[1, made] = state.end, state.filled
            if plan.targets > 1 and state.filled > 0:
                prices[6, made], prices[7, made] = _trace(high, low, bar, end, plan, state, fills[made])
            made += 1
        counts[number] = made - before
    return SOUND, -1
