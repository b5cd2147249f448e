"""Closed candles from wherever they are: files of the store or of a recording, and the tail in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import CandleFolderError
from tradewind.market.feeds.derived import Ladder
from tradewind.market.feeds.guard import END_OF_TIME
from tradewind.market.files import CandleFolder, read_candles
from tradewind.market.record.queries import candle_tail
from tradewind.market.store import CandleStore
from tradewind.platform.database import ReadSession
from tradewind.platform.settings import MarketSource, Settings


class CandleReader:
    """Reads candles as they stand at a moment of market time; none that closes later is ever seen."""

    def __init__(self, settings: Settings) -> None:
        self._store = CandleStore(settings.data / "candles")
        self._recording = settings.candles if settings.market is MarketSource.REPLAY else None

    def bound(self, timeframe: Timeframe, now: int | None) -> int:
        """Candles that open from here on (UTC ms) have not closed at market time `now`.

        A recording knows the future; whoever reads it does not.
        """
        if self._recording is None:
            return END_OF_TIME
        return 0 if now is None else timeframe.open_of(now)

    async def read(
        self, session: ReadSession, symbol: str, timeframe: Timeframe, *, before: int, limit: int
    ) -> Sequence[Candle]:
        """The newest `limit` candles that opened before `before` (UTC ms), oldest first."""
        if self._recording is not None:
            return await asyncio.to_thread(recorded_candles, self._recording, symbol, timeframe, before, limit)
        # The tail first: candles move from there to the files, so what is missed here is found there.
        tail = await candle_tail(session, symbol, timeframe, before=before, limit=limit)
        stored = await asyncio.to_thread(self._stored, symbol, timeframe, before, limit)
        merged = {candle.ts: candle for candle in stored} | {candle.ts: candle for candle in tail}
        return [merged[ts] for ts in sorted(merged)][-limit:]

    def _stored(self, symbol: str, timeframe: Timeframe, before: int, limit: int) -> list[Candle]:
        return list(self._store.read(symbol, timeframe, until=before, limit=limit).candles())


def recorded_candles(folder: Path, symbol: str, timeframe: Timeframe, before: int, limit: int) -> list[Candle]:
    """Candles of a recording; longer ones than its files hold are put together from the longest that divide them."""
    try:
        files = CandleFolder(folder)
    except CandleFolderError:
        return []
    if (path := files.series.get((symbol, timeframe))) is not None:
        return _last(_columns(path, path.stat().st_mtime_ns), before, limit)
    finer = [held for of, held in files.series if of == symbol and timeframe.derives_from(held)]
    if not finer:
        return []
    source = max(finer, key=lambda held: held.ms)
    path = files.series[symbol, source]
    # One longer candle more than asked for: behind a gap the first one may lack its beginning.
    enough = (limit + 1) * (timeframe.ms // source.ms)
    parts = _last(_columns(path, path.stat().st_mtime_ns), timeframe.open_of(before), enough)
    ladder = Ladder(symbol, (source, timeframe))
    closed = [closed.candle for part in parts for closed in ladder.add(part) if closed.timeframe is timeframe]
    return [candle for candle in closed if candle.ts < before][-limit:]


# The chart being looked at is asked for again and again. More would cost every process megabytes a file, to save some
# ten milliseconds of reading.
@lru_cache(maxsize=4)
def _columns(path: Path, changed_at: int) -> Columns:
    """A file's candles; read again when the file was changed."""
    del changed_at
    return read_candles(path)


def _last(columns: Columns, before: int, limit: int) -> list[Candle]:
    stop = int(columns.ts.searchsorted(before))
    return list(columns.rows(max(0, stop - limit), stop).candles())
