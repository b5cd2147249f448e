"""Many strategies over many symbols of one timeframe, at the close of each candle."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions import ProgramState, joined
from tradewind.core.indicators.incremental import ALL, Rows
from tradewind.core.series import Columns
from tradewind.core.strategy.compiled import CompiledSetup, Strategy
from tradewind.core.strategy.evaluation import Evaluation
from tradewind.core.values import Side

_NONE = np.empty(0, dtype=np.int64)
_HERE = np.zeros(1, dtype=np.int64)


class Standing(NamedTuple):
    """A set-up that stands at the close of a candle.

    Attributes:
        symbol, strategy: places in the scan's batch of symbols and among its strategies.
        side: None where both sides' set-ups stand, which then count for neither.
        evaluation: the strategy's over this candle alone, its row 0; what `signal` is made from.
    """

    symbol: int
    strategy: int
    side: Side | None
    evaluation: Evaluation


class Scan:
    """What `evaluate` says of the last row, for every strategy and symbol, without looking at the rows before again.

    What strategies have in common is computed once. A symbol's state begins with the first candle that is taken in, as
    an evaluation begins with the first row of its columns.

    Attributes:
        nbytes: memory of the state.
    """

    def __init__(self, strategies: Sequence[Strategy], symbols: int) -> None:
        self._strategies = tuple(strategies)
        programs = [strategy.program for strategy in strategies]
        self._program = ProgramState(joined(programs), symbols)
        edges = accumulate((len(program.roots) for program in programs), initial=0)
        self._roots = [slice(start, stop) for start, stop in pairwise(edges)]
        self._seen = np.zeros(symbols, dtype=np.int64)

    @property
    def nbytes(self) -> int:
        return self._program.nbytes + self._seen.nbytes

    def close(self, candles: Columns, rows: Rows = ALL) -> list[Standing]:
        """The set-ups that stand at the next closed candle of each symbol in `rows`, by strategy, then symbol.

        Args:
            candles: one row per symbol in `rows`, in their order; times may differ.
            rows: all symbols, or the places of some, rising and each once.
        """
        if not len(candles):
            return []
        values = self._program.step(candles, rows)
        seen = self._seen[rows].copy()
        self._seen[rows] += 1
        places = np.arange(len(self._seen))[rows]
        found: list[Standing] = []
        for number, (strategy, roots) in enumerate(zip(self._strategies, self._roots, strict=True)):
            mine = values[roots]
            warm = seen >= strategy.warmup
            sides = {side: np.zeros(len(seen), dtype=np.bool_) for side in Side}
            for setup in strategy.setups:
                sides[setup.side] = _stands(setup, mine, warm)
            for row in np.flatnonzero(sides[Side.LONG] | sides[Side.SHORT]).tolist():
                standing = [side for side in Side if sides[side][row]]
                side = standing[0] if len(standing) == 1 else None
                evaluation = _evaluation(strategy, candles.rows(row, row + 1), mine, row, side)
                found.append(Standing(int(places[row]), number, side, evaluation))
        return found


def _stands(setup: CompiledSetup, values: Sequence[NDArray[Any]], warm: NDArray[np.bool_]) -> NDArray[np.bool_]:
    stands: NDArray[np.bool_] = values[setup.when] & warm
    if stands.any():
        for place in setup.needed:
            stands &= np.isfinite(values[place])
    return stands


def _evaluation(
    strategy: Strategy, candle: Columns, values: Sequence[NDArray[Any]], row: int, side: Side | None
) -> Evaluation:
    return Evaluation(
        strategy,
        candle,
        tuple(each[row : row + 1] for each in values),
        _HERE if side is Side.LONG else _NONE,
        _HERE if side is Side.SHORT else _NONE,
        _HERE if side is None else _NONE,
    )
