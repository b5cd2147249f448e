"""Candles for a chart: fewer where there are too many, and packed for a page."""

from __future__ import annotations

import base64

import numpy as np

from tradewind.core.series import Columns

#: Candles of one page over all symbols, so that it stays below five megabytes.
MOST_CANDLES = 120_000
_MINUTE_MS = 60_000
#: How many candles become one; what people know as timeframes, from most of them.
_FACTORS = (1, 2, 3, 4, 6, 12, 24, 48, 72, 144, 288, 864, 2016)


def chart_factor(candles: int, most: int = MOST_CANDLES) -> int:
    """How many candles are to become one, so that of `candles` no more than `most` are left."""
    return next((each for each in _FACTORS if candles <= most * each), _FACTORS[-1])


def merged(columns: Columns, ms: int) -> Columns:
    """The candles of each `ms`, which open at multiples of it, as one."""
    opens = columns.ts // ms * ms
    first = np.flatnonzero(np.diff(opens, prepend=-1))
    last = np.append(first[1:], len(columns)) - 1
    return Columns(
        opens[first],
        columns.open[first],
        np.maximum.reduceat(columns.high, first),
        np.minimum.reduceat(columns.low, first),
        columns.close[last],
        np.add.reduceat(columns.volume, first),
    )


def packed(columns: Columns) -> dict[str, str]:
    """Open times in minutes since 1970 as int32, and prices as float32, each as base64 of little-endian bytes."""
    prices = {"o": columns.open, "h": columns.high, "l": columns.low, "c": columns.close}
    return {
        "t": _text((columns.ts // _MINUTE_MS).astype("<i4").tobytes()),
        **{name: _text(values.astype("<f4").tobytes()) for name, values in prices.items()},
    }


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
