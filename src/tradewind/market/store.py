"""Closed candles on disk: one Parquet file per series and month, `{SYMBOL}-{timeframe}/{YYYY-MM}.parquet`."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns, Stamps
from tradewind.market.errors import CandleFileError
from tradewind.market.feeds.guard import END_OF_TIME, flaw_of, sound_rows
from tradewind.market.files import SCHEMA, UNREADABLE, span_of

#: Rows that are compressed, and read, together: three days of 1m candles, so that the newest few hundred come cheap.
_GROUP = 4096
_SYMBOL = re.compile(r"\w+")

_Months = NDArray[np.datetime64]


class CandleStore:
    """The candles of many series under the folder `root`, which is made when the first candle comes.

    Files are replaced as a whole: a reader, in whatever process, sees a month before or after an append and never in
    between, and what was appended survives a power failure. Writers of one series wait for each other.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def append(self, symbol: str, timeframe: Timeframe, candles: Columns) -> None:
        """Put `candles` where they belong in time; one that is there already is replaced, so that twice is as once.

        Costs a rewrite of the months concerned (a full one of 1m candles: some 20 ms); give many candles at once.

        Raises:
            ValueError: an impossible candle, or a symbol that cannot name a folder.
            CandleFileError: a month's file cannot be read.
            OSError: it cannot be written; then the store is as before.
        """
        if not len(candles):
            return
        sound = sound_rows(candles, timeframe)
        if not sound.all():
            flaw = flaw_of(candles.candle(int(np.argmin(sound))), timeframe)
            raise ValueError(f"expected sound candles of {symbol} {timeframe}: {flaw}")
        folder = self._folder(symbol, timeframe)
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _sync(folder.parent)
        with _alone(folder):
            months = _months_of(candles.ts)
            for month in np.unique(months):
                path = folder / f"{month}.parquet"
                before = [_read(path)] if path.exists() else []
                _replace(path, _merged([*before, candles.picked(np.flatnonzero(months == month))]))
            _sync(folder)

    def read(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        since: int | None = None,
        until: int | None = None,
        limit: int | None = None,
    ) -> Columns:
        """The newest `limit` candles that opened from `since` up to but without `until` (UTC ms), oldest first.

        Reads no more than it needs, from the newest back. A series that nobody ever appended to has no candles.

        Raises:
            CandleFileError: a month's file cannot be read.
        """
        first = 0 if since is None else max(since, 0)
        last = END_OF_TIME if until is None else min(until, END_OF_TIME)
        parts: list[Columns] = []
        found = 0
        for path in self._months(symbol, timeframe, first, last):
            for part in _groups_back(path, first, last):
                low, high = np.searchsorted(part.ts, (first, last))
                low = low if limit is None else max(low, high - (limit - found))
                parts.append(part.rows(int(low), int(high)))
                found += int(high - low)
                if found == limit or low > 0:
                    return Columns.joined(parts[::-1])
        return Columns.joined(parts[::-1])

    def series(self) -> dict[Timeframe, tuple[str, ...]]:
        """The symbols that were ever appended to, by timeframe from the shortest up."""
        found: dict[Timeframe, list[str]] = {timeframe: [] for timeframe in Timeframe}
        for folder in sorted(self._root.glob("*-*/")):
            symbol, _, name = folder.name.rpartition("-")
            if name in Timeframe and _SYMBOL.fullmatch(symbol):
                found[Timeframe(name)].append(symbol)
        return {timeframe: tuple(symbols) for timeframe, symbols in found.items() if symbols}

    def span(self, symbol: str, timeframe: Timeframe) -> tuple[int, int] | None:
        """Open time of the first candle and end of the last, UTC ms; None where there is none.

        Raises:
            CandleFileError: a month's file cannot be read.
        """
        months = self._months(symbol, timeframe, 0, END_OF_TIME)
        if not months:
            return None
        return span_of(months[-1])[0], span_of(months[0])[1] + timeframe.ms

    def _folder(self, symbol: str, timeframe: Timeframe) -> Path:
        if _SYMBOL.fullmatch(symbol) is None:
            raise ValueError(f"expected a symbol of letters and digits, as BTCUSDT; got {symbol!r}")
        return self._root / f"{symbol}-{timeframe}"

    def _months(self, symbol: str, timeframe: Timeframe, first: int, last: int) -> list[Path]:
        """The files of that series that may hold candles between those open times, the newest first."""
        files = sorted(self._folder(symbol, timeframe).glob("????-??.parquet"), reverse=True)
        low, high = (str(month) for month in _months_of(np.array([first, last - 1])))
        return [file for file in files if low <= file.stem <= high]


def _months_of(ts: Stamps) -> _Months:
    return ts.astype("datetime64[ms]").astype("datetime64[M]")


def _merged(parts: list[Columns]) -> Columns:
    """The candles of all parts in time order; of equal ones that of the last part."""
    every = Columns.joined(parts)
    # Of equal keys `unique` names the first, hence from the back.
    _, newest = np.unique(every.ts[::-1], return_index=True)
    return every.picked(len(every) - 1 - newest)


def _read(path: Path) -> Columns:
    parts = list(_groups_back(path, 0, END_OF_TIME))
    return Columns.joined(parts[::-1])


def _groups_back(path: Path, first: int, last: int) -> Iterator[Columns]:
    """The row groups of a file that may hold candles from `first` up to but without `last`, the newest first."""
    try:
        # One open file throughout: what replaces it meanwhile is another one.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in reversed(range(file.metadata.num_row_groups)):
                if _overlaps(file.metadata.row_group(group).column(0).statistics, first, last):
                    table = file.read_row_group(group, columns=SCHEMA.names)
                    yield Columns(*(table.column(name).to_numpy() for name in SCHEMA.names))
    except UNREADABLE as error:
        raise CandleFileError(path, f"expected a readable Parquet file, got: {error}") from error


def _overlaps(ts: pq.Statistics | None, first: int, last: int) -> bool:
    """Whether open times with these statistics may lie from `first` up to but without `last`."""
    if ts is None or ts.min is None or ts.max is None:
        return True
    return bool(ts.max >= first and ts.min < last)


def _replace(path: Path, candles: Columns) -> None:
    """Write the file anew, so that it is there whole or not at all."""
    table = pa.table(dict(zip(SCHEMA.names, candles, strict=True)), schema=SCHEMA)
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            pq.write_table(
                table,
                file,
                row_group_size=_GROUP,
                compression="zstd",
                use_dictionary=False,
                column_encoding={"ts": "DELTA_BINARY_PACKED"},
                write_page_checksum=True,
            )
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Make what was renamed or made in `folder` survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other writers, in this process or another."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
