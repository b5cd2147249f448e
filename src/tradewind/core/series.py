"""Closed candles as columns: what indicators and strategies compute on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Candle

Floats = NDArray[np.float64]
Stamps = NDArray[np.int64]

#: `Candle` from a tuple of its six values: as `Candle._make`, without the length check and three times as fast.
_candle: Callable[[tuple[float, ...]], Candle] = partial(tuple.__new__, Candle)


class Columns(NamedTuple):
    """Closed candles of one symbol and timeframe, oldest first; all arrays have one length.

    Attributes:
        ts: open times, UTC ms, strictly rising.
    """

    ts: Stamps
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.ts)

    def rows(self, start: int, stop: int) -> Columns:
        """The candles from row `start` up to but without row `stop`, as views."""
        return _columns(column[start:stop] for column in self)

    def since(self, ts: int) -> Columns:
        """The candles that open at `ts` or later, as views."""
        return self.rows(int(np.searchsorted(self.ts, ts)), len(self))

    def picked(self, rows: NDArray[np.intp]) -> Columns:
        """The candles in `rows`, in that order, as copies."""
        return _columns(column[rows] for column in self)

    def candles(self) -> Iterator[Candle]:
        """The rows as candles of plain Python numbers."""
        return map(_candle, zip(*(column.tolist() for column in self), strict=True))

    def candle(self, row: int) -> Candle:
        """The candle in that row."""
        return Candle(int(self.ts[row]), *(float(column[row]) for column in self[1:]))

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """The candles of all `parts` one after the other, as a copy; no parts make no candles."""
        if not parts:
            return cls.of(())
        return _columns(np.concatenate(arrays) for arrays in zip(*parts, strict=True))

    @classmethod
    def of(cls, candles: Iterable[Candle]) -> Columns:
        """The columns of `candles`, which are in time order."""
        rows = list(candles)
        ts = np.array([row.ts for row in rows], dtype=np.int64)
        floats = np.array([row[1:] for row in rows], dtype=np.float64).reshape(len(rows), 5)
        return cls(ts, *(np.ascontiguousarray(floats[:, index]) for index in range(5)))


def _columns(arrays: Iterable[Any]) -> Columns:
    """Columns of six arrays; `_make` would count rows, since that is what the length of columns is."""
    ts, opened, high, low, close, volume = arrays
    return Columns(ts, opened, high, low, close, volume)


class Series:
    """A growing run of closed candles, appended at amortised constant cost.

    Recorded candles may be loaded ahead (`Series.recorded`); then `advance` only moves the mark of what is closed. What
    lies beyond the mark exists for block computation and is not handed out as candles.
    """

    __slots__ = ("_data", "_loaded", "length")

    def __init__(self, columns: Columns) -> None:
        self._data = columns
        self._loaded = len(columns)
        #: How many candles are closed.
        self.length = len(columns)

    @classmethod
    def recorded(cls, columns: Columns, closed: int) -> Series:
        """A series whose future is on record: all of `columns`, of which the first `closed` count as closed."""
        series = cls(columns)
        series.length = closed
        return series

    @property
    def loaded(self) -> Columns:
        """Everything that is on record: what is closed, and for a recorded series what will be."""
        return self._data.rows(0, self._loaded)

    @property
    def closed(self) -> Columns:
        """The closed candles, as views that later appends do not change."""
        return self._data.rows(0, self.length)

    def append(self, candle: Candle) -> int:
        """Close `candle` and answer with its row.

        Raises:
            ValueError: it is not later than the last closed one, or not the one on record.
        """
        row = self.length
        if row and candle.ts <= self._data.ts[row - 1]:
            raise ValueError(f"expected a candle after {int(self._data.ts[row - 1])}, got {candle.ts}")
        if row < self._loaded:
            if self._data.ts[row] != candle.ts:
                raise ValueError(f"expected the recorded candle of {int(self._data.ts[row])}, got {candle.ts}")
        else:
            if row == len(self._data.ts):
                self._grow()
            for column, value in zip(self._data, candle, strict=True):
                column[row] = value
            self._loaded = row + 1
        self.length = row + 1
        return row

    def _grow(self) -> None:
        capacity = max(1024, 2 * len(self._data.ts))

        def wider(column: NDArray[np.generic]) -> NDArray[np.generic]:
            grown = np.empty(capacity, dtype=column.dtype)
            grown[: len(column)] = column
            return grown

        self._data = _columns(wider(column) for column in self._data)
