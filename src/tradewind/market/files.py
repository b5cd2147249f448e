"""Candle files: one Parquet file per symbol and timeframe, read whole and believed only after every row was checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import CandleFileError, CandleFolderError
from tradewind.market.feeds.guard import END_OF_TIME, flaw_of, moment, sound_rows
from tradewind.market.feeds.port import Incident, IncidentKind, SeriesKey

_NUMBERS = ("open", "high", "low", "close", "volume")
SCHEMA = pa.schema([pa.field("ts", pa.int64())] + [pa.field(name, pa.float64()) for name in _NUMBERS])
#: What pyarrow raises for damaged files; ValueError where even names are no text.
UNREADABLE = (pa.ArrowException, OSError, ValueError)
_NAME = re.compile(r"(?P<symbol>\w+)-(?P<timeframe>\w+)\.parquet")
#: Nineteen years of 1m candles. A few bytes of Parquet can claim any number of rows; this bounds what we believe.
_MOST_ROWS = 10_000_000
_LISTED = 12


class Repaired(NamedTuple):
    """What is left of a candle file after repair, and what was done to it, in the order of the candles."""

    columns: Columns
    incidents: tuple[Incident, ...]


def series_of(path: Path) -> SeriesKey | None:
    """The symbol and timeframe a candle file's name says, or None if it is no such name."""
    match = _NAME.fullmatch(path.name)
    if match is None or match["timeframe"] not in Timeframe:
        return None
    return match["symbol"], Timeframe(match["timeframe"])


def read_candles(path: Path) -> Columns:
    """The candles of the file `path`, named `{SYMBOL}-{timeframe}.parquet`, every row checked.

    Columns: `ts` (int64, UTC ms, open time, strictly rising, on the timeframe's grid), `open high low close volume`
    (float64, finite; prices positive, high the highest and low the lowest, volume zero or more).

    Raises:
        CandleFileError: anything else, with the first bad row.
    """
    timeframe, columns = _load(path, nulls=False)
    ts = columns.ts
    good = sound_rows(columns, timeframe)
    good[1:] &= ts[1:] > ts[:-1]
    if good.all():
        return columns
    row = int(np.argmin(good))
    problem = flaw_of(columns.candle(row), timeframe)
    if problem is None:
        before, came = int(ts[row - 1]), int(ts[row])
        kind = "duplicate" if came == before else "unsorted"
        problem = f"{kind}: expected ts after {moment(before)}, got {moment(came)}"
    raise CandleFileError(path, problem, row + 1)


def span_of(path: Path) -> tuple[int, int]:
    """Open times of the first and the last candle of a file, UTC ms, without a look at the rest.

    Raises:
        CandleFileError: it cannot be read, or has no rows.
    """
    try:
        ts = pq.read_table(path, columns=["ts"]).column("ts").to_numpy()
    except (*UNREADABLE, KeyError) as error:
        raise CandleFileError(path, f"expected a readable Parquet file, got: {error}") from error
    if not len(ts):
        raise CandleFileError(path, "expected candles, got a file without rows")
    return int(ts[0]), int(ts[-1])


def repair_candles(path: Path) -> Repaired:
    """The candles of the file `path` without its bad rows: impossible and repeated ones left out, the rest sorted.

    Of rows with one open time the first sound one counts.

    Raises:
        CandleFileError: the file cannot be read at all, has wrong columns, or no row is left.
    """
    key = series_of(path)
    timeframe, columns = _load(path, nulls=True)
    assert key is not None  # or _load had refused
    symbol = key[0]
    incidents: list[Incident] = []

    def note(kind: IncidentKind, row: int, candle: Candle, what: str) -> None:
        # A time that no calendar holds cannot have been when it was noticed.
        at = (candle.ts if 0 <= candle.ts < END_OF_TIME else int(ts[0])) + timeframe.ms
        incidents.append(Incident(kind, symbol, timeframe, at, candle.ts, f"{path.name} row {row + 1}: {what}"))

    sound = sound_rows(columns, timeframe)
    rows = np.flatnonzero(sound)
    if not len(rows):
        raise CandleFileError(path, "expected at least one sound row, found none")
    ts = columns.ts[rows]

    for row in np.flatnonzero(~sound).tolist():
        candle = columns.candle(row)
        note(IncidentKind.CANDLE_CORRUPT, row, candle, f"{flaw_of(candle, timeframe)}; left out")
    _, first = np.unique(ts, return_index=True)  # sorted; of equal ones the first
    repeated = np.ones(len(rows), dtype=np.bool_)
    repeated[first] = False
    newest = np.maximum.accumulate(ts)
    for index in np.flatnonzero(repeated | (ts < newest)).tolist():
        row = int(rows[index])
        candle = columns.candle(row)
        if repeated[index]:
            note(IncidentKind.CANDLE_DUPLICATE, row, candle, f"ts {moment(candle.ts)} came before; left out")
        else:
            what = f"expected ts after {moment(int(newest[index]))}, got {moment(candle.ts)}; moved to its place"
            note(IncidentKind.CANDLE_LATE, row, candle, what)
    incidents.sort(key=lambda incident: incident.ts)
    return Repaired(columns.picked(rows[first]), tuple(incidents))


