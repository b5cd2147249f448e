"""What an expression may read beside its own candles: longer timeframes, other symbols, and the time.

Strictly causal: at the close of a candle another series shows its latest candle that has closed by then. That candle is
the one that is due at that moment, or nothing: an older one would be stale. Longer candles are put together from the
candles that are there, by the rules of `core.candles.Derivation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns

_NOTHING = Columns.of(())


class Market:
    """Series of one timeframe by symbol; the longer ones that are asked for are derived once and kept.

    Args:
        timeframe: of all `series`.
        series: closed candles by symbol. What the future has on record may be among them: nobody is shown it early.
    """

    def __init__(self, timeframe: Timeframe, series: Mapping[str, Columns] = MappingProxyType({})) -> None:
        self.timeframe = timeframe
        self._series = series
        self._longer: dict[Timeframe, Market] = {}
        self._derived: dict[str, Columns] = {}
        #: Results of programs over other symbols, which many series share, by whoever computes them.
        self.results: dict[object, Any] = {}

    def columns(self, symbol: str) -> Columns:
        """The candles of `symbol`; none where it is unknown."""
        return self._series.get(symbol, _NOTHING)

    def at(self, timeframe: Timeframe) -> Market:
        """The same symbols with longer candles.

        Raises:
            ValueError: these candles cannot be put together to such.
        """
        if timeframe is self.timeframe:
            return self
        if timeframe not in self._longer:
            self._longer[timeframe] = _Longer(timeframe, self)
        return self._longer[timeframe]


class _Longer(Market):
    """A market whose candles are put together from those of a finer one, when they are asked for."""

    def __init__(self, timeframe: Timeframe, finer: Market) -> None:
        super().__init__(timeframe)
        self._finer = finer

    def columns(self, symbol: str) -> Columns:
        if symbol not in self._derived:
            finer = self._finer
            self._derived[symbol] = longer(finer.columns(symbol), finer.timeframe, self.timeframe)
        return self._derived[symbol]


def longer(columns: Columns, timeframe: Timeframe, wanted: Timeframe) -> Columns:
    """The candles of `wanted` that `columns` of `timeframe` have closed.

    A gap at the end of a longer candle delays nothing: it is closed when its time is over and something came after. One
    that had begun before the first candle is left out.

    Raises:
        ValueError: `wanted` cannot be put together from such candles.
    """
    if wanted is timeframe:
        return columns
    if not wanted.derives_from(timeframe):
        raise ValueError(f"expected a timeframe that {timeframe} divides, got {wanted}")
    if not len(columns):
        return columns
    opened = columns.ts - columns.ts % wanted.ms
    starts = np.flatnonzero(np.diff(opened, prepend=opened[0] - 1))
    if opened[0] != columns.ts[0]:
        starts = starts[1:]
    whole = len(starts)
    if whole and opened[-1] + wanted.ms > columns.ts[-1] + timeframe.ms:
        whole -= 1
    if not whole:
        return _NOTHING
    stop = int(starts[whole]) if whole < len(starts) else len(columns)
    part, starts = columns.rows(0, stop), starts[:whole]
    ends = np.append(starts[1:], stop) - 1
    return Columns(
        opened[starts],
        part.open[starts],
        np.maximum.reduceat(part.high, starts),
        np.minimum.reduceat(part.low, starts),
        part.close[ends],
        np.add.reduceat(part.volume, starts),
    )


def due_rows(closes: NDArray[np.int64], columns: Columns, timeframe: Timeframe) -> NDArray[np.int64]:
    """For each moment of `closes` the row of the candle that is due: the one that closed last, if nothing is missing.
    −1 where it is."""
    if not len(columns):
        return np.full(len(closes), -1, dtype=np.int64)
    opened = closes - closes % timeframe.ms - timeframe.ms
    rows = np.minimum(np.searchsorted(columns.ts, opened), len(columns) - 1)
    return np.where(columns.ts[rows] == opened, rows, -1)
