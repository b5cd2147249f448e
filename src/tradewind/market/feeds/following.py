"""Following one symbol's candles at a live venue: only closed ones, in order, none twice, and gaps repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import structlog

from tradewind.core.candles import Candle, Timeframe
from tradewind.market.errors import LiveFeedError
from tradewind.market.feeds.guard import Guard, flaw_of, gap, moment
from tradewind.market.feeds.port import Incident, IncidentKind
from tradewind.market.feeds.venue import Venue, VenueUnreachableError

_log = structlog.get_logger()

#: Longest pause between two attempts to connect, seconds.
_LONGEST_PAUSE = 30.0

Deliver = Callable[[Sequence[Candle], Sequence[Incident]], None]


class Backoff:
    """Pauses between attempts: `first` seconds, doubling up to half a minute, until one succeeds."""

    __slots__ = ("_first", "_next")

    def __init__(self, first: float) -> None:
        self._first = self._next = first

    async def pause(self) -> None:
        pause, self._next = self._next, min(2.0 * self._next, _LONGEST_PAUSE)
        await asyncio.sleep(pause)

    def succeeded(self) -> None:
        self._next = self._first


class _Update(NamedTuple):
    """What the stream said at one time.

    Attributes:
        connections: how many connections there had been by then.
        candles: not closed; the newest last.
    """

    connections: int
    candles: list[Candle]


class Follower:
    """Hands on the closed candles of one symbol, from the one after `last` on.

    A stream tells what a candle looks like while it is in the making, not that it is done. It counts as closed

    - when the stream goes on to a later one and did so without a break, so that the last update seen was the last, or
    - when the venue's own time has passed its end and REST gives it: after a break, where the stream passed over some,
      and when the stream stays silent longer than `grace_ms`.

    Whatever a stream passed over is a gap, repaired or not. What was missed before the stream began, or while a quiet
    one was helped out by REST in time, is none: nobody had to do without it.

    Args:
        last: open time of the last candle that was handed on already.
        deliver: takes what is new: candles in time order, and what was wrong.
        grace_ms: how long after a candle's end the stream may take to go on.
        pause: seconds before the first attempt to connect again.
    """

    def __init__(
        self,
        venue: Venue,
        symbol: str,
        timeframe: Timeframe,
        last: int,
        deliver: Deliver,
        *,
        grace_ms: int,
        pause: float,
    ) -> None:
        self._venue = venue
        self._symbol = symbol
        self._timeframe = timeframe
        self._guard = Guard(symbol, timeframe, last)
        self._deliver = deliver
        self._grace_ms = grace_ms
        self._pause = pause
        self._poll_at = 0
        self._connections = -1
        #: Open time of the first candle that the stream told of.
        self._began: int | None = None
        #: Open time of the newest candle in the stream, and its last update if that can be trusted to be complete.
        self._newest = last
        self._forming: Candle | None = None
        self._complained: tuple[IncidentKind, int] | None = None

    @property
    def _last(self) -> int:
        """Open time of the last candle handed on."""
        last = self._guard.last
        assert last is not None  # given at the start
        return last

    async def run(self) -> None:
        """Follow until cancelled.

        Raises:
            LiveFeedError: the venue refuses.
        """
        heard: asyncio.Queue[_Update | LiveFeedError] = asyncio.Queue()
        listening = asyncio.create_task(self._listen(heard))
        try:
            while True:
                if self._venue.now() >= self._poll_at:
                    await self._poll()
                try:
                    async with asyncio.timeout((self._poll_at - self._venue.now()) / 1000.0):
                        update = await heard.get()
                except TimeoutError:
                    continue
                if isinstance(update, LiveFeedError):
                    raise update
                await self._see(update)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, heard: asyncio.Queue[_Update | LiveFeedError]) -> None:
        """Put everything that the stream says into `heard`.

        Does nothing else in between: ccxt shows an update that comes while nobody waits only with the next one.
        """
        backoff = Backoff(self._pause)
        while True:
            try:
                candles = await self._venue.watch_candles(self._symbol, self._timeframe)
            except VenueUnreachableError as error:
                _log.warning("live_stream_broken", venue=self._venue.name, symbol=self._symbol, error=str(error))
                await backoff.pause()
            except LiveFeedError as error:
                heard.put_nowait(error)
                return
            else:
                backoff.succeeded()
                heard.put_nowait(_Update(self._venue.connections, candles))

    async def _see(self, update: _Update) -> None:
        """Take in what the stream said; whatever is behind its newest candle is closed."""
        updates = update.candles
        if update.connections != self._connections:
            # There was a break since the last look. Only the newest update is certain to be from behind it.
            self._connections = update.connections
            self._forming = None
            updates = updates[-1:]
        if max((candle.ts for candle in updates), default=0) > self._latest():
            await self._synchronise()  # before doubting the stream: it may be the clock
        finished: list[Candle] = []
        for candle in updates:
            if self._misplaced(candle):
                continue
            if candle.ts > self._newest and self._forming is not None:
                finished.append(self._forming)
            self._newest, self._forming = candle.ts, candle
            if self._began is None:
                self._began = candle.ts
        # What REST helped out with is finished here once more, which makes it no duplicate.
        finished = [candle for candle in finished if candle.ts > self._last]
        if self._newest > self._last + self._timeframe.ms:
            await self._close(finished, self._newest)

    def _misplaced(self, candle: Candle) -> bool:
        """Whether an update has no place in the order of the stream, which is reported once."""
        incident: Incident | None = None
        at = self._venue.now()
        if candle.ts % self._timeframe.ms or not 0 <= candle.ts <= self._latest():
            flaw = flaw_of(candle, self._timeframe) or f"expected ts by {moment(at)}, got {moment(candle.ts)}"
            incident = Incident(IncidentKind.CANDLE_CORRUPT, self._symbol, self._timeframe, at, candle.ts, flaw)
        elif candle.ts < self._newest:
            incident = self._guard.refusal(candle, at)
        else:
            return False
        # ccxt keeps its rows in order of arrival and shows the end of them: from here on it may hide the newest one.
        self._forming = None
        if incident is not None and self._complained != (incident.kind, incident.ts):
            self._complained = (incident.kind, incident.ts)
            self._deliver((), (incident,))
        return True

    async def _poll(self) -> None:
        """Ask REST for what has closed since the last candle handed on."""
        if await self._synchronise():
            until = self._timeframe.open_of(self._venue.now())
            if until > self._last + self._timeframe.ms:
                await self._close([], until)
        self._poll_at = max(self._overdue(), self._venue.now() + self._grace_ms)

    async def _synchronise(self) -> bool:
        """Whether the venue told its time; when it does not, that is no worse than a stream that stays silent."""
        try:
            await self._venue.synchronise()
        except VenueUnreachableError as error:
            _log.warning("live_venue_silent", venue=self._venue.name, symbol=self._symbol, error=str(error))
            return False
        return True

    def _latest(self) -> int:
        """The last open time that a candle in the making may have, with a whole candle for clocks that differ."""
        return self._venue.now() + self._timeframe.ms

    def _overdue(self) -> int:
        """Venue time at which the candle after the last one should have come."""
        return self._last + 2 * self._timeframe.ms + self._grace_ms

    async def _close(self, finished: list[Candle], until: int) -> None:
        """Hand on every candle that opened before `until`: those the stream finished, the others by REST.

        What neither has is asked for again when the next candle closes; then it is a gap for good.
        """
        ms = self._timeframe.ms
        at = self._venue.now()
        incidents: list[Incident] = []
        sound: dict[int, Candle] = {}
        for candle in finished:
            flawed = self._guard.refusal(candle, at)
            if flawed is None:
                sound[candle.ts] = candle
            else:
                incidents.append(flawed)
        fetched = await self._fetch([ts for ts in range(self._last + ms, until, ms) if ts not in sound])

        at = self._venue.now()
        passed: list[Candle] = []
        for candle in sorted([*sound.values(), *fetched], key=lambda candle: candle.ts):
            admission = self._guard.admit(candle, at)
            incidents += admission.incidents
            if admission.passed:
                passed.append(candle)
        incidents += self._repairs([ts for ts, *_ in passed if ts not in sound and self._was_passed_over(ts)], at)
        incidents.sort(key=lambda incident: incident.ts)
        self._poll_at = max(self._overdue(), at + self._grace_ms)
        self._deliver(passed, incidents)

    def _was_passed_over(self, ts: int) -> bool:
        """Whether the stream should have finished the candle of `ts`: it had begun before and has gone on since."""
        return self._began is not None and self._began <= ts < self._newest

    async def _fetch(self, missing: list[int]) -> list[Candle]:
        """What the venue has of the candles that opened at `missing`; nothing while it does not answer."""
        if not missing:
            return []
        start, stop = missing[0], missing[-1] + self._timeframe.ms
        try:
            candles = await self._venue.candles(self._symbol, self._timeframe, start, stop)
        except VenueUnreachableError as error:
            _log.warning("live_venue_silent", venue=self._venue.name, symbol=self._symbol, error=str(error))
            return []
        wanted = set(missing)
        return [candle for candle in candles if candle.ts in wanted]

    def _repairs(self, repaired: list[int], at: int) -> Iterator[Incident]:
        """For each run of open times that the stream passed over and REST brought: the gap, and that it is closed."""
        ms = self._timeframe.ms
        start = 0
        for index, ts in enumerate(repaired, 1):
            if index < len(repaired) and repaired[index] == ts + ms:
                continue
            missing = range(repaired[start], ts + ms, ms)
            start = index
            yield gap(self._symbol, self._timeframe, missing, at)
            yield Incident(
                IncidentKind.CANDLE_GAP_REPAIRED,
                self._symbol,
                self._timeframe,
                at,
                missing.start,
                f"{len(missing)} candles from {moment(missing.start)} on came by REST",
            )