def _load(path: Path, *, nulls: bool) -> tuple[Timeframe, Columns]:
    """The file's columns, of the right names and types but with unchecked rows.

    Null is refused, or with `nulls` becomes something as impossible: NaN, or −1 as ts.
    """
    key = series_of(path)
    if key is None:
        known = ", ".join(Timeframe)
        raise CandleFileError(path, f"expected a name as BTCUSDT-5m.parquet with a timeframe of {known}")
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _check_columns(path, file.schema_arrow)
            rows = file.metadata.num_rows
            if rows == 0:
                raise CandleFileError(path, "expected candles, got a file without rows")
            if rows > _MOST_ROWS:
                raise CandleFileError(path, f"expected at most {_MOST_ROWS} rows, got {rows}; split the file")
            table = file.read(columns=SCHEMA.names)
    except UNREADABLE as error:
        raise CandleFileError(path, f"expected a readable Parquet file, got: {error}") from error
    absent = {name: table.column(name).is_null().to_numpy() for name in SCHEMA.names if table.column(name).null_count}
    if absent and not nulls:
        name, rows_without = next(iter(absent.items()))
        raise CandleFileError(path, f"expected a number as {name}, got null", int(np.argmax(rows_without)) + 1)
    ts, *floats = (table.column(name).to_numpy() for name in SCHEMA.names)
    if "ts" in absent:
        ts = np.where(absent["ts"], -1, ts).astype(np.int64)
    return key[1], Columns(ts, *floats)


def _check_columns(path: Path, schema: pa.Schema) -> None:
    names = set(schema.names)
    missing = [name for name in SCHEMA.names if name not in names]
    extra = sorted(names - set(SCHEMA.names))
    if missing or extra or len(schema.names) != len(SCHEMA.names):
        found = [f"no {name}" for name in missing] + [f"unknown {name}" for name in extra]
        found = found or [f"repeated {name}" for name in sorted(names) if schema.names.count(name) > 1]
        raise CandleFileError(path, f"expected the columns {', '.join(SCHEMA.names)}; got {', '.join(found)}")
    for field in SCHEMA:
        came = schema.field(field.name).type
        if came != field.type:
            raise CandleFileError(path, f"expected the column {field.name} as {field.type}, got {came}")


class CandleFolder:
    """The candle files of one folder, listed by their names; files with other names are not looked at.

    Raises:
        CandleFolderError: no such folder, or no candle file in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise CandleFolderError(f"{path}: expected a folder of candle files, found none there")
        files = sorted(path.iterdir())
        named = {key: file for file in files if (key := series_of(file)) is not None}
        if not named:
            there = _listing([file.name for file in files]) or "nothing"
            raise CandleFolderError(f"{path}: expected candle files as BTCUSDT-5m.parquet, found {there}")
        #: The file of each series.
        self.series: Mapping[SeriesKey, Path] = named

    def symbols(self, timeframe: Timeframe) -> tuple[str, ...]:
        """The symbols that have a file of `timeframe`, in alphabetical order."""
        return tuple(sorted(symbol for symbol, held in self.series if held is timeframe))

    def finest(self, symbols: Sequence[str]) -> Timeframe:
        """The shortest timeframe of which every one of `symbols` has a file; of any symbol, when none is named.

        Raises:
            CandleFolderError: there is none.
        """
        for timeframe in Timeframe:  # from the shortest up
            held = self.symbols(timeframe)
            if held and set(symbols) <= set(held):
                return timeframe
        raise self._unknown(f"files of one timeframe for {', '.join(symbols)}")

    def files(self, symbols: Sequence[str], timeframe: Timeframe) -> dict[str, Path]:
        """The files of `timeframe` by symbol, in alphabetical order: of `symbols`, or of every one when none is named.

        Raises:
            CandleFolderError: there is none, or not of each of `symbols`.
        """
        held = self.symbols(timeframe)
        missing = sorted(set(symbols) - set(held))
        if missing or not held:
            raise self._unknown(", ".join(f"{symbol}-{timeframe}.parquet" for symbol in missing or ["SYMBOL"]))
        return {symbol: self.series[symbol, timeframe] for symbol in sorted(set(symbols) or held)}

    def _unknown(self, wanted: str) -> CandleFolderError:
        there = _listing(self._by_timeframe())
        return CandleFolderError(f"{self.path}: expected {wanted}, found {there}")

    def _by_timeframe(self) -> Iterator[str]:
        for timeframe in Timeframe:
            if held := self.symbols(timeframe):
                yield f"{timeframe}: {_listing(held)}"


def _listing(names: Sequence[str] | Iterator[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(every[:_LISTED]) + more
