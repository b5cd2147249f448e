"""The third driver: one tick for a million positions, by price-ordered triggers instead of scans.

The guardian holds, for every open position, the next prices at which its plan has anything to decide, and tells who was
reached. The caller then steps that position's plan (`core.plan`, or `step_bar`) and, if it lives on, `rearm`s it: with
the next rung of its ladder, the price that activates breakeven or trailing, the next worthwhile trailing step, a
chandelier's new distance. Continuous trailing by distance or fraction needs no wake-up at all; the guardian follows by
itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.kernel import triggers
from tradewind.core.kernel.guards import GUARDED, TRIGGER, books_of, empty_guard
from tradewind.core.kernel.layout import (
    DISTANCE,
    NOT_TRAILING,
    PERCENT,
    Floats,
    Ints,
    KernelInputError,
    Records,
    refuse,
)

Slots = NDArray[np.int32]

#: A distance below this fraction of the best price would not differ from it in float64 after some growth.
_LEAST_DISTANCE = 1e-9
#: How much room a full book gains, beyond what is needed.
_GROWTH = 1.5
_LEAST_OUT = 1024


class Guardian:
    """Open positions and what they wait for.

    Positions are known by their slot. It stays free for a while after the position is gone, then it is given to
    another.
    """

    def __init__(self, symbols: int, positions: Records | None = None) -> None:
        """For symbols numbered from 0; `positions` are guarded from the start, row k in slot `slots[k]`.

        Raises:
            KernelInputError: no symbol, or as `open`.
        """
        if symbols < 1:
            raise KernelInputError("symbols", -1, "at least one symbol", symbols)
        self.symbols = symbols
        rows = np.empty(0, dtype=GUARDED) if positions is None else _checked(positions, symbols)
        self._guard = empty_guard(_counts(rows, symbols), len(rows))
        # Who is reached one after the other lies together, which saves cache misses.
        order = _order(rows)
        self.slots: Slots = np.empty(len(rows), dtype=np.int32)
        self.slots[order] = np.arange(len(rows), dtype=np.int32)
        self._free: list[int] = []
        self._build(rows, self.slots)

    def __len__(self) -> int:
        return int(self._guard.books["live"].sum())

    @property
    def bytes(self) -> int:
        """Memory of all arrays."""
        return sum(array.nbytes for array in self._guard)

    def open(self, positions: Records) -> Slots:
        """Guard `positions` (GUARDED, shape (n,)) from now on.

        Returns:
            Their slots, shape (n,).

        Raises:
            KernelInputError: an unknown symbol, a side other than ±1, a stop that is not above zero, a target that is
            not
                beyond the stop, a trailing distance that is no positive part of the best price, a negative deadline.
        """
        rows = _checked(positions, self.symbols)
        books = self._guard.books
        wanted = books["live"] + _counts(rows, self.symbols)
        if len(rows) > len(self._free) or (wanted > books["room"]).any():
            self._rebuild(wanted, len(rows))
        slots = np.array([self._free.pop() for _ in range(len(rows))], dtype=np.int32)
        triggers.add(self._guard, rows, slots)
        return slots

    def close(self, slots: Any) -> None:
        """Wait no longer for `slots`.

        Raises:
            KernelInputError: a slot that is not guarded, or twice.
        """
        triggers.drop(self._guard, self._guarded(slots))

    def rearm(self, slots: Any, positions: Records) -> Slots:
        """Wait for `positions` instead of `slots`, as after a trigger.

        Returns:
            The new slots, shape (n,).

        Raises:
            KernelInputError: as `close` and `open`; then nothing is changed.
        """
        known = self._guarded(slots)
        rows = _checked(positions, self.symbols)
        if len(rows) != len(known):
            raise KernelInputError("positions", -1, f"one row for each of {len(known)} slots", len(rows))
        triggers.drop(self._guard, known)
        return self.open(rows)

    def positions(self) -> Records:
        """What every slot waits for, with its stop where trailing has brought it; GUARDED, shape (slots,).

        Slots that nobody is in have symbol −1.
        """
        return self._read(trailed=True)

    def run(self, symbols: Any, prices: Any, times: Any) -> Records:
        """Feed ticks in order.

        Within one tick a position's stop comes first, then its target, then its deadline. Whoever met its stop, its
        deadline or a target that `closes` is guarded no more.

        Args:
            symbols: whole numbers, shape (n,).
            prices: quote currency, shape (n,).
            times: UTC ms, shape (n,).

        Returns:
            What was reached, in order of the ticks; TRIGGER, shape (triggers,).

        Raises:
            KernelInputError: an unknown symbol, a price that is not finite and above zero, other shapes; no tick is
            fed.
        """
        which = np.ascontiguousarray(symbols, dtype=np.int32)
        price: Floats = np.ascontiguousarray(prices, dtype=np.float64)
        at: Ints = np.ascontiguousarray(times, dtype=np.int64)
        for name, values in (("symbols", which), ("prices", price), ("times", at)):
            if values.ndim != 1 or values.shape != which.shape:
                raise KernelInputError(name, -1, f"shape {which.shape}", values.shape)
        refuse("symbols", (which < 0) | (which >= self.symbols), which, f"a symbol from 0 to {self.symbols - 1}")
        refuse("prices", ~(np.isfinite(price) & (price > 0.0)), price, "a price above zero")
        parts: list[Records] = []
        told = np.zeros(1, dtype=np.int64)
        tick = 0
        while tick < len(which):
            out = np.empty(max(_LEAST_OUT, len(which)), dtype=TRIGGER)
            tick = triggers.run(self._guard, which, price, at, tick, out, told)
            parts.append(out[: told[0]])
        return np.concatenate(parts) if parts else np.empty(0, dtype=TRIGGER)

    def _read(self, *, trailed: bool) -> Records:
        count = len(self._guard.slots)
        rows = np.zeros(count, dtype=GUARDED)
        triggers.read(self._guard, rows, np.empty(count + 1, dtype=np.int32), trailed)
        return rows

    def _guarded(self, slots: Any) -> Slots:
        known = np.ascontiguousarray(slots, dtype=np.int32)
        outside = (known < 0) | (known >= len(self._guard.slots))
        refuse("slots", outside, known, f"a slot from 0 to {len(self._guard.slots) - 1}")
        refuse("slots", books_of(self._guard, known) < 0, known, "a guarded slot")
        if len(np.unique(known)) != len(known):
            raise KernelInputError("slots", -1, "each slot once", "one twice")
        return known

    def _rebuild(self, wanted: Ints, more: int) -> None:
        """The same positions without those who are gone, with room for `wanted` in each book and `more` in all."""
        rows = self._read(trailed=False)
        live = np.flatnonzero(rows["symbol"] >= 0).astype(np.int32)
        room = self._guard.books["room"].astype(np.int64)
        room = np.where(wanted > room, (wanted * _GROWTH).astype(np.int64), room)
        count = max(len(rows), len(live) + more + len(live) // 8)
        self._guard = empty_guard(room, count)
        taken = np.zeros(count, dtype=bool)
        taken[live] = True
        self._free = np.flatnonzero(~taken)[::-1].tolist()
        self._build(rows[live], live)

    def _build(self, rows: Records, slots: Slots) -> None:
        order = _order(rows)
        triggers.add(self._guard, np.ascontiguousarray(rows[order]), np.ascontiguousarray(slots[order]))


def _order(rows: Records) -> NDArray[np.intp]:
    """Cheapest to add: groups are a stack with the lowest best price on top, so the highest comes first; and whoever
    has the smallest distance is root, so the largest comes first and every follower has one child."""
    return np.lexsort((-rows["trailing_distance"], -rows["best"] * rows["side"], _books(rows)))


def _books(rows: Records) -> Ints:
    books: Ints = 2 * rows["symbol"].astype(np.int64) + (rows["side"] < 0)
    return books


def _counts(rows: Records, symbols: int) -> Ints:
    """Positions per book."""
    return np.bincount(_books(rows), minlength=2 * symbols).astype(np.int64)


def _checked(positions: Records, symbols: int) -> Records:
    if positions.dtype != GUARDED or positions.ndim != 1:
        raise KernelInputError("positions", -1, "a one-dimensional array of GUARDED", f"{positions.dtype}")
    rows = np.ascontiguousarray(positions)
    side, stop, target, kind = rows["side"], rows["stop"], rows["target"], rows["trailing"]

    def check(name: str, bad: NDArray[np.bool_], expected: str) -> None:
        refuse(f"positions.{name}", bad, rows[name], expected)

    check("symbol", (rows["symbol"] < 0) | (rows["symbol"] >= symbols), f"a symbol from 0 to {symbols - 1}")
    check("side", np.abs(side) != 1, "+1 for long or −1 for short")
    check("stop", ~(np.isfinite(stop) & (stop > 0.0)), "a level above zero")
    nothing = target == np.where(side > 0, np.inf, -np.inf)
    check("target", ~(nothing | (np.isfinite(target) & (target > 0.0))), "a level above zero, or infinity for none")
    check("target", ~nothing & ~((target - stop) * side > 0.0), "a level beyond the stop")
    check(
        "trailing", (kind != NOT_TRAILING) & (kind != DISTANCE) & (kind != PERCENT), "no trailing, distance or percent"
    )
    best, distance = rows["best"], rows["trailing_distance"]
    follows = kind != NOT_TRAILING
    check("best", follows & ~(np.isfinite(best) & (best > 0.0)), "a price above zero")
    least = np.where(kind == PERCENT, _LEAST_DISTANCE, _LEAST_DISTANCE * best)
    check("trailing_distance", follows & ~(np.isfinite(distance) & (distance > least)), "a distance above zero")
    check("trailing_distance", (kind == PERCENT) & (distance >= 1.0), "a fraction below 1")
    check("deadline", (rows["deadline"] < 0) | (rows["deadline"] > 2**53), "UTC ms, or 0 for none")
    return rows


__all__ = ["GUARDED", "TRIGGER", "Guardian"]
