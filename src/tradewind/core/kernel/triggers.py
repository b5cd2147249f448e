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

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from tradewind.core.kernel.heaps import meld, pop, purge, push, without_root
from tradewind.core.kernel.jit import compiled, part
from tradewind.core.kernel.layout import NOT_TRAILING, PERCENT, STOP, TARGET, TIME_STOP, TRAILING, Ints

GUARDED: Final = np.dtype(
    [
        ("stop", "f8"),
        ("target", "f8"),
        ("trailing_distance", "f8"),
        ("best", "f8"),
        ("deadline", "i8"),
        ("symbol", "i4"),
        ("side", "i1"),
        ("trailing", "i1"),
        ("closes", "i1"),
        ("unused", "i1"),
    ],
    align=True,
)
"""What to wait for on behalf of one position.

`stop`: level in force. `target`: next price on the good side at which something must be decided; +inf (−inf for a
short) for none. `closes`: reaching the target ends the guard. `trailing`: NOT_TRAILING, DISTANCE or PERCENT.
`best`: most favourable price so far; only trailing needs it. `deadline`: UTC ms; 0 = none.
"""

TRIGGER: Final = np.dtype(
    [("tick", "i8"), ("level", "f8"), ("slot", "i4"), ("kind", "i1"), ("unused", "i1", (3,))], align=True
)
"""`tick`: row of the tick. `kind`: STOP, TRAILING, TARGET or TIME_STOP. `level`: that was reached; the tick's price
for a TIME_STOP."""

_BOOK: Final = np.dtype(
    [
        ("stop_edge", "f8"),
        ("target_edge", "f8"),
        ("best_edge", "f8"),
        ("deadline_edge", "f8"),
        ("first", "i8"),
        ("stops", "i4"),
        ("targets", "i4"),
        ("deadlines", "i4"),
        ("groups", "i4"),
        ("live", "i4"),
        ("room", "i4"),
    ],
    align=True,
)
"""A cache line: the signed prices and the time that concern anyone, where its part of heaps and groups begins, how
long it is, how much of it each of them uses, and how many positions are guarded."""

_GROUP: Final = np.dtype([("best", "f8"), ("reach", "f8"), ("distances", "i4"), ("fractions", "i4")], align=True)
_SLOT: Final = np.dtype(
    [("stop", "f8"), ("distance", "f8"), ("child", "i4"), ("after", "i4"), ("root_of", "i4"), ("what", "i4")],
    align=True,
)
"""`stop`: signed. `child`, `after`: first child and right neighbour in the pairing heap. `root_of`: its group, −1 for
who is no root. `what`: 8 × book + the bits below; −1 for who is gone."""

_FOLLOWS: Final = 1
_FRACTION: Final = 2
_CLOSES: Final = 4


class Guard(NamedTuple):
    """All memory of a guardian: 92 bytes per position and 64 per book."""

    books: Any
    slots: Any
    groups: Any
    stop_key: Any
    stop_owner: Any
    target_key: Any
    target_owner: Any
    deadline_key: Any
    deadline_owner: Any


def _records(dtype: np.dtype[np.void]) -> Any:
    return numba.types.Array(numba.from_dtype(dtype), 1, "C")


_f8 = numba.types.Array(numba.float64, 1, "C")
_i4 = numba.types.Array(numba.int32, 1, "C")
_i8 = numba.types.Array(numba.int64, 1, "C")
_GUARD: Any = numba.types.NamedTuple(  # type: ignore[no-untyped-call]
    (_records(_BOOK), _records(_SLOT), _records(_GROUP), _f8, _i4, _f8, _i4, _f8, _i4), Guard
)


def empty_guard(room: Ints, slots: int) -> Guard:
    """A guard whose books have `room` places each, for `slots` positions."""
    places = int(room.sum())
    books = np.zeros(len(room), dtype=_BOOK)
    books["first"][1:] = np.cumsum(room)[:-1]
    books["room"] = room
    books["stop_edge"] = -np.inf
    for name in ("target_edge", "best_edge", "deadline_edge"):
        books[name] = np.inf
    held = np.zeros(slots, dtype=_SLOT)
    held["what"] = -1
    heaps = [(np.empty(places), np.empty(places, dtype=np.int32)) for _ in range(3)]
    return Guard(books, held, np.empty(places, dtype=_GROUP), *heaps[0], *heaps[1], *heaps[2])


def books_of(guard: Guard, slots: Any) -> Any:
    """The books of `slots`, below 0 for those that are free or gone."""
    return guard.slots["what"][slots] >> 3


# ------------------------------------------------------------------------------------------------- trailing groups


@part
def _level(slot: Any, best: float) -> float:
    """The signed stop of a follower of `best`; see `step.trailing_level`."""
    distance = slot.distance
    if slot.what & _FRACTION:
        distance = distance * abs(best)
    return best - distance  # type: ignore[no-any-return]


@part
def _reach(slots: Any, groups: Any, first: int, group: int) -> None:
    """Note the tightest stop of `group` and of those below it."""
    here = groups[group]
    reach = groups[group - 1].reach if group > first else -np.inf
    if here.distances >= 0:
        slots[here.distances].root_of = group
        reach = max(reach, _level(slots[here.distances], here.best))
    if here.fractions >= 0:
        slots[here.fractions].root_of = group
        reach = max(reach, _level(slots[here.fractions], here.best))
    here.reach = reach


