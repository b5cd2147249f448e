"""What an expression may read beside its own candles: longer timeframes, other symbols, and the time.

Strictly causal: at the close of a candle another series shows its latest candle that has closed by then. That candle is
the one that is due at that moment, or nothing: an older one would be stale. Longer candles are put together from the
candles that are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.indicators.incremental import ALL, Rows
from tradewind.core.series import Columns


class Known(NamedTuple):
    """Candles, and from which moment on each is known (UTC ms): its close, or later where candles are missing."""

    columns: Columns
    since: NDArray[np.int64]

    @classmethod
    def at_close(cls, columns: Columns, timeframe: Timeframe) -> Known:
        """Candles that nothing was put together from: each is known once it closes."""
        return cls(columns, columns.ts + timeframe.ms)


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
        #: Results of programs over other symbols, which many series share, by whoever computes them.
        self.results: dict[object, Any] = {}

    def known(self, symbol: str) -> Known:
        """The candles of `symbol`; none where it is unknown."""
        return Known.at_close(self._series.get(symbol, _NOTHING), self.timeframe)

    def at(self, timeframe: Timeframe) -> Market:
        """The same symbols with longer candles."""
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
        self._derived: dict[str, Known] = {}

    def known(self, symbol: str) -> Known:
        if symbol not in self._derived:
            finer = self._finer
            self._derived[symbol] = longer(finer.known(symbol), finer.timeframe, self.timeframe)
        return self._derived[symbol]


def longer(known: Known, timeframe: Timeframe, wanted: Timeframe) -> Known:
    """The candles of `wanted` that the candles of `timeframe` have closed.

    As in `core.candles.Derivation` one is closed by its last part or, where that is missing, by the first candle after;
    and one that had begun before the first candle is left out.

    Raises:
        ValueError: `wanted` cannot be put together from such candles.
    """
    if wanted is timeframe:
        return known
    if not wanted.derives_from(timeframe):
        raise ValueError(f"expected a timeframe that {timeframe} divides, got {wanted}")
    columns, since = known
    if not len(columns):
        return known
    opened = columns.ts - columns.ts % wanted.ms
    starts = np.flatnonzero(np.diff(opened, prepend=opened[0] - 1))
    if opened[0] != columns.ts[0]:
        starts = starts[1:]
    stops = np.append(starts[1:], len(columns))
    ended = columns.ts[stops - 1] + timeframe.ms == opened[stops - 1] + wanted.ms
    if len(ended) and not ended[-1]:
        starts, stops, ended = starts[:-1], stops[:-1], ended[:-1]
    if not len(starts):
        return Known(_NOTHING, since[:0])
    part = columns.rows(0, int(stops[-1]))
    merged = Columns(
        opened[starts],
        part.open[starts],
        np.maximum.reduceat(part.high, starts),
        np.minimum.reduceat(part.low, starts),
        part.close[stops - 1],
        np.add.reduceat(part.volume, starts),
    )
    return Known(merged, since[np.where(ended, stops - 1, np.minimum(stops, len(since) - 1))])


def due_rows(here: Known, timeframe: Timeframe, there: Known, longer_timeframe: Timeframe) -> NDArray[np.int64]:
    """For each candle here the row of the candle that is due there: the one that closed last, if nothing is missing.
    −1 where it is, or is not known yet."""
    if not len(there.columns):
        return np.full(len(here.columns), -1, dtype=np.int64)
    closes = here.columns.ts + timeframe.ms
    opened = closes - closes % longer_timeframe.ms - longer_timeframe.ms
    rows = np.minimum(np.searchsorted(there.columns.ts, opened), len(there.columns) - 1)
    return np.where((there.columns.ts[rows] == opened) & (there.since[rows] <= here.since), rows, -1)


class LongerState:
    """What `longer` puts together, candle by candle for a batch of symbols.

    Attributes:
        nbytes: memory of the state.
    """

    __slots__ = ("_begun", "_columns", "_part_ms", "_pending", "_wanted_ms")

    def __init__(self, symbols: int, timeframe: Timeframe, wanted: Timeframe) -> None:
        self._part_ms, self._wanted_ms = timeframe.ms, wanted.ms
        #: The candle that each symbol puts together.
        self._columns = Columns(np.zeros(symbols, dtype=np.int64), *(np.zeros(symbols) for _ in range(5)))
        #: Whether the symbol has had a candle, and whether the one it puts together is still to be handed out.
        self._begun, self._pending = np.zeros(symbols, dtype=np.bool_), np.zeros(symbols, dtype=np.bool_)

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in (*self._columns, self._begun, self._pending))

    def add(self, candles: Columns, rows: Rows = ALL) -> list[tuple[Columns, NDArray[np.intp]]]:
        """The longer candles that these close, with the places of their symbols: first those whose last part is
        missing, then those of which this is the last part. A symbol may have one of each.

        Args:
            candles: one row per symbol in `rows`, in their order.
        """
        index = np.arange(len(self._begun))[rows]
        opened = candles.ts - candles.ts % self._wanted_ms
        new = ~self._begun[index] | (opened != self._columns.ts[index])
        closed = self._hand_out(index[new & self._pending[index]])
        self._pending[index[new]] = (self._begun[index] | (opened == candles.ts))[new]
        self._begun[index] = True
        kept, old = self._columns, ~new
        for into, values in zip(kept, (opened, *candles[1:]), strict=True):
            into[index[new]] = values[new]
        if old.any():
            same = index[old]
            kept.high[same] = np.maximum(kept.high[same], candles.high[old])
            kept.low[same] = np.minimum(kept.low[same], candles.low[old])
            kept.close[same] = candles.close[old]
            kept.volume[same] += candles.volume[old]
        ended = candles.ts + self._part_ms == opened + self._wanted_ms
        return closed + self._hand_out(index[ended & self._pending[index]])

    def _hand_out(self, places: NDArray[np.intp]) -> list[tuple[Columns, NDArray[np.intp]]]:
        if not len(places):
            return []
        self._pending[places] = False
        return [(self._columns.picked(places), places)]
