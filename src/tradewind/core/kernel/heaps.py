"""The heaps of the guardian's books, compiled into whoever uses them.

A *flat* heap is a stretch of two arrays, keys and owners, from `first` on; `sign` +1 has the smallest key on top, −1
the largest. A *pairing* heap of followers by distance is linked through their slots. In both, who is gone stays until
he comes to the top.
"""

from __future__ import annotations

from typing import Any

from tradewind.core.kernel.jit import part


@part
def push(keys: Any, owners: Any, first: int, count: int, key: float, owner: int, sign: float) -> None:
    """Add an entry to `count` others."""
    place = count
    while place > 0:
        above = (place - 1) >> 1
        if sign * keys[first + above] <= sign * key:
            break
        keys[first + place] = keys[first + above]
        owners[first + place] = owners[first + above]
        place = above
    keys[first + place] = key
    owners[first + place] = owner


@part
def pop(keys: Any, owners: Any, first: int, count: int, sign: float) -> None:
    """Remove the first of `count` entries."""
    last = count - 1
    key, owner = keys[first + last], owners[first + last]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= last:
            break
        if below + 1 < last and sign * keys[first + below + 1] < sign * keys[first + below]:
            below += 1
        if sign * key <= sign * keys[first + below]:
            break
        keys[first + place] = keys[first + below]
        owners[first + place] = owners[first + below]
        place = below
    keys[first + place] = key
    owners[first + place] = owner


@part
def purge(slots: Any, keys: Any, owners: Any, first: int, count: int, sign: float) -> int:
    """How many entries are left without those who are gone."""
    kept = 0
    for place in range(first, first + count):
        if slots[owners[place]].what >= 0:
            key, owner = keys[place], owners[place]
            push(keys, owners, first, kept, key, owner, sign)
            kept += 1
    return kept


@part
def meld(slots: Any, one: int, other: int) -> int:
    """One pairing heap of two; −1 is an empty one."""
    if one < 0:
        return other
    if other < 0:
        return one
    if slots[other].distance < slots[one].distance:
        one, other = other, one
    slots[other].after = slots[one].child
    slots[one].child = other
    return one


@part
def without_root(slots: Any, root: int) -> int:
    """The pairing heap without its root, nor whoever is gone and would be the next."""
    while True:
        node = slots[root].child
        paired = -1
        while node >= 0:
            partner = slots[node].after
            rest = -1
            if partner >= 0:
                rest = slots[partner].after
            node = meld(slots, node, partner)
            slots[node].after = paired
            paired = node
            node = rest
        root = -1
        while paired >= 0:
            rest = slots[paired].after
            root = meld(slots, root, paired)
            paired = rest
        if root < 0 or slots[root].what >= 0:
            return root
