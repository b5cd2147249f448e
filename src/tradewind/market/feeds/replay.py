"""Recorded candles as a market: every symbol's files merged in time order, at any speed, the same at every run."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np

from tradewind.core.candles import Derivation, Timeframe
from tradewind.core.series import Columns, Stamps
from tradewind.market.errors import FeedSettingsError, ForeignStateError
from tradewind.market.feeds.derived import derive, timeframes_from
from tradewind.market.feeds.guard import gaps_in, moment
from tradewind.market.feeds.inside import Inside, finer_timeframe, read_inside
from tradewind.market.feeds.pacing import MAX_SPEED, Pacer
from tradewind.market.feeds.port import Closed, Incident, SeriesKey, Step
from tradewind.market.files import CandleFolder, read_candles, repair_candles
from tradewind.platform.settings import MarketSource

#: Finest candles that a replay takes for known at its start, so that strategies start warm.
HISTORY = 600
#: Timeframes derived unless others are asked for.
USUAL = (Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4)
#: Steps whose candles exist as objects at one time.
_BLOCK = 512


class _Track(NamedTuple):
    """One series laid along the feed's time axis.

    Attributes:
        closes: when each of its candles is emitted, market ms, never falling.
    """

    key: SeriesKey
    columns: Columns
    closes: Stamps


class ReplayFeed:
    """The candle files of a folder, merged in time order; made by `open`.

    The first 600 finest candle periods, counted from the earliest candle of any symbol, are history; what follows comes
    as steps, one for each moment at which a candle of any symbol closes. A symbol that starts later than others has the
    less history. Gaps stay gaps: the step of the next candle reports them, the first step those of the history.

    State: the number of steps given. Equal files and settings give equal steps, to the bit.
    """

    source = MarketSource.REPLAY
    venue = "replay"

    def __init__(
        self,
        tracks: Sequence[_Track],
        incidents: Iterable[Incident],
        *,
        history_until: int,
        world: str,
        pacer: Pacer,
        resume: Mapping[str, Any] | None,
        inside: Mapping[str, Inside],
        finer: Timeframe | None,
    ) -> None:
        self._tracks = tracks
        self._inside = inside
        #: With which candles it is looked inside the finest ones; None = with none.
        self.finer = finer
        self.world = world
        self.symbols = tuple(sorted({track.key[0] for track in tracks}))
        self.timeframes = tuple(sorted({track.key[1] for track in tracks}, key=lambda timeframe: timeframe.ms))
        self._pacer = pacer
        times = np.unique(np.concatenate([track.closes for track in tracks]))
        self._times: Stamps = times[times > history_until]
        self._incidents = self._by_step(incidents)
        self._next = 0
        if resume is not None:
            if resume.get("world") != world:
                raise ForeignStateError(world, resume.get("world"))
            self._next = int(resume["next"])
        #: Moment up to which candles have closed before the first step that this feed gives.
        self._closed_until = int(self._times[self._next - 1]) if self._next else history_until

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        symbols: Sequence[str] = (),
        timeframe: Timeframe | None = None,
        timeframes: Iterable[Timeframe] | None = None,
        start: int | None = None,
        stop: int | None = None,
        history: int = HISTORY,
        speed: float = MAX_SPEED,
        repair: bool = False,
        resume: Mapping[str, Any] | None = None,
        inside: Timeframe | Literal["auto"] | None = None,
    ) -> Self:
        """Read and check every file that is wanted, all of them before anything else happens.

        Args:
            symbols: all that have the finest timeframe and candles between the bounds, if none is named.
            timeframe: the finest one; the folder's finest that all wanted symbols have, if None.
            timeframes: which longer ones to derive; those of 5m, 15m, 1h and 4h that are possible, if None.
            start, stop: bounds of the open times, UTC ms; `stop` is outside.
            history: how many finest candle periods count as known at the start.
            speed: market seconds per wall second.
            repair: leave out what is wrong with the files, as incidents, instead of refusing them.
            resume: what `state` said, to go on behind the step it belongs to.
            inside: with which finer candles of the folder to look inside the finest ones; "auto" = the shortest there.

        Raises:
            CandleFolderError: no such folder or files.
            CandleFileError: a file is not what it should be.
            FeedSettingsError: nothing to replay between the bounds, or timeframes that do not go together.
            ForeignStateError: `resume` belongs to other files or settings.
        """
        held = CandleFolder(folder)
        finest = timeframe or held.finest(symbols)
        ladder = timeframes_from(finest, timeframes, USUAL)
        first, last = -math.inf if start is None else start, math.inf if stop is None else stop

        loaded: dict[str, Columns] = {}
        incidents: list[Incident] = []
        for symbol, file in held.files(symbols, finest).items():
            columns, repairs = repair_candles(file) if repair else (read_candles(file), ())
            low, high = np.searchsorted(columns.ts, (first, last))
            columns = columns.rows(int(low), int(high))
            if len(columns):
                loaded[symbol] = columns
                incidents += [incident for incident in repairs if first <= incident.ts < last]
                incidents += gaps_in(symbol, finest, columns.ts)
            elif symbol in symbols:
                raise FeedSettingsError(f"expected candles of {symbol} between the bounds asked for, {file} has none")
        if not loaded:
            raise FeedSettingsError(f"expected candles between the bounds asked for, none of {folder} lies there")

        finer: Timeframe | None = None
        told: dict[str, Inside] = {}
        if inside is not None:
            finer = finer_timeframe(held, loaded, finest, None if inside == "auto" else inside)
            told = read_inside(held, loaded, finest, finer) if finer else {}
        return cls._of(loaded, ladder, incidents, history, speed, resume, told, finer)

    @classmethod
    def over(
        cls, columns: Mapping[str, Columns], finest: Timeframe, *, timeframes: Iterable[Timeframe] | None = None
    ) -> Self:
        """Candles that are in memory, by symbol, none without any, at full speed; `timeframes` as for `open`.

        Raises:
            FeedSettingsError: no candles behind the history, or timeframes that do not go together.
        """
        ladder = timeframes_from(finest, timeframes, USUAL)
        gaps = [gap for symbol, each in columns.items() for gap in gaps_in(symbol, finest, each.ts)]
        return cls._of(columns, ladder, gaps, HISTORY, MAX_SPEED, None, {}, None)

    @classmethod
    def _of(
        cls,
        loaded: Mapping[str, Columns],
        ladder: Sequence[Timeframe],
        incidents: Iterable[Incident],
        history: int,
        speed: float,
        resume: Mapping[str, Any] | None,
        told: Mapping[str, Inside],
        finer: Timeframe | None,
    ) -> Self:
        finest = ladder[0]
        history_until = min(int(columns.ts[0]) for columns in loaded.values()) + history * finest.ms
        newest = max(int(columns.ts[-1]) for columns in loaded.values()) + finest.ms
        if newest <= history_until:
            raise FeedSettingsError(
                f"expected candles after the {history} of {finest} that are history, "
                f"got none behind {moment(history_until)}; give a longer span"
            )
        return cls(
            [track for symbol, columns in loaded.items() for track in _tracks(symbol, columns, ladder)],
            incidents,
            history_until=history_until,
            world=_world(loaded, ladder, history, told),
            pacer=Pacer(speed),
            resume=resume,
            inside=told,
            finer=finer,
        )

    async def history(self) -> Mapping[SeriesKey, Columns]:
        return {track.key: track.columns.rows(0, self._closed(track)) for track in self._tracks}

    def recorded(self) -> Mapping[SeriesKey, Columns]:
        return {track.key: track.columns.rows(self._closed(track), len(track.columns)) for track in self._tracks}

    async def close(self) -> None:
        """Nothing is held open."""

    async def steps(self) -> AsyncGenerator[Step, None]:
        pacer = self._pacer
        total = len(self._times)
        if self._next < total:
            pacer.start(int(self._times[self._next]))
        while self._next < total:
            first = self._next
            times = self._times[first : first + _BLOCK]
            blocks = zip(times.tolist(), self._block(times), self._inner_block(times), strict=True)
            for number, (at, closed, inside) in enumerate(blocks, first):
                await pacer.until(at)
                self._next = number + 1
                yield Step(at, tuple(closed), (), self._incidents.get(number, ()), inside)

    def state(self) -> dict[str, Any]:
        return {"world": self.world, "next": self._next}

    def _closed(self, track: _Track) -> int:
        """How many candles of `track` have closed before the first step."""
        return int(np.searchsorted(track.closes, self._closed_until, side="right"))

    def _block(self, times: Stamps) -> list[list[Closed]]:
        """What closes at each of `times`, a run of the feed's moments."""
        block: list[list[Closed]] = [[] for _ in times]
        # Tracks are in the order in which the port wants candles, so appending one after the other keeps it.
        for (symbol, timeframe), columns, closes in self._tracks:
            low, high = np.searchsorted(closes, times[0]), np.searchsorted(closes, times[-1], side="right")
            places = np.searchsorted(times, closes[low:high]).tolist()
            for place, candle in zip(places, columns.rows(int(low), int(high)).candles(), strict=True):
                block[place].append(Closed(symbol, timeframe, candle))
        return block

    def _inner_block(self, times: Stamps) -> list[tuple[Closed, ...]]:
        """What finer candles show of what closes at each of `times`."""
        block: list[list[Closed]] = [[] for _ in times]
        for (symbol, timeframe), _, closes in self._tracks:
            inside = self._inside.get(symbol)
            if inside is None or timeframe is not self.timeframes[0] or self.finer is None:
                continue
            low, high = np.searchsorted(closes, times[0]), np.searchsorted(closes, times[-1], side="right")
            for row, place in enumerate(np.searchsorted(times, closes[low:high]).tolist(), int(low)):
                block[place] += [Closed(symbol, self.finer, candle) for candle in inside.of(row)]
        return [tuple(sorted(inner, key=lambda closed: closed.candle.ts)) for inner in block]

    def resolved(self) -> int:
        """How many of the finest candles to come finer ones tell of."""
        return sum(
            int((self._inside[track.key[0]].first[self._closed(track) :] >= 0).sum())
            for track in self._tracks
            if track.key[0] in self._inside and track.key[1] is self.timeframes[0]
        )

    def tells_of(self, symbol: str, ts: int) -> bool:
        """Whether finer candles tell of the symbol's finest one that opened at `ts`."""
        inside = self._inside.get(symbol)
        if inside is None:
            return False
        (own,) = (track.columns for track in self._tracks if track.key == (symbol, self.timeframes[0]))
        return bool(inside.first[own.ts.searchsorted(ts)] >= 0)

    def _by_step(self, incidents: Iterable[Incident]) -> dict[int, tuple[Incident, ...]]:
        """The incidents of each step that has any; those noticed in the history belong to the first."""
        ordered = sorted(incidents, key=lambda incident: (incident.at, incident.symbol, incident.ts))
        places = np.searchsorted(self._times, [incident.at for incident in ordered])
        last = len(self._times) - 1
        numbered = zip(np.minimum(places, last).tolist(), ordered, strict=True)
        return {
            number: tuple(incident for _, incident in group)
            for number, group in groupby(numbered, key=lambda pair: pair[0])
        }


def _tracks(symbol: str, finest: Columns, timeframes: Sequence[Timeframe]) -> list[_Track]:
    """One symbol's series, the finest first."""
    closes = finest.ts + timeframes[0].ms
    derivations = [Derivation(timeframes[0], timeframe) for timeframe in timeframes[1:]]
    return [
        _Track((symbol, timeframes[0]), finest, closes),
        *(
            _Track((symbol, derivation.timeframe), columns, closes[rows])
            for derivation, (columns, rows) in zip(derivations, derive(derivations, finest), strict=True)
        ),
    ]


def _world(
    loaded: Mapping[str, Columns], timeframes: Sequence[Timeframe], history: int, inside: Mapping[str, Inside]
) -> str:
    """A name that only this choice of candles and timeframes has: a digest of all that is replayed."""
    digest = sha256(" ".join([*timeframes, str(history)]).encode())
    for symbol, columns in (*loaded.items(), *((symbol, told.columns) for symbol, told in inside.items())):
        digest.update(f"\n{symbol} {len(columns)}\n".encode())
        for column in columns:
            digest.update(np.ascontiguousarray(column))
    return f"replay:{digest.hexdigest()[:16]}"
