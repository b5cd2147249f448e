"""Where on the candles a strategy's set-ups stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions import Memo
from tradewind.core.series import Columns
from tradewind.core.strategy.compiled import CompiledSetup, Strategy
from tradewind.core.values import Side

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A strategy over candles. What it says of a row depends on the candles up to that row only.

    Attributes:
        values: the program's roots, one array per root, one value per row.
        long_rows, short_rows: rows at which a set-up stands, rising: its condition holds, the warm-up is over, and
            every number it needs is finite.
        conflict_rows: rows at which both sides stood; they count for neither.
    """

    strategy: Strategy
    columns: Columns
    values: tuple[NDArray[Any], ...]
    long_rows: Rows
    short_rows: Rows
    conflict_rows: Rows

    def side_at(self, row: int) -> Side | None:
        """The side whose set-up stands at `row`."""
        if _holds(self.long_rows, row):
            return Side.LONG
        return Side.SHORT if _holds(self.short_rows, row) else None

    def conflict_at(self, row: int) -> bool:
        """Whether both sides' set-ups stood at `row`."""
        return _holds(self.conflict_rows, row)

    def number(self, root: int, row: int) -> float:
        """The value of a root at `row`."""
        return float(self.values[root][row])


def evaluate(strategy: Strategy, columns: Columns, memo: Memo | None = None) -> Evaluation:
    """Evaluate `strategy` at the close of every candle of `columns`, which begin with the series' first candle.

    Cost: a few passes over the columns per distinct operation, whatever the number of set-ups.

    Args:
        memo: of these `columns`, to share what other strategies have computed.
    """
    values = strategy.program.run(columns) if memo is None else memo.run(strategy.program)
    rows = {side: np.empty(0, dtype=np.int64) for side in Side}
    for setup in strategy.setups:
        rows[setup.side] = _rows(strategy, setup, values)
    conflicts = np.intersect1d(rows[Side.LONG], rows[Side.SHORT], assume_unique=True)
    return Evaluation(
        strategy,
        columns,
        values,
        np.setdiff1d(rows[Side.LONG], conflicts, assume_unique=True),
        np.setdiff1d(rows[Side.SHORT], conflicts, assume_unique=True),
        conflicts,
    )


def _rows(strategy: Strategy, setup: CompiledSetup, values: tuple[NDArray[Any], ...]) -> Rows:
    rows = np.flatnonzero(values[setup.when][strategy.warmup :]) + strategy.warmup
    for place in setup.needed:
        rows = rows[np.isfinite(values[place][rows])]
    return rows


def _holds(rows: Rows, row: int) -> bool:
    place = int(np.searchsorted(rows, row))
    return place < len(rows) and int(rows[place]) == row
