"""The live feed against a venue on loopback: real HTTP, real WebSockets, the real ccxt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from binance_stand_in import BinanceStandIn
from candle_maker import START, candles, same, walk

from tradewind.core.candles import Candle, Derivation, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import FeedSettingsError, ForeignStateError, LiveFeedError
from tradewind.market.feeds.live import LiveFeed
from tradewind.market.feeds.port import Incident, IncidentKind, Step, Tick
from tradewind.market.feeds.venue import redirected
from tradewind.platform.settings import MarketSource

M1, M5 = Timeframe.M1, Timeframe.M5
MS = M1.ms
#: Candles that have closed when a feed starts; the next ones, in the tests' words, are candle 0, 1, 2 …
CLOSED = 900
NOW = START + CLOSED * MS
WORLD = candles(walk(CLOSED + 30, M1))
BTC, KLINES, TRADES = "BTCUSDT", "btcusdt@kline_1m", "btcusdt@trade"


def numbered(number: int) -> Candle:
    return WORLD[CLOSED + number]


def unfinished(number: int) -> Candle:
    """How the candle looked before its end."""
    candle = numbered(number)
    return candle._replace(close=candle.open, volume=candle.volume / 2)


async def tell(venue: BinanceStandIn, candle: Candle, symbol: str = BTC) -> None:
    """Let the stream say so, at a time when it can."""
    venue.now = max(venue.now, candle.ts)
    await venue.push_kline(symbol, candle)


@pytest.fixture
async def venue() -> AsyncIterator[BinanceStandIn]:
    stand_in = BinanceStandIn(NOW)
    stand_in.learn(BTC, WORLD[:CLOSED])
    async with stand_in.serving():
        yield stand_in


def feed_of(venue: BinanceStandIn, *symbols: str, **options: Any) -> LiveFeed:
    """A feed of candles of 1m and 5m. It leaves silent streams alone for a minute, longer than any test."""
    given = {"timeframes": [M5], "history": 60, "grace_ms": 60_000, "pause": 0.01, **options}
    return LiveFeed("binance", symbols or (BTC,), base_url=venue.url, **given)


class Tape:
    """The steps that a feed has given so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._more = asyncio.Condition()

    async def run(self, feed: LiveFeed) -> None:
        async with aclosing(feed.steps()) as steps:
            async for step in steps:
                async with self._more:
                    self.steps.append(step)
                    self._more.notify_all()

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(30), self._more:
            await self._more.wait_for(happened)

    def closed(self, timeframe: Timeframe = M1, symbol: str = BTC) -> list[Candle]:
        each = (closed for step in self.steps for closed in step.closed)
        return [closed.candle for closed in each if (closed.symbol, closed.timeframe) == (symbol, timeframe)]

    @property
    def incidents(self) -> list[Incident]:
        return [incident for step in self.steps for incident in step.incidents]

    @property
    def noted(self) -> list[tuple[IncidentKind, int]]:
        """The incidents by kind and number of candle."""
        return [(incident.kind, (incident.ts - NOW) // MS) for incident in self.incidents]

    @property
    def ticks(self) -> list[Tick]:
        return [tick for step in self.steps for tick in step.ticks]

    async def closed_up_to(self, number: int) -> None:
        await self.until(lambda: bool(self.closed()) and self.closed()[-1].ts == numbered(number).ts)


@asynccontextmanager
async def taping(feed: LiveFeed) -> AsyncIterator[Tape]:
    tape = Tape()
    running = asyncio.create_task(tape.run(feed))
    try:
        yield tape
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def streaming(feed: LiveFeed, venue: BinanceStandIn) -> AsyncIterator[Tape]:
    """A feed whose streams are up and have told of the unfinished candle 0, and a tape that starts there."""
    venue.now = NOW - MS
    await feed.history()
    venue.learn(BTC, [numbered(-1)])
    async with taping(feed) as tape:
        await venue.subscribed(KLINES, TRADES)
        await tell(venue, numbered(-1))
        await tell(venue, unfinished(0))
        await tape.closed_up_to(-1)
        await venue.push_trade(BTC, NOW, 100.0, 1.0)
        await tape.until(lambda: bool(tape.ticks))
        assert tape.incidents == []
        tape.steps.clear()
        yield tape


async def test_the_history_is_the_venues_closed_candles_of_every_timeframe(venue: BinanceStandIn) -> None:
    venue.learn(BTC, [unfinished(0)])
    feed = feed_of(venue, timeframes=[M5, Timeframe.M15])
    history = await feed.history()
    await feed.close()

    assert (feed.source, feed.venue, feed.symbols) == (MarketSource.LIVE, "binance", (BTC,))
    assert feed.timeframes == (M1, M5, Timeframe.M15)
    assert feed.recorded() == {}
    assert same(history[BTC, M1], Columns.of(WORLD[CLOSED - 60 : CLOSED]))
    for timeframe, count in ((M5, 60), (Timeframe.M15, 60)):
        derivation = Derivation(M1, timeframe)
        derived = [longer for candle in WORLD[:CLOSED] for longer in derivation.add(candle)]
        assert same(history[BTC, timeframe], Columns.of(derived[-count:]))


async def test_a_history_longer_than_a_page_is_fetched_page_by_page(venue: BinanceStandIn) -> None:
    long = candles(walk(2500, M1))
    venue.learn(BTC, long)
    venue.now = START + 2500 * MS
    feed = feed_of(venue, history=2400)
    history = await feed.history()
    await feed.close()
    assert same(history[BTC, M1], Columns.of(long[100:]))


async def test_a_stretch_without_candles_does_not_hide_what_is_behind_it(venue: BinanceStandIn) -> None:
    """The venue stood still for longer than a page: what it has from then on is asked for all the same."""
    long = candles(walk(2500, M1))
    venue.pages_are_spans = True
    venue.known[BTC] = {}
    venue.learn(BTC, [*long[:200], *long[1400:]])
    venue.now = START + 2500 * MS
    feed = feed_of(venue, history=2400)
    history = await feed.history()
    await feed.close()
    assert same(history[BTC, M1], Columns.of([*long[100:200], *long[1400:]]))


async def test_a_candle_counts_as_closed_when_the_stream_goes_on(venue: BinanceStandIn) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        for number in range(6):
            await tell(venue, unfinished(number))
            await tell(venue, numbered(number))
        await tape.closed_up_to(4)

    assert tape.closed() == [numbered(number) for number in range(5)]
    derivation = Derivation(M1, M5)
    assert tape.closed(M5) == [longer for number in range(5) for longer in derivation.add(numbered(number))]
    assert tape.incidents == []
    moments = [step.at for step in tape.steps]
    assert moments == sorted(set(moments))
    assert all(step.at >= closed.candle.ts + closed.timeframe.ms for step in tape.steps for closed in step.closed)
    assert all(step.at >= tick.at for step in tape.steps for tick in step.ticks)


async def test_what_closed_before_the_stream_had_begun_is_no_gap(venue: BinanceStandIn) -> None:
    feed = feed_of(venue)
    await feed.history()
    venue.refused = {"/api/v3/time"}  # or else the feed would ask for the candle before the stream could tell
    async with taping(feed) as tape:
        await venue.subscribed(KLINES)
        venue.learn(BTC, [numbered(0)])
        await tell(venue, unfinished(1))
        await tape.closed_up_to(0)
    assert tape.closed() == [numbered(0)]
    assert tape.incidents == []


async def test_symbols_are_followed_side_by_side(venue: BinanceStandIn) -> None:
    other = candles(walk(CLOSED + 30, M1, seed=1))
    venue.learn("ETHUSDT", other[: CLOSED + 2])
    venue.learn(BTC, [numbered(0), numbered(1)])
    feed = feed_of(venue, "ETHUSDT", BTC)
    assert feed.symbols == (BTC, "ETHUSDT")
    async with streaming(feed, venue) as tape:
        await venue.subscribed("ethusdt@kline_1m", "ethusdt@trade")
        for number in range(3):
            await tell(venue, numbered(number))
            await tell(venue, other[CLOSED + number], "ETHUSDT")
        second = numbered(1).ts
        await tape.until(lambda: all(second in {row.ts for row in tape.closed(symbol=each)} for each in feed.symbols))
    assert tape.closed() == WORLD[CLOSED : CLOSED + 2]
    assert tape.closed(symbol="ETHUSDT")[-2:] == other[CLOSED : CLOSED + 2]


async def test_trades_become_ticks_unless_they_are_impossible_or_of_the_past(venue: BinanceStandIn) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        await venue.push_trade(BTC, NOW + 1, 101.0, 0.5)
        await venue.push_trade(BTC, NOW + 3, 102.0, 0.25)
        await venue.push_trade(BTC, NOW + 2, 99.0, 1.0)  # before the one seen
        await venue.push_trade(BTC, NOW - 1, 99.0, 1.0)  # of a closed candle
        await venue.push_trade(BTC, NOW + 4, -5.0, 1.0)
        await venue.push_trade(BTC, NOW + 3_600_000, 99.0, 1.0)  # of the future
        await venue.push_trade(BTC, NOW + 5, 103.0, 2.0)
        await tape.until(lambda: len(tape.ticks) == 3)
    assert tape.ticks == [
        Tick(BTC, NOW + 1, 101.0, 0.5),
        Tick(BTC, NOW + 3, 102.0, 0.25),
        Tick(BTC, NOW + 5, 103.0, 2.0),
    ]


async def test_candles_missed_during_a_dropped_connection_are_repaired(venue: BinanceStandIn) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        await tell(venue, numbered(0))
        await tell(venue, unfinished(1))
        await tape.closed_up_to(0)
        await venue.drop()
        venue.learn(BTC, [numbered(number) for number in range(4)])
        venue.now = NOW + 4 * MS + 500
        await venue.subscribed(KLINES)
        await tell(venue, unfinished(4))
        await tape.closed_up_to(3)

    assert tape.closed() == [numbered(number) for number in range(4)]
    assert tape.noted == [(IncidentKind.CANDLE_GAP, 1), (IncidentKind.CANDLE_GAP_REPAIRED, 1)]
    assert "3 missing" in tape.incidents[0].detail


async def test_a_connection_dropped_within_a_candle_loses_nothing(venue: BinanceStandIn) -> None:
    venue.learn(BTC, [numbered(0)])
    async with streaming(feed_of(venue), venue) as tape:
        await venue.drop()
        await venue.subscribed(KLINES)
        await tell(venue, unfinished(0))
        await tell(venue, numbered(0))
        await tell(venue, unfinished(1))
        await tape.closed_up_to(0)
    assert tape.closed() == [numbered(0)]


async def test_a_candle_that_the_stream_skips_is_repaired(venue: BinanceStandIn) -> None:
    venue.learn(BTC, [numbered(1)])
    async with streaming(feed_of(venue), venue) as tape:
        await tell(venue, numbered(0))
        await tell(venue, unfinished(2))
        await tape.closed_up_to(1)
    assert tape.closed() == [numbered(0), numbered(1)]
    assert tape.noted == [(IncidentKind.CANDLE_GAP, 1), (IncidentKind.CANDLE_GAP_REPAIRED, 1)]


async def test_a_gap_that_rest_cannot_fill_stays_and_what_comes_later_for_it_is_late(venue: BinanceStandIn) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        await tell(venue, numbered(0))
        await tell(venue, numbered(3))
        await tape.closed_up_to(0)
        await tell(venue, unfinished(4))
        await tape.closed_up_to(3)
        assert tape.noted == [(IncidentKind.CANDLE_GAP, 1)]
        assert "2 missing" in tape.incidents[0].detail
        await tell(venue, numbered(1))
        await tape.until(lambda: len(tape.incidents) == 2)
    assert tape.closed() == [numbered(0), numbered(3)]
    assert tape.noted[1] == (IncidentKind.CANDLE_LATE, 1)


async def test_while_rest_is_down_the_stream_goes_on_and_the_gap_stays(venue: BinanceStandIn) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        venue.refused = {"/api/v3/klines"}
        await tell(venue, numbered(0))
        await tell(venue, numbered(2))
        await tape.closed_up_to(0)
        await tell(venue, numbered(3))
        await tape.closed_up_to(2)
    assert tape.closed() == [numbered(0), numbered(2)]
    assert tape.noted == [(IncidentKind.CANDLE_GAP, 1)]


async def test_a_closed_candle_that_the_stream_repeats_is_a_duplicate(venue: BinanceStandIn) -> None:
    venue.learn(BTC, [numbered(1)])
    async with streaming(feed_of(venue), venue) as tape:
        await tell(venue, numbered(0))
        await tell(venue, unfinished(2))
        await tape.closed_up_to(1)
        await tell(venue, numbered(1))
        await tape.until(lambda: len(tape.incidents) == 3)
    assert tape.noted[2] == (IncidentKind.CANDLE_DUPLICATE, 1)
    assert tape.closed() == [numbered(0), numbered(1)]


async def test_a_row_that_rest_gives_twice_is_a_duplicate(venue: BinanceStandIn) -> None:
    venue.repeated = {WORLD[CLOSED - 3].ts}
    feed = feed_of(venue)
    history = await feed.history()
    assert same(history[BTC, M1], Columns.of(WORLD[CLOSED - 60 : CLOSED]))
    async with taping(feed) as tape:
        await tape.until(lambda: bool(tape.incidents))
    assert tape.noted == [(IncidentKind.CANDLE_DUPLICATE, -3)]


async def test_a_gap_in_the_history_is_told_with_the_first_step(venue: BinanceStandIn) -> None:
    del venue.known[BTC][WORLD[CLOSED - 5].ts]
    feed = feed_of(venue)
    assert len((await feed.history())[BTC, M1]) == 59
    async with taping(feed) as tape:
        await tape.until(lambda: bool(tape.steps))
    assert tape.noted == [(IncidentKind.CANDLE_GAP, -5)]


async def test_a_corrupt_candle_is_replaced_by_what_rest_says(venue: BinanceStandIn) -> None:
    venue.learn(BTC, [numbered(0)])
    async with streaming(feed_of(venue), venue) as tape:
        await tell(venue, numbered(0)._replace(high=1.0))
        await tell(venue, unfinished(1))
        await tape.closed_up_to(0)
    assert tape.closed() == [numbered(0)]
    assert tape.noted == [
        (IncidentKind.CANDLE_CORRUPT, 0),
        (IncidentKind.CANDLE_GAP, 0),
        (IncidentKind.CANDLE_GAP_REPAIRED, 0),
    ]


async def test_a_corrupt_candle_that_nobody_can_replace_becomes_a_gap(venue: BinanceStandIn) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        await tell(venue, numbered(0)._replace(low=-1.0))
        await tell(venue, numbered(1))
        await tell(venue, unfinished(2))
        await tape.closed_up_to(1)
    assert tape.closed() == [numbered(1)]
    assert tape.noted == [(IncidentKind.CANDLE_CORRUPT, 0), (IncidentKind.CANDLE_GAP, 0)]


@pytest.mark.parametrize("ts", [NOW + 1234, NOW + 365 * 86_400_000], ids=["off the grid", "of the future"])
async def test_a_candle_with_an_impossible_time_is_corrupt(venue: BinanceStandIn, ts: int) -> None:
    async with streaming(feed_of(venue), venue) as tape:
        await venue.push_kline(BTC, numbered(0)._replace(ts=ts))
        await tape.until(lambda: bool(tape.incidents))
    assert [incident.kind for incident in tape.incidents] == [IncidentKind.CANDLE_CORRUPT]
    assert tape.closed() == []


async def test_rest_helps_out_while_a_stream_is_silent(venue: BinanceStandIn) -> None:
    venue.now = NOW + MS - 200
    feed = feed_of(venue, grace_ms=100)
    await feed.history()
    async with taping(feed) as tape:
        await venue.subscribed(KLINES)
        venue.learn(BTC, [numbered(0)])
        venue.now = NOW + MS + 100
        await tape.closed_up_to(0)
        # The stream catching up makes nothing of it twice.
        await tell(venue, numbered(0))
        await tell(venue, numbered(1))
        await tell(venue, unfinished(2))
        await tape.closed_up_to(1)
    assert tape.closed() == [numbered(0), numbered(1)]
    assert tape.incidents == []


async def test_rest_alone_carries_the_feed_until_streams_can_be_had(venue: BinanceStandIn) -> None:
    venue.refused = {"/ws/"}
    venue.now = NOW + MS - 100
    feed = feed_of(venue, grace_ms=50)
    await feed.history()
    async with taping(feed) as tape:
        venue.learn(BTC, [numbered(0)])
        venue.now = NOW + MS + 50
        await tape.closed_up_to(0)
        venue.refused = set()
        await venue.subscribed(KLINES)
        await tell(venue, numbered(1))
        await tell(venue, unfinished(2))
        await tape.closed_up_to(1)
    assert tape.closed() == [numbered(0), numbered(1)]
    assert tape.incidents == []


async def test_a_resumed_feed_gives_what_closed_in_between_as_steps(venue: BinanceStandIn) -> None:
    first = feed_of(venue)
    async with streaming(first, venue) as tape:
        for number in range(4):
            await tell(venue, numbered(number))
        await tape.closed_up_to(2)
        state = first.state()

    venue.learn(BTC, [numbered(number) for number in range(8)])
    venue.now = NOW + 8 * MS + 10
    feed = feed_of(venue, resume=state)
    history = await feed.history()
    assert same(history[BTC, M1], Columns.of(WORLD[CLOSED - 60 : CLOSED + 3]))
    async with taping(feed) as tape:
        await tape.closed_up_to(7)
    assert tape.closed() == [numbered(number) for number in range(3, 8)]
    derivation = Derivation(M1, M5)
    assert tape.closed(M5) == [longer for number in range(8) for longer in derivation.add(numbered(number))]
    assert tape.incidents == []
    assert [step.at for step in tape.steps] == [numbered(number).ts + MS for number in range(3, 8)]


async def test_a_symbol_that_a_resumed_feed_did_not_have_joins_where_the_others_are(venue: BinanceStandIn) -> None:
    other = candles(walk(CLOSED + 30, M1, seed=1))
    venue.learn("ETHUSDT", other[: CLOSED + 2])
    venue.learn(BTC, [numbered(0), numbered(1)])
    venue.now = NOW + 2 * MS
    feed = feed_of(venue, BTC, "ETHUSDT", resume={"world": "live:binance:1m", "closed": {BTC: NOW - MS}})
    history = await feed.history()
    assert history["ETHUSDT", M1].ts[-1] == NOW - MS
    async with taping(feed) as tape:
        await tape.until(lambda: len(tape.closed()) == len(tape.closed(symbol="ETHUSDT")) == 2)
    assert tape.closed(symbol="ETHUSDT") == other[CLOSED : CLOSED + 2]


async def test_a_history_can_be_asked_for_again(venue: BinanceStandIn) -> None:
    feed = feed_of(venue)
    first, again = await feed.history(), await feed.history()
    await feed.close()
    assert all(same(first[key], again[key]) for key in first)


async def test_the_state_of_another_world_is_refused(venue: BinanceStandIn) -> None:
    state = {"world": "simulated:0123456789abcdef", "closed": {BTC: NOW}}
    with pytest.raises(ForeignStateError, match="live:binance:1m"):
        feed_of(venue, resume=state)


async def test_an_unknown_symbol_is_an_error(venue: BinanceStandIn) -> None:
    with pytest.raises(LiveFeedError, match="NOSUCHUSDT"):
        await feed_of(venue, "NOSUCHUSDT").history()


async def test_a_symbol_without_candles_is_an_error(venue: BinanceStandIn) -> None:
    venue.learn("NEWUSDT", [])
    with pytest.raises(LiveFeedError, match="NEWUSDT"):
        await feed_of(venue, "NEWUSDT").history()


async def test_a_venue_that_does_not_answer_is_an_error_and_nothing_else(venue: BinanceStandIn) -> None:
    venue.refused = {"/api/"}
    with pytest.raises(LiveFeedError, match="binance"):
        await feed_of(venue).history()


def test_a_venue_that_ccxt_does_not_know_is_an_error() -> None:
    with pytest.raises(LiveFeedError, match="nosuchvenue"):
        LiveFeed("nosuchvenue", [BTC])


def test_a_feed_of_no_symbols_is_an_error() -> None:
    with pytest.raises(FeedSettingsError, match="symbols"):
        LiveFeed("binance", [])


def test_a_base_url_replaces_every_host() -> None:
    urls = {
        "logo": "https://a.example/x.png",
        "api": {
            "rest": ["https://api.{hostname}/v3", "https://b.example:8443"],
            "ws": {"spot": "wss://stream.example:9443/ws"},
        },
        "fees": None,
    }
    assert redirected(urls, "http://127.0.0.1:7000/venue/") == {
        "logo": "http://127.0.0.1:7000/venue/x.png",
        "api": {
            "rest": ["http://127.0.0.1:7000/venue/v3", "http://127.0.0.1:7000/venue"],
            "ws": {"spot": "ws://127.0.0.1:7000/venue/ws"},
        },
        "fees": None,
    }
    assert redirected("wss://stream.example/ws", "https://proxy.example") == "wss://proxy.example/ws"
