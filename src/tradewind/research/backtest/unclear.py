"""What a back-test could not know and would have been told by finer candles, and what filters kept it from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.strategy import Evaluation
from tradewind.core.values import Side
from tradewind.market import Inside
from tradewind.research.backtest.entries import entries_of
from tradewind.research.backtest.held import Held

_STOPS = frozenset({ExitReason.STOP, ExitReason.BREAKEVEN, ExitReason.TRAILING})


def stop_before_target(candle: Candle, side: Side, reason: ExitReason, stop: float, target: float | None) -> bool:
    """Whether a position that `candle` ended at its stop might have reached its target in it first, for all that the
    candle says. Not where it opened beyond the stop.

    Args:
        target: the next one; None = none was left.
    """
    if reason not in _STOPS or target is None or (candle.open - stop) * side.sign <= 0.0:
        return False
    return candle.low <= min(stop, target) and max(stop, target) <= candle.high


def ambiguous(evaluation: Evaluation, timeframe: Timeframe, held: Sequence[Held], inside: Inside | None) -> int:
    """Candles in which the worst order of prices was assumed because stop and target both lay inside and no finer ones
    told of them.

    Args:
        held: as the candles of `evaluation` count, before anything is liquidated.
    """
    columns = evaluation.columns
    ended = [position for position in held if position.reason in _STOPS]
    if inside is not None:
        ended = [position for position in ended if inside.first[position.exit_row] < 0]
    if not ended:
        return 0
    entries = entries_of(evaluation, timeframe)
    numbers = np.searchsorted(entries.rows, [position.entry_row for position in ended]).tolist()
    found = 0
    for position, number in zip(ended, numbers, strict=True):
        filled, last = len(position.legs) - 1, position.legs[-1]
        target = float(entries.levels[number, filled]) if filled < entries.rungs[number] else None
        found += stop_before_target(_candle(columns, last.row), position.side, position.reason, last.price, target)
    return found


def refused(evaluation: Evaluation, held: Sequence[Held]) -> Counter[str]:
    """How many set-ups each filter refused while nothing was held; by its name."""
    rows = np.array(sorted(evaluation.filtered), dtype=np.int64)
    begins = np.array([position.entry_row for position in held], dtype=np.int64)
    ends = np.array([position.exit_row for position in held], dtype=np.int64)
    before = np.searchsorted(begins, rows, side="right") - 1
    if len(held):
        rows = rows[(before < 0) | (rows >= ends[before])]
    return Counter(evaluation.filtered[row] for row in rows.tolist())


def _candle(columns: Columns, row: int) -> Candle:
    return next(columns.rows(row, row + 1).candles())
