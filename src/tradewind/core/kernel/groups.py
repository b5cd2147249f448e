"""Trailing groups of a book: all who saw the same best price are one. `triggers` says what they are for.

Every part that moves a group keeps two things true: the best prices fall towards the top of the stack, and `reach` is
the tightest stop of a group and of those below it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.kernel.guards import FRACTION
from tradewind.core.kernel.heaps import meld, without_root
from tradewind.core.kernel.jit import part


@part
def level_of(slot: Any, best: float) -> float:
    """The signed stop of a follower of `best`; see `prices.trailing_level`."""
    distance = slot.distance
    if slot.what & FRACTION:
        distance = distance * abs(best)
    return best - distance  # type: ignore[no-any-return]


@part
def _reach(slots: Any, groups: Any, first: int, group: int) -> None:
    """Note the tightest stop of `group` and of those below it."""
    here = groups[group]
    reach = groups[group - 1].reach if group > first else -np.inf
    if here.distances >= 0:
        slots[here.distances].root_of = group
        reach = max(reach, level_of(slots[here.distances], here.best))
    if here.fractions >= 0:
        slots[here.fractions].root_of = group
        reach = max(reach, level_of(slots[here.fractions], here.best))
    here.reach = reach


@part
def release(books: Any, slots: Any, groups: Any, slot: int) -> None:
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
def follow(slots: Any, groups: Any, book: Any, slot: int, best: float) -> None:  # noqa: PLR0912
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
    if slots[slot].what & FRACTION:
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
def surpass(slots: Any, groups: Any, book: Any, best: float) -> None:
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


@part
def tightest(slots: Any, groups: Any, book: Any, price: float) -> int:
    """A follower whose stop is the tightest of all in `book`, which is not below `price`."""
    group = book.first + book.groups - 1
    while group > book.first and groups[group - 1].reach >= price:
        group -= 1
    here = groups[group]
    if here.distances >= 0 and level_of(slots[here.distances], here.best) >= price:
        return here.distances  # type: ignore[no-any-return]
    return here.fractions  # type: ignore[no-any-return]
