"""Candles with finer ones in the place of those that they tell of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.market import Inside
from tradewind.research.backtest.entries import Entries, Ints
from tradewind.research.backtest.held import Held


class Mixed(NamedTuple):
    """Candles of two lengths in time order, m of them in the place of n.

    Attributes:
        columns: the candles.
        ends: when each closed, UTC ms, shape (m,).
        starts: the first of those that stand for each candle of before, shape (n,).
        whose: the candle of before that each stands for, shape (m,).
    """

    columns: Columns
    ends: Ints
    starts: Ints
    whose: Ints

    def entries(self, entries: Entries) -> Entries:
        """`entries`, whose rows count candles of before, with rows that count these."""
        return entries._replace(rows=self.starts[entries.rows])

    def before(self, held: Held) -> Held:
        """`held`, whose rows count these candles, with rows that count those of before."""
        legs = tuple(leg._replace(row=int(self.whose[leg.row])) for leg in held.legs)
        return held._replace(entry_row=int(self.whose[held.entry_row]), legs=legs)


def mixed(columns: Columns, timeframe: Timeframe, inside: Inside | None) -> Mixed:
    """`columns` with the finer candles in the place of those that they tell of; as they are where there are none."""
    rows = np.arange(len(columns))
    if inside is None:
        return Mixed(columns, columns.ts + timeframe.ms, rows, rows)
    counts = np.where(inside.first >= 0, inside.parts, 1)
    starts = np.cumsum(counts) - counts
    whose = np.repeat(rows, counts)
    fine = np.where(inside.first >= 0, inside.first, 0)[whose] + np.arange(len(whose)) - starts[whose]
    told = inside.first[whose] >= 0
    fine[~told] = 0
    if not told.any():
        return Mixed(columns, columns.ts + timeframe.ms, rows, rows)
    joined = Columns(
        *(np.where(told, finer[fine], own[whose]) for finer, own in zip(inside.columns, columns, strict=True))
    )
    ends = joined.ts + np.where(told, timeframe.ms // inside.parts, timeframe.ms)
    return Mixed(joined, ends, starts, whose)
