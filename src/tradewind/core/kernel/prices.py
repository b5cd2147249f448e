"""The prices that a plan turns on, as numbers alone: nothing here decides or changes anything."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.kernel.jit import part
from tradewind.core.kernel.layout import CHANDELIER, PERCENT
from tradewind.core.plan import TARGET_HAIR


@part
def costs_covered(side: float, entry: float, fee_in: float, fee_out: float, slippage: float, funding: float) -> float:
    """As `core.costs.breakeven`."""
    return (entry * (1.0 + side * fee_in) + side * funding) / (1.0 - side * (fee_out + slippage))


@part
def to_tick(level: float, up: bool, units: float, scale: float) -> Any:
    """`float(quantise(level, tick, UP or DOWN))` for tick = units ÷ scale; `level` itself without a tick.

    The quotient only guesses the row of the grid. What decides are comparisons with the grid's own floats, which are as
    good as comparisons of the decimals: decimals of up to 15 digits and their floats have one order.
    """
    if units == 0.0:
        return level
    row = np.floor(level * scale / units)
    while row * units / scale > level:
        row -= 1.0
    while (row + 1.0) * units / scale <= level:
        row += 1.0
    on_grid = row * units / scale
    if up and on_grid < level:
        return (row + 1.0) * units / scale
    return on_grid


@part
def trailing_level(side: float, kind: int, distance: float, best: float, atr: float) -> float:
    """Where a stop belongs that follows `best`."""
    if kind == PERCENT:
        distance = distance * best
    elif kind == CHANDELIER:
        distance = distance * atr
    return best - side * distance


@part
def target_level(plan: Any, state: Any, side: float, rung: int, targets_from: float) -> float:
    """As `core.plan.target_level`, for rung `rung` from 0."""
    level = plan.levels[rung]
    if targets_from == 0.0:
        return level  # type: ignore[no-any-return]
    moved = state.entry + (level - targets_from)
    return moved + side * (moved * TARGET_HAIR)  # type: ignore[no-any-return]


@part
def net(state: Any, side: float, price: float, fee_in: float, fee_out: float) -> float:
    """Gain per unit closed at `price`, after the fees of both sides."""
    return (price - state.entry) * side - state.entry * fee_in - price * fee_out  # type: ignore[no-any-return]
