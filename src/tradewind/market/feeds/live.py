"""A live venue as a market: its public streams, with REST for the history and for whatever the streams missed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import FeedSettingsError, ForeignStateError, LiveFeedError
from tradewind.market.feeds.derived import Ladder, timeframes_from
from tradewind.market.feeds.following import Backoff, Follower
from tradewind.market.feeds.guard import Guard
from tradewind.market.feeds.port import Closed, Incident, SeriesKey, Step, Tick
from tradewind.market.feeds.venue import Venue, VenueUnreachableError
from tradewind.platform.settings import MarketSource

#: Candles of every timeframe before the start, so that strategies start warm.
HISTORY = 600
#: Timeframes derived unless others are asked for.
USUAL = (Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4)


class _News(NamedTuple):
    """What a follower or a stream of trades brought: closed finest candles in time order, ticks, incidents."""

    symbol: str
    candles: Sequence[Candle] = ()
    ticks: Sequence[Tick] = ()
    incidents: Sequence[Incident] = ()


_Inbox = asyncio.Queue[_News | BaseException]


class LiveFeed:
    """Public market data of the ccxt venue `name`; real prices or an error, never anything else.

    A fresh feed starts behind the newest closed candles. A resumed one starts where it stood: what closed in between
    comes as its first steps, from REST, so that nobody downstream misses a candle. Market time is what the venue's data
    says: a step is at the close of its candles, at its last tick, or a millisecond after the step before when it comes
    late. Candles of longer timeframes are the venue's own in the history and derived from the finest after it.

    State: for each symbol the last candle given.

    Args:
        symbols: as BTCUSDT; at least one.
        timeframes: which longer ones to derive; those of 5m, 15m, 1h and 4h that are possible, if None.
        base_url: replaces the venue's own hosts.
        history: candles of each timeframe before the start.
        grace_ms: how long after a candle's end the stream may take to say so.
        pause: seconds before a failed request or connection is tried again; doubles with each attempt.
        resume: what `state` said.

    Raises:
        LiveFeedError: ccxt knows no such venue or no streams of it.
        FeedSettingsError: no symbols, or timeframes that do not go together.
        ForeignStateError: `resume` belongs to another venue or timeframe.
    """

    source = MarketSource.LIVE

    def __init__(
        self,
        name: str,
        symbols: Iterable[str],
        *,
        timeframe: Timeframe = Timeframe.M1,
        timeframes: Iterable[Timeframe] | None = None,
        base_url: str | None = None,
        history: int = HISTORY,
        grace_ms: int = 3000,
        pause: float = 0.5,
        resume: Mapping[str, Any] | None = None,
    ) -> None:
        self.venue = name
        self.symbols = tuple(sorted(set(symbols)))
        if not self.symbols:
            raise FeedSettingsError("expected symbols to follow, as BTCUSDT,ETHUSDT; got none")
        self.timeframes = timeframes_from(timeframe, timeframes, USUAL)
        self.world = f"live:{name}:{timeframe}"
        if resume is not None and resume.get("world") != self.world:
            raise ForeignStateError(self.world, resume.get("world"))
        self._finest = timeframe
        self._history_length = history
        self._grace_ms = grace_ms
        self._pause = pause
        self._exchange = Venue(name, base_url, pause=pause)
        self._ladders: dict[str, Ladder] = {}
        #: Open time of the last finest candle given, by symbol.
        self._last: dict[str, int] = dict(resume["closed"]) if resume is not None else {}
        #: Where a symbol begins that the state does not know; None for where the market is.
        self._resumed_at = max(self._last.values()) + timeframe.ms if self._last else None
        self._last_ticks: dict[str, int] = {}
        self._at = 0
        #: Noticed in the history, told with the first step.
        self._early: list[Incident] = []

    async def history(self) -> Mapping[SeriesKey, Columns]:
        self._early.clear()
        try:
            await self._exchange.open(self.symbols)
            async with asyncio.TaskGroup() as group:
                parts = [group.create_task(self._history_of(symbol)) for symbol in self.symbols]
        except BaseExceptionGroup as failed:
            await self.close()
            raise failed.exceptions[0] from failed.exceptions[0].__cause__
        except BaseException:
            await self.close()
            raise
        return {key: columns for part in parts for key, columns in part.result().items()}

    def recorded(self) -> Mapping[SeriesKey, Columns]:
        return {}

    async def steps(self) -> AsyncGenerator[Step, None]:
        inbox: _Inbox = asyncio.Queue()
        tasks = [asyncio.create_task(work) for work in self._work(inbox)]
        for task in tasks:
            task.add_done_callback(lambda ended: _report(ended, inbox))
        if self._early:
            inbox.put_nowait(_News("", incidents=self._early))
        try:
            while True:
                news = [_arrived(await inbox.get())]
                while not inbox.empty():
                    news.append(_arrived(inbox.get_nowait()))
                for step in self._steps_of(news):
                    yield step
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.close()

    def state(self) -> dict[str, Any]:
        return {"world": self.world, "closed": dict(self._last)}

    async def close(self) -> None:
        """Close the connections to the venue; `steps` does so by itself when it ends."""
        await self._exchange.close()

    def _work(self, inbox: _Inbox) -> Iterator[Coroutine[Any, Any, None]]:
        """One coroutine per symbol and stream, each putting what it learns into `inbox`."""
        for symbol in self.symbols:

            def deliver(candles: Sequence[Candle], incidents: Sequence[Incident], symbol: str = symbol) -> None:
                if candles or incidents:
                    inbox.put_nowait(_News(symbol, candles, (), incidents))

            yield Follower(
                self._exchange,
                symbol,
                self._finest,
                self._last[symbol],
                deliver,
                grace_ms=self._grace_ms,
                pause=self._pause,
            ).run()
            yield self._follow_trades(symbol, inbox)

    async def _follow_trades(self, symbol: str, inbox: _Inbox) -> None:
        backoff = Backoff(self._pause)
        while True:
            try:
                ticks = await self._exchange.watch_trades(symbol)
            except VenueUnreachableError:
                await backoff.pause()
                continue
            backoff.succeeded()
            if ticks:
                inbox.put_nowait(_News(symbol, ticks=ticks))

    # ----------------------------------------------------------------------------------------------------- history

    async def _history_of(self, symbol: str) -> dict[SeriesKey, Columns]:
        """The candles of every timeframe that closed before the first step."""
        finest, *longer = self.timeframes
        until = self._resumed_at or finest.open_of(self._exchange.now())
        if symbol in self._last:
            until = self._last[symbol] + finest.ms
        # From the open of a longest candle on: what is derived is whole, and the one in the making has all its parts.
        start = self.timeframes[-1].open_of(until - self._history_length * finest.ms)
        candles = await self._sound(symbol, finest, start, until)
        if not candles:
            raise LiveFeedError(f"expected candles of {symbol} at {self.venue}, got none; is it traded?")
        self._last.setdefault(symbol, candles[-1].ts)
        self._at = max(self._at, candles[-1].ts + finest.ms)
        history = {(symbol, finest): Columns.of(candles)}
        ladder = self._ladders[symbol] = Ladder(symbol, self.timeframes)
        for timeframe, derivation in zip(longer, ladder.derivations, strict=True):
            opened = timeframe.open_of(until)
            derived = [closed for candle in candles for closed in derivation.add(candle)]
            if self._exchange.offers(timeframe):
                start = opened - self._history_length * timeframe.ms
                derived = await self._sound(symbol, timeframe, start, opened)
            history[symbol, timeframe] = Columns.of(derived)
        return history

    async def _sound(self, symbol: str, timeframe: Timeframe, start: int, stop: int) -> list[Candle]:
        """The venue's candles between those open times that pass the guard."""
        guard = Guard(symbol, timeframe)
        try:
            fetched = await self._exchange.candles(symbol, timeframe, start, stop)
        except VenueUnreachableError as error:
            raise LiveFeedError(f"expected the history of {symbol} from {self.venue}, got {error}") from error
        passed: list[Candle] = []
        for candle in sorted(fetched, key=lambda candle: candle.ts):
            admission = guard.admit(candle, self._exchange.now())
            self._early += admission.incidents
            if admission.passed:
                passed.append(candle)
        return passed

    # ------------------------------------------------------------------------------------------------------- steps

    def _steps_of(self, news: Iterable[_News]) -> Iterator[Step]:
        """Steps out of everything that came at once: one per close, then one for ticks that came after them."""
        closing: defaultdict[int, list[_News]] = defaultdict(list)
        ticks: list[Tick] = []
        incidents: list[Incident] = []
        for item in sorted(news, key=lambda item: item.symbol):
            for candle in item.candles:
                closing[candle.ts + self._finest.ms].append(_News(item.symbol, (candle,)))
            ticks += self._in_order(item.ticks)
            incidents += item.incidents
        ticks.sort(key=lambda tick: tick.at)

        for close in sorted(closing):
            closed: list[Closed] = []
            for symbol, candles, *_ in closing[close]:
                closed += self._ladders[symbol].add(candles[0])
                self._last[symbol] = candles[0].ts
            at = self._moment(close)
            due = [tick for tick in ticks if tick.at <= at]
            ticks = ticks[len(due) :]
            yield Step(at, tuple(closed), tuple(due), tuple(incidents))
            incidents = []
        if ticks or incidents:
            at = self._moment(max([tick.at for tick in ticks] + [incident.at for incident in incidents]))
            yield Step(at, (), tuple(ticks), tuple(incidents))

    def _moment(self, at: int) -> int:
        self._at = max(self._at + 1, at)
        return self._at

    def _in_order(self, ticks: Iterable[Tick]) -> Iterator[Tick]:
        """Those of `ticks` that are news: not of a closed candle, not before one seen (repeated on reconnection)."""
        for tick in ticks:
            closed_until = self._last[tick.symbol] + self._finest.ms
            if tick.at >= max(closed_until, self._last_ticks.get(tick.symbol, 0)):
                self._last_ticks[tick.symbol] = tick.at
                yield tick


def _report(ended: asyncio.Task[None], inbox: _Inbox) -> None:
    """Tell why a task, which should have gone on for ever, ended."""
    if not ended.cancelled():
        inbox.put_nowait(ended.exception() or RuntimeError(f"expected {ended.get_name()} to go on, it ended"))


def _arrived(item: _News | BaseException) -> _News:
    if isinstance(item, BaseException):
        raise item
    return item
