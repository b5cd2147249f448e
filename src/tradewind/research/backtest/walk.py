"""The ideal profile stepped in plain Python, from one candle in which something can happen to the next.

For what a person asks for at a time it is quicker than to import a compiler; it does what `compiled` does, to the bit.
"""

from __future__ import annotations

import numpy as np

from tradewind.core import plan as planning
from tradewind.core.costs import breakeven
from tradewind.core.plan import ExitNow, MoveStop, PlanSpec, PlanState
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.values import Side
from tradewind.research.backtest.entries import Entries, Ints
from tradewind.research.backtest.held import Held, Leg

#: Candles looked at together while searching; most positions end within the first stretch.
_FIRST_STRETCH, _LONGEST_STRETCH = 64, 4096


def walk(entries: Entries, columns: Columns, ends: Ints, fee: float) -> list[Held]:
    """Every position that was entered and left, in time order.

    Args:
        columns: the candles that the rows of `entries` count in.
        ends: when each of them closed, UTC ms.
        fee: rate paid on either side.
    """
    positions: list[Held] = []
    free_from = 0
    for number, row in enumerate(entries.rows.tolist()):
        if row < free_from:
            continue
        held = _Walk(columns, ends, entries.plan(number), row, fee).run()
        if held is None:
            break  # open to the end of the candles
        positions.append(held)
        free_from = held.exit_row + 1
    return positions


class _Walk:
    """One position, from event to event."""

    def __init__(self, columns: Columns, ends: Ints, spec: PlanSpec, entry_row: int, fee: float) -> None:
        self._columns = columns
        self._ends = ends
        self._spec = spec
        self._side = Side.LONG if spec.side > 0 else Side.SHORT
        self._entry_row = entry_row
        self._entry = float(columns.open[entry_row])
        opened_at = int(columns.ts[entry_row])
        paid_at = breakeven(spec.side, self._entry, fee, fee, 0.0, 0.0)
        self._state: PlanState = planning.opened(spec, self._entry, paid_at, opened_at)
        #: Why the position is over, and what moved the stop last.
        self._reason = self._moved_by = ExitReason.STOP
        self._left = 1.0
        self._legs: list[Leg] = []
        #: First row at whose end the position is too old.
        self._oldest = len(columns)
        if spec.max_age_ms:
            self._oldest = int(np.searchsorted(ends, opened_at + spec.max_age_ms))
        #: Whether new best prices can move anything; where not, nobody need look at them.
        self._follows = spec.trailing is not None or (spec.breakeven is not None and spec.breakeven.at_r > 0.0)

    def run(self) -> Held | None:
        """The position once it has ended; None when the candles end first."""
        row = self._entry_row
        while (event := self._next(row)) is not None:
            asked = self._live_through(event)
            if self._left > 0.0 and asked is not None:
                if event + 1 >= len(self._columns):
                    return None
                self._leave(event + 1, float(self._columns.open[event + 1]), ExitReason(asked.action.value))
            if self._left == 0.0:
                return Held(self._side, self._entry_row, self._entry, self._spec.stop, tuple(self._legs), self._reason)
            row = event + 1
        return None

    def _next(self, row: int) -> int | None:
        """The first row from `row` on in which a level is touched, the plan may move, or the position is too old."""
        columns, state = self._columns, self._state
        target = self._spec.targets[state.targets_filled].level
        end, size = min(self._oldest + 1, len(columns)), _FIRST_STRETCH
        start = row
        watched = min(target, state.best) if self._side is Side.LONG else max(target, state.best)
        watched = watched if self._follows else target
        while start < end:
            stop = min(start + size, end)
            highs, lows = columns.high[start:stop], columns.low[start:stop]
            if self._side is Side.LONG:
                hit = (lows <= state.stop) | (highs >= watched)
            else:
                hit = (highs >= state.stop) | (lows <= watched)
            first = int(hit.argmax())
            if hit[first]:
                return start + first
            start, size = stop, min(2 * size, _LONGEST_STRETCH)
        return end - 1 if end == self._oldest + 1 and end > row else None

    def _live_through(self, row: int) -> ExitNow | None:
        """Take the candle in `row`; what it asks to leave at the next open, if anything."""
        opened, high, low, close = (
            float(column[row])
            for column in (self._columns.open, self._columns.high, self._columns.low, self._columns.close)
        )
        sign, state = self._side.sign, self._state
        against, forth = (low, high) if sign > 0 else (high, low)
        if (against - state.stop) * sign <= 0.0:
            self._stop(row, opened if (opened - state.stop) * sign <= 0.0 else state.stop)
            return None
        filled = state.targets_filled
        for rung, target in enumerate(self._spec.targets[filled:], start=filled + 1):
            if (forth - target.level) * sign < 0.0:
                break
            price = opened if (opened - target.level) * sign >= 0.0 else target.level
            last = rung == len(self._spec.targets)
            self._legs.append(Leg(row, self._left if last else target.share, price))
            self._left = 0.0 if last else self._left - target.share
            self._reason = ExitReason.TARGET
            if last:
                return None
            self._state, actions = planning.target_filled(self._spec, self._state, rung, price)
            self._move(actions)
        if self._state.stop != state.stop and (close - self._state.stop) * sign <= 0.0:
            self._stop(row, self._state.stop)
            return None
        self._state, actions = planning.observe(self._spec, self._state, high, low, close, int(self._ends[row]))
        return self._move(actions)

    def _move(self, actions: list[planning.Action]) -> ExitNow | None:
        for action in actions:
            if isinstance(action, ExitNow):
                return action
            if isinstance(action, MoveStop):
                self._state = planning.stop_moved(self._state, action.level)
                self._moved_by = ExitReason(action.action.value)
        return None

    def _stop(self, row: int, price: float) -> None:
        self._leave(row, price, self._moved_by)

    def _leave(self, row: int, price: float, reason: ExitReason) -> None:
        self._legs.append(Leg(row, self._left, price))
        self._left, self._reason = 0.0, reason
