"""The compiled half of the guardian: heaps of levels per book, and trailing groups. See `guardian` for what they are
for.

A *book* is one symbol and side. Inside it every price is *signed*: multiplied by the side, so that higher is always
better; negation is exact, so shorts mirror longs to the bit. A book has

- a max-heap of stops and min-heaps of targets and of deadlines. Who is gone stays in them until he comes to the top: a
  heap that knew everybody's place would touch memory all over for every step of a sift;
- a stack of *trailing groups*, best price falling towards the top. All who saw the same best price are one group. A new
  best price merges the groups from the top that it surpasses, and touches no position. `reach` is the tightest stop of
  a group and those below it, so the top knows the tightest of all;
- inside a group a pairing heap of the followers by distance, one for distances and one for fractions. Its root has the
  tightest stop, because rounding is monotone. Roots are never gone; others may be.

So a tick costs a look at four numbers of one cache line per book, and work only for what really happens.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from tradewind.core.kernel.groups import follow, level_of, release, surpass, tightest
from tradewind.core.kernel.guards import CLOSES, FOLLOWS, FRACTION, GUARD, GUARDED, TRIGGER
from tradewind.core.kernel.heaps import pop, purge, push
from tradewind.core.kernel.jit import compiled, part, rows_of
from tradewind.core.kernel.layout import NOT_TRAILING, PERCENT, STOP, TARGET, TIME_STOP, TRAILING

_f8 = numba.types.Array(numba.float64, 1, "C")
_i4 = numba.types.Array(numba.int32, 1, "C")
_i8 = numba.types.Array(numba.int64, 1, "C")


@part
def _mark(groups: Any, stop_key: Any, target_key: Any, deadline_key: Any, book: Any) -> None:
    """What concerns anyone in `book`, kept where a tick looks."""
    first = book.first
    stop = stop_key[first] if book.stops else -np.inf
    top = first + book.groups - 1
    if book.groups:
        stop = max(stop, groups[top].reach)
    book.stop_edge = stop
    book.target_edge = target_key[first] if book.targets else np.inf
    book.best_edge = groups[top].best if book.groups else np.inf
    book.deadline_edge = deadline_key[first] if book.deadlines else np.inf


@compiled(numba.void(GUARD, rows_of(GUARDED), _i4))
def add(guard: Any, rows: Any, slots: Any) -> None:
    """Wait for `rows` in the free `slots`; there is room for them among those who are not gone."""
    for number in range(slots.size):
        row, slot = rows[number], slots[number]
        side = float(row.side)
        index = 2 * row.symbol + (0 if row.side > 0 else 1)
        book, held = guard.books[index], guard.slots[slot]
        first = book.first
        held.what = 8 * index
        held.stop = side * row.stop
        held.distance = row.trailing_distance
        held.child = -1
        held.after = -1
        held.root_of = -1
        if row.closes != 0:
            held.what |= CLOSES
        if row.trailing != NOT_TRAILING:
            held.what |= FOLLOWS
        if row.trailing == PERCENT:
            held.what |= FRACTION
        book.live += 1
        if book.stops == book.room:
            book.stops = purge(guard.slots, guard.stop_key, guard.stop_owner, first, book.stops, -1.0)
        push(guard.stop_key, guard.stop_owner, first, book.stops, held.stop, slot, -1.0)
        book.stops += 1
        if np.isfinite(row.target):
            if book.targets == book.room:
                book.targets = purge(guard.slots, guard.target_key, guard.target_owner, first, book.targets, 1.0)
            push(guard.target_key, guard.target_owner, first, book.targets, side * row.target, slot, 1.0)
            book.targets += 1
        if row.deadline != 0:
            if book.deadlines == book.room:
                book.deadlines = purge(
                    guard.slots, guard.deadline_key, guard.deadline_owner, first, book.deadlines, 1.0
                )
            push(guard.deadline_key, guard.deadline_owner, first, book.deadlines, float(row.deadline), slot, 1.0)
            book.deadlines += 1
        if row.trailing != NOT_TRAILING:
            follow(guard.slots, guard.groups, book, slot, side * row.best)
        _mark(guard.groups, guard.stop_key, guard.target_key, guard.deadline_key, book)


@compiled(numba.void(GUARD, _i4))
def drop(guard: Any, slots: Any) -> None:
    """Stop waiting for `slots`, which are guarded."""
    for slot in slots:
        book = guard.books[guard.slots[slot].what >> 3]
        release(guard.books, guard.slots, guard.groups, slot)
        _mark(guard.groups, guard.stop_key, guard.target_key, guard.deadline_key, book)


@compiled(numba.void(GUARD, rows_of(GUARDED), _i4, numba.boolean))
def read(guard: Any, rows: Any, waiting: Any, trailed: bool) -> None:
    """What every guarded slot waits for now, its stop as trailing has brought it (`trailed`) or as it was given.

    `symbol` is −1 in rows of slots that nobody is in. `waiting` is scratch, longer than `rows`.
    """
    for slot in range(rows.size):
        row, held = rows[slot], guard.slots[slot]
        row.symbol = -1
        if held.what < 0:
            continue
        row.symbol = held.what >> 4
        row.side = 1 if (held.what >> 3) & 1 == 0 else -1
        row.stop = row.side * held.stop
        row.target = row.side * np.inf
        row.trailing_distance = held.distance
        row.trailing = 0 if held.what & FOLLOWS == 0 else (2 if held.what & FRACTION else 1)
        row.closes = 1 if held.what & CLOSES else 0
        row.deadline = 0
        row.best = 0.0
    for index in range(guard.books.size):
        book = guard.books[index]
        side = 1.0 if index & 1 == 0 else -1.0
        for place in range(book.first, book.first + book.targets):
            rows[guard.target_owner[place]].target = side * guard.target_key[place]
        for place in range(book.first, book.first + book.deadlines):
            rows[guard.deadline_owner[place]].deadline = np.int64(guard.deadline_key[place])
        for group in range(book.first, book.first + book.groups):
            here = guard.groups[group]
            for root in (here.distances, here.fractions):
                if root < 0:
                    continue
                waiting[0] = root
                more = 1
                while more:
                    more -= 1
                    node = waiting[more]
                    row, held = rows[node], guard.slots[node]
                    row.best = side * here.best
                    if trailed and held.what >= 0:
                        row.stop = side * max(held.stop, level_of(held, here.best))
                    if held.after >= 0 and node != root:
                        waiting[more] = held.after
                        more += 1
                    if held.child >= 0:
                        waiting[more] = held.child
                        more += 1


@compiled(numba.int64(GUARD, _i4, _f8, _i8, numba.int64, rows_of(TRIGGER), _i8))
def run(  # noqa: PLR0912, PLR0915 - the loop of all loops; a call more would show
    guard: Any, symbols: Any, prices: Any, times: Any, tick: int, out: Any, told: Any
) -> int:
    """Ticks from `tick` on; the row of the tick to go on with, which is not done when `out` was full.

    Per position and tick: the stop in force, then the target, then the deadline, then a new best price.
    """
    books, slots, groups, stop_key, stop_owner, target_key, target_owner, deadline_key, deadline_owner = guard
    made = 0
    for row in range(tick, symbols.size):
        for half in range(2):
            book = books[2 * symbols[row] + half]
            side = 1.0 if half == 0 else -1.0
            price = side * prices[row]
            if (
                price > book.stop_edge
                and price < book.target_edge
                and price <= book.best_edge
                and times[row] < book.deadline_edge
            ):
                continue
            first = book.first
            while True:
                kind, slot = 0, -1
                level = price
                if book.groups and groups[first + book.groups - 1].reach >= price:
                    slot = tightest(slots, groups, book, price)
                    held = slots[slot]
                    level = level_of(held, groups[held.root_of].best)
                    kind = TRAILING
                    if held.stop >= level:
                        level = held.stop
                        kind = STOP
                elif book.stops and stop_key[first] >= price:
                    kind, slot, level = STOP, stop_owner[first], stop_key[first]
                    if made < out.size or slots[slot].what < 0:
                        pop(stop_key, stop_owner, first, book.stops, -1.0)
                        book.stops -= 1
                elif book.targets and target_key[first] <= price:
                    kind, slot, level = TARGET, target_owner[first], target_key[first]
                    if made < out.size or slots[slot].what < 0:
                        pop(target_key, target_owner, first, book.targets, 1.0)
                        book.targets -= 1
                elif book.deadlines and deadline_key[first] <= times[row]:
                    kind, slot = TIME_STOP, deadline_owner[first]
                    if made < out.size or slots[slot].what < 0:
                        pop(deadline_key, deadline_owner, first, book.deadlines, 1.0)
                        book.deadlines -= 1
                else:
                    break
                if slots[slot].what < 0:
                    continue
                if made == out.size:
                    told[0] = made
                    return row
                trigger = out[made]
                trigger.tick = row
                trigger.level = side * level
                trigger.slot = slot
                trigger.kind = kind
                made += 1
                if kind != TARGET or slots[slot].what & CLOSES:
                    release(books, slots, groups, slot)
            while book.groups and groups[first + book.groups - 1].best < price:
                surpass(slots, groups, book, price)
            _mark(groups, stop_key, target_key, deadline_key, book)
    told[0] = made
    return symbols.size  # type: ignore[no-any-return]
