"""The guardian's memory: what is waited for, what is told, and where both lie. See `triggers` for how they are used."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from tradewind.core.kernel.jit import rows_of
from tradewind.core.kernel.layout import Ints

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

BOOK: Final = np.dtype(
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

GROUP: Final = np.dtype([("best", "f8"), ("reach", "f8"), ("distances", "i4"), ("fractions", "i4")], align=True)
SLOT: Final = np.dtype(
    [("stop", "f8"), ("distance", "f8"), ("child", "i4"), ("after", "i4"), ("root_of", "i4"), ("what", "i4")],
    align=True,
)
"""`stop`: signed. `child`, `after`: first child and right neighbour in the pairing heap. `root_of`: its group, −1 for
who is no root. `what`: 8 × book + the bits below; −1 for who is gone."""

FOLLOWS: Final = 1
FRACTION: Final = 2
CLOSES: Final = 4


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


_f8 = numba.types.Array(numba.float64, 1, "C")
_i4 = numba.types.Array(numba.int32, 1, "C")
GUARD: Any = numba.types.NamedTuple(  # type: ignore[no-untyped-call]
    (rows_of(BOOK), rows_of(SLOT), rows_of(GROUP), _f8, _i4, _f8, _i4, _f8, _i4), Guard
)


def empty_guard(room: Ints, slots: int) -> Guard:
    """A guard whose books have `room` places each, for `slots` positions."""
    places = int(room.sum())
    books = np.zeros(len(room), dtype=BOOK)
    books["first"][1:] = np.cumsum(room)[:-1]
    books["room"] = room
    books["stop_edge"] = -np.inf
    for name in ("target_edge", "best_edge", "deadline_edge"):
        books[name] = np.inf
    held = np.zeros(slots, dtype=SLOT)
    held["what"] = -1
    heaps = [(np.empty(places), np.empty(places, dtype=np.int32)) for _ in range(3)]
    return Guard(books, held, np.empty(places, dtype=GROUP), *heaps[0], *heaps[1], *heaps[2])


def books_of(guard: Guard, slots: Any) -> Any:
    """The books of `slots`, below 0 for those that are free or gone."""
    return guard.slots["what"][slots] >> 3