@part
def _drop(books: Any, slots: Any, groups: Any, slot: int) -> None:
    """Nothing is waited for on behalf of `slot` any more."""
    held = slots[slot]
    book = books[held.what >> 3]
    group = held.root_of
    held.what = -1
    book.live -= 1
    if group < 0:
        return
    held.root_of = -1
    here = groups[group]
    if here.distances == slot:
        here.distances = without_root(slots, slot)
    else:
        here.fractions = without_root(slots, slot)
    for each in range(group, book.first + book.groups):
        _reach(slots, groups, book.first, each)


@part
def _follow(slots: Any, groups: Any, book: Any, slot: int, best: float) -> None:  # noqa: PLR0912
    """`slot` begins to trail with `best` behind it."""
    first = book.first
    if book.groups == book.room:
        kept = first
        for group in range(first, first + book.groups):
            if groups[group].distances >= 0 or groups[group].fractions >= 0:
                groups[kept].best = groups[group].best
                groups[kept].distances = groups[group].distances
                groups[kept].fractions = groups[group].fractions
                _reach(slots, groups, first, kept)
                kept += 1
        book.groups = kept - first
    low, high = first, first + book.groups
    while low < high:  # the first group whose best price is not above
        middle = (low + high) >> 1
        if groups[middle].best > best:
            low = middle + 1
        else:
            high = middle
    top = first + book.groups
    if low == top or groups[low].best != best:
        for group in range(top, low, -1):
            groups[group].best = groups[group - 1].best
            groups[group].distances = groups[group - 1].distances
            groups[group].fractions = groups[group - 1].fractions
        groups[low].best = best
        groups[low].distances = -1
        groups[low].fractions = -1
        book.groups += 1
        top += 1
    here = groups[low]
    if slots[slot].what & _FRACTION:
        if here.fractions >= 0:
            slots[here.fractions].root_of = -1
        here.fractions = meld(slots, here.fractions, slot)
    else:
        if here.distances >= 0:
            slots[here.distances].root_of = -1
        here.distances = meld(slots, here.distances, slot)
    for each in range(low, top):
        _reach(slots, groups, first, each)


@part
def _surpass(slots: Any, groups: Any, book: Any, best: float) -> None:
    """A new best price for the groups below it."""
    first = book.first
    top = first + book.groups - 1
    while top > first and groups[top - 1].best <= best:
        here, under = groups[top], groups[top - 1]
        for root in (here.distances, under.distances, here.fractions, under.fractions):
            if root >= 0:
                slots[root].root_of = -1
        under.distances = meld(slots, under.distances, here.distances)
        under.fractions = meld(slots, under.fractions, here.fractions)
        top -= 1
    book.groups = top - first + 1
    groups[top].best = best
    if groups[top].distances < 0 and groups[top].fractions < 0:
        book.groups -= 1
    else:
        _reach(slots, groups, first, top)


# ----------------------------------------------------------------------------------------------------------- entry
# points


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


@compiled(numba.void(_GUARD, _records(GUARDED), _i4))
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
            held.what |= _CLOSES
        if row.trailing != NOT_TRAILING:
            held.what |= _FOLLOWS
        if row.trailing == PERCENT:
            held.what |= _FRACTION
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
            _follow(guard.slots, guard.groups, book, slot, side * row.best)
        _mark(guard.groups, guard.stop_key, guard.target_key, guard.deadline_key, book)


@compiled(numba.void(_GUARD, _i4))
def drop(guard: Any, slots: Any) -> None:
    """Stop waiting for `slots`, which are guarded."""
    for slot in slots:
        book = guard.books[guard.slots[slot].what >> 3]
        _drop(guard.books, guard.slots, guard.groups, slot)
        _mark(guard.groups, guard.stop_key, guard.target_key, guard.deadline_key, book)


@compiled(numba.void(_GUARD, _records(GUARDED), _i4, numba.boolean))
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
        row.trailing = 0 if held.what & _FOLLOWS == 0 else (2 if held.what & _FRACTION else 1)
        row.closes = 1 if held.what & _CLOSES else 0
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
                        row.stop = side * max(held.stop, _level(held, here.best))
                    if held.after >= 0 and node != root:
                        waiting[more] = held.after
                        more += 1
                    if held.child >= 0:
                        waiting[more] = held.child
                        more += 1


@part
def _tightest(slots: Any, groups: Any, book: Any, price: float) -> int:
    """A follower whose stop is the tightest of all in `book`, which is not below `price`."""
    group = book.first + book.groups - 1
    while group > book.first and groups[group - 1].reach >= price:
        group -= 1
    here = groups[group]
    if here.distances >= 0 and _level(slots[here.distances], here.best) >= price:
        return here.distances  # type: ignore[no-any-return]
    return here.fractions  # type: ignore[no-any-return]


@compiled(numba.int64(_GUARD, _i4, _f8, _i8, numba.int64, _records(TRIGGER), _i8))
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
                    slot = _tightest(slots, groups, book, price)
                    held = slots[slot]
                    level = _level(held, groups[held.root_of].best)
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
                if kind != TARGET or slots[slot].what & _CLOSES:
                    _drop(books, slots, groups, slot)
            while book.groups and groups[first + book.groups - 1].best < price:
                _surpass(slots, groups, book, price)
            _mark(groups, stop_key, target_key, deadline_key, book)
    told[0] = made
    return symbols.size  # type: ignore[no-any-return]
