"""The ideal profile's rules, candle by candle in plain Python: what the searching runner is held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tradewind.core import plan as planning
from tradewind.core.costs import breakeven
from tradewind.core.plan import ExitNow, MoveStop, PlanSpec
from tradewind.core.series import Columns


class Position(NamedTuple):
    """`legs` are (row, share, price); `reason` says what took the last of it."""

    side: int
    entry_row: int
    legs: list[tuple[int, float, float]]
    reason: str


def positions(
    columns: Columns,
    setups: dict[int, int],
    plan_of: Callable[[int, int, float], PlanSpec],
    ms: int,
    fee: float,
    leaves: frozenset[tuple[int, int]] = frozenset(),
) -> list[Position]:
    """Every position of one symbol that was entered and left.

    Args:
        setups: the side (+1, −1) of the set-up at each row that has one.
        leaves: (row, side) at whose close the strategy wants to leave.
        plan_of: (row of the set-up, side, entry price) → plan.
    """
    rows = list(columns.candles())
    found: list[Position] = []
    held: _Position | None = None
    wanted: tuple[int, int] | None = None
    for row, candle in enumerate(rows):
        if held is not None and held.leaving:
            held.leave(row, candle.open, held.leaving)
        elif held is None and wanted is not None:
            setup, side = wanted
            held = _Position(plan_of(setup, side, candle.open), row, candle.open, candle.ts, fee)
        wanted = None
        if held is not None and held.left:
            held.live_through(row, candle.open, candle.high, candle.low, candle.close, candle.ts + ms)
        if held is not None and held.left and not held.leaving and (row, held.plan.side) in leaves:
            held.leaving = "exit_condition"
        if held is not None and not held.left:
            found.append(Position(held.plan.side, held.entry_row, held.legs, held.reason))
            held = None
        if held is None and row in setups:
            wanted = (row, setups[row])
    return found


class _Position:
    def __init__(self, plan: PlanSpec, row: int, price: float, at: int, fee: float) -> None:
        self.plan, self.entry_row = plan, row
        self.state = planning.opened(plan, price, breakeven(plan.side, price, fee, fee, 0.0, 0.0), at)
        self.left = 1.0
        self.legs: list[tuple[int, float, float]] = []
        self.reason = self.moved_by = "stop"
        self.leaving = ""

    def leave(self, row: int, price: float, reason: str) -> None:
        self.legs.append((row, self.left, price))
        self.left, self.reason = 0.0, reason

    def live_through(self, row: int, opened: float, high: float, low: float, close: float, end: int) -> None:
        long = self.plan.side > 0
        stop = self.state.stop
        if (low <= stop) if long else (high >= stop):
            self.leave(row, min(opened, stop) if long else max(opened, stop), self.moved_by)
            return
        for rung in range(self.state.targets_filled + 1, len(self.plan.targets) + 1):
            level, share = self.plan.targets[rung - 1]
            if (high < level) if long else (low > level):
                break
            price = max(opened, level) if long else min(opened, level)
            if rung == len(self.plan.targets):
                self.leave(row, price, "target")
                return
            self.legs.append((row, share, price))
            self.left -= share
            self.state, actions = planning.target_filled(self.plan, self.state, rung, price)
            self._carry_out(actions)
        moved = self.state.stop
        if moved != stop and ((close <= moved) if long else (close >= moved)):
            self.leave(row, moved, self.moved_by)
            return
        self.state, actions = planning.observe(self.plan, self.state, high, low, close, end)
        self._carry_out(actions)

    def _carry_out(self, actions: list) -> None:
        for action in actions:
            if isinstance(action, MoveStop):
                self.state = planning.stop_moved(self.state, action.level)
                self.moved_by = action.action.value
            elif isinstance(action, ExitNow):
                self.leaving = action.action.value
