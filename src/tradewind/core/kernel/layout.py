"""The kernel's arrays: plans, positions and trades as packed records. `inputs` is the way into them.

Prices are float64 in quote currency, times UTC milliseconds, rates fractions of notional.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.plan import TrailingKind

Records = NDArray[np.void]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Longest take-profit ladder.
MOST_TARGETS: Final = 10

# How the stop follows.
NOT_TRAILING: Final = 0
DISTANCE: Final = 1
"""Best price − a fixed distance."""
PERCENT: Final = 2
"""Best price − a fraction of it."""
CHANDELIER: Final = 3
"""Best price − a multiple of the present ATR; a widening ATR never takes the stop back."""
MOVING_TARGET: Final = 4
"""With rung k filled, the level of rung k − lag; the price that pays for all costs for k = lag."""

# Where a position stands.
EMPTY: Final = 0
PENDING: Final = 1
"""Enters at the open of the next bar."""
OPEN: Final = 2
CLOSED: Final = 3
REFUSED: Final = 4
"""The bar opened beyond the stop, so there was no entry."""

# Why a stop was moved, and why a position ended.
NOTHING: Final = 0
STOP: Final = 1
BREAKEVEN: Final = 2
TRAILING: Final = 3
TARGET: Final = 4
TIME_STOP: Final = 5

KINDS: Final = {
    TrailingKind.DISTANCE: DISTANCE,
    TrailingKind.PERCENT: PERCENT,
    TrailingKind.CHANDELIER: CHANDELIER,
    TrailingKind.MOVING_TARGET: MOVING_TARGET,
}

PLAN: Final = np.dtype(
    [
        ("stop", "f8"),
        ("trailing_distance", "f8"),
        ("trailing_at_r", "f8"),
        ("trailing_step", "f8"),
        ("breakeven_at_r", "f8"),
        ("breakeven_offset", "f8"),
        ("max_age_ms", "i8"),
        ("levels", "f8", (MOST_TARGETS,)),
        ("shares", "f8", (MOST_TARGETS,)),
        ("side", "i1"),
        ("targets", "i1"),
        ("breakeven", "i1"),
        ("breakeven_after", "i1"),
        ("trailing", "i1"),
        ("trailing_after", "i1"),
        ("relative", "i1"),
        ("unused", "i1"),
    ],
    align=True,
)
"""A plan: `core.plan.PlanSpec` as a record of 224 bytes.

`breakeven_offset`: how far beyond the price that pays for all costs the stop is set, quote currency.
`trailing_after`: rungs to fill before trailing begins; the lag of MOVING_TARGET.
A *template* (`relative` 1) is the same record with `side` +1 and distances in multiples of a unit (such as the ATR at
the signal) instead of prices: `stop`, `levels`, `breakeven_offset`, `trailing_step` and, for DISTANCE,
`trailing_distance`; see `place`.
"""

STATE: Final = np.dtype(
    [
        ("entry", "f8"),
        ("paid_at", "f8"),
        ("stop", "f8"),
        ("best", "f8"),
        ("worst", "f8"),
        ("left", "f8"),
        ("gained", "f8"),
        ("funding", "f8"),
        ("exit", "f8"),
        ("opened_at", "i8"),
        ("phase", "i1"),
        ("filled", "i1"),
        ("breakeven_done", "i1"),
        ("trailing_on", "i1"),
        ("stop_reason", "i1"),
        ("leaving", "i1"),
        ("end", "i1"),
        ("unused", "i1"),
    ],
    align=True,
)
"""A position's progress, 88 bytes: `core.plan.PlanState` and what `core.outcome.Outcome` adds to it.

`gained`: Σ share × (exit − entry), signed for the side, after fees and funding, quote currency per unit.
`funding`: paid so far per unit of base, quote currency; negative when received. `filled`: rungs executed.
"""

TRADE: Final = np.dtype(
    [
        ("signal", "i8"),
        ("entry_bar", "i8"),
        ("exit_bar", "i8"),
        ("entry", "f8"),
        ("exit", "f8"),
        ("gained", "f8"),
        ("risk", "f8"),
        ("best", "f8"),
        ("worst", "f8"),
        ("end", "i1"),
        ("filled", "i1"),
        ("side", "i1"),
        ("unused", "i1", (5,)),
    ],
    align=True,
)
"""A finished trade, 80 bytes. `signal`: row of the entries. `exit`: price of the last part. `risk`: |entry − stop|."""

SUMMARY: Final = np.dtype(
    [
        ("trades", "i8"),
        ("wins", "i8"),
        ("total", "f8"),
        ("squares", "f8"),
        ("profit", "f8"),
        ("loss", "f8"),
        ("growth", "f8"),
        ("drawdown", "f8"),
        ("held", "i8"),
    ],
    align=True,
)
"""What a parameter set came to. Returns are gain ÷ entry, after costs: `total` and `squares` are their sum and sum of
squares, `profit` and `loss` the sums of those above and of the others, `growth` the product of 1 + return, `drawdown`
the largest fall of that product as a fraction of its peak, `held` bars with a position."""

ASSUMPTIONS: Final = np.dtype(
    [
        ("maker", "f8"),
        ("taker", "f8"),
        ("slippage", "f8"),
        ("worse", "f8"),
        ("tick_units", "f8"),
        ("tick_scale", "f8"),
        ("textbook", "i1"),
        ("unused", "i1", (7,)),
    ],
    align=True,
)


class KernelInputError(ValueError):
    """A value the kernel must not compute with.

    Attributes:
        field: which array or field, such as `high` or `plans.stop`.
        row: its first bad row; −1 where there are none.
    """

    def __init__(self, field: str, row: int, expected: str, got: object) -> None:
        self.field = field
        self.row = row
        place = field if row < 0 else f"{field}[{row}]"
        super().__init__(f"{place}: expected {expected}, got {got}")


class Bars(NamedTuple):
    """Checked candles of one symbol, oldest first; all arrays contiguous and of one length.

    Attributes:
        ts: open times, UTC ms, strictly rising.
        open, high, low, close: quote currency, float64.
        length_ms: length of a bar.
        atr: Average True Range at the close of each bar, quote currency; empty unless a plan is a CHANDELIER.
        funding: charged to longs and paid to shorts at the open of each bar, quote currency per unit of base (rate ×
        mark
            price); 0 where none is due; empty for none at all.
    """

    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    length_ms: int
    atr: Floats
    funding: Floats


def refuse(field: str, bad: NDArray[np.bool_], values: NDArray[Any], expected: str) -> None:
    """Raise for the first row of `values` that is `bad`."""
    if bad.any():
        row = int(np.argmax(bad))
        raise KernelInputError(field, row, expected, values[row])
