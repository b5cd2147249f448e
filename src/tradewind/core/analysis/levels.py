"""Support and resistance: prices at which the market has turned before.

A pivot is a candle whose high is the highest (or low the lowest) of `SPAN` candles before it and `SPAN` behind it. So
it is known only `SPAN` candles later, and never before. Pivots within `WIDTH` usual true ranges of each other are
touches of one level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tradewind.core.series import Columns, Floats

#: Candles on either side that confirm a pivot.
SPAN = 5
#: How far apart the touches of one level may lie, in usual true ranges.
WIDTH = 1.0
#: A price that turned the market once is a pivot; from here on it is a level.
LEAST_TOUCHES = 2
#: Levels kept on either side of the price, the nearest.
MOST = 3
#: Candles after which a touch counts half.
HALF_LIFE = 120


class PivotKind(StrEnum):
    """Which way the market turned there."""

    HIGH = "high"
    LOW = "low"


class Role(StrEnum):
    """What a level is to the present price."""

    SUPPORT = "support"
    RESISTANCE = "resistance"


class Pivot(NamedTuple):
    """A confirmed swing.

    Attributes:
        row: of its candle; confirmed at the close of row + `SPAN`.
        ts: open time of its candle, UTC ms.
    """

    row: int
    ts: int
    price: float
    kind: PivotKind


class Level(NamedTuple):
    """A price at which the market has turned, seen from the present one.

    Attributes:
        price: mean of its touches; `low` and `high` are the outermost ones.
        first_touch, last_touch: open times of the candles, UTC ms.
        strength: 0 to 1; one fresh touch has ½, two have ⅔, and each counts half for every `HALF_LIFE` candles of age.
            It orders levels; it is no probability.
        flipped: its last touch was from the other side; the price has gone through it since.
    """

    price: float
    low: float
    high: float
    role: Role
    touches: int
    first_touch: int
    last_touch: int
    strength: float
    flipped: bool


def pivots_of(columns: Columns) -> tuple[Pivot, ...]:
    """The confirmed pivots, oldest first; of equal highs (or lows) next to each other the first one counts."""
    if len(columns) <= 2 * SPAN:
        return ()
    highs = (Pivot(row, int(columns.ts[row]), float(columns.high[row]), PivotKind.HIGH) for row in _tops(columns.high))
    lows = (Pivot(row, int(columns.ts[row]), float(columns.low[row]), PivotKind.LOW) for row in _tops(-columns.low))
    return tuple(sorted(chain(highs, lows)))


def _tops(values: Floats) -> list[int]:
    """Rows whose value exceeds those of `SPAN` rows before and is not exceeded by those of `SPAN` rows behind."""
    windows = sliding_window_view(values, 2 * SPAN + 1)
    rows: list[int] = (np.flatnonzero(windows.argmax(axis=1) == SPAN) + SPAN).tolist()
    return rows


def levels_of(pivots: Iterable[Pivot], *, price: float, atr: float, rows: int) -> tuple[Level, ...]:
    """The nearest levels on either side of `price`, in order of price.

    Args:
        atr: usual true range of the candles that the pivots were found in, in price. Not that of the moment, which may
            be a lull: what counted as one level would then fall to pieces.
        rows: how many candles those are; ages are counted from the last one.
    """
    levels = [_level(group, price, rows) for group in _groups(pivots, WIDTH * atr) if len(group) >= LEAST_TOUCHES]
    below = [level for level in levels if level.role is Role.SUPPORT]
    above = [level for level in levels if level.role is Role.RESISTANCE]
    return (*below[-MOST:], *above[:MOST])


def _groups(pivots: Iterable[Pivot], width: float) -> list[list[Pivot]]:
    """Pivots by price, from the lowest: each group is at most `width` wide."""
    groups: list[list[Pivot]] = []
    for pivot in sorted(pivots, key=lambda each: (each.price, each.row)):
        if groups and pivot.price - groups[-1][0].price <= width:
            groups[-1].append(pivot)
        else:
            groups.append([pivot])
    return groups


def _level(touches: Sequence[Pivot], price: float, rows: int) -> Level:
    low, high = touches[0].price, touches[-1].price
    # A mean of equal numbers may be off by a rounding; the level never leaves its touches.
    middle = min(max(sum(touch.price for touch in touches) / len(touches), low), high)
    role = Role.SUPPORT if middle <= price else Role.RESISTANCE
    last = max(touches, key=lambda touch: touch.row)
    weight = sum(0.5 ** ((rows - 1 - touch.row) / HALF_LIFE) for touch in touches)
    return Level(
        price=middle,
        low=low,
        high=high,
        role=role,
        touches=len(touches),
        first_touch=min(touch.ts for touch in touches),
        last_touch=last.ts,
        strength=weight / (1.0 + weight),
        flipped=(last.kind is PivotKind.HIGH) is (role is Role.SUPPORT),
    )
