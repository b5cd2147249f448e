"""The engine as a process: feed, shard lease, inbox and price board around `trading.Engine`."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import structlog
from redis.exceptions import RedisError

import tradewind.entrypoints.schema  # noqa: F401 (tables refer to tables of other rooms)
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.entrypoints.candles import candle_source
from tradewind.entrypoints.tradable import check_tradable
from tradewind.market import CandleStore, Feed, SeriesKey, asked_symbols, only_read, open_feed, runnable_strategies
from tradewind.market.record.service import CandleReader
from tradewind.platform.broker import open_broker
from tradewind.platform.database import Database, Urls
from tradewind.platform.leases import take_lease
from tradewind.platform.realtime import PriceBoard
from tradewind.platform.settings import MarketSource, Settings
from tradewind.trading import INBOX_CHANNEL, Engine, EngineOptions, Remembered, longest_series, read_state
from tradewind.trading.strategies import builtin_strategies
from tradewind.venues.paper import instrument_for

_log = structlog.get_logger()

_SHARD = "main"
#: Seconds between two price snapshots.
_BOARD_INTERVAL = 0.2
#: Seconds after which the engine looks for what people asked for without having been woken, and shows that it lives.
#: However busy the market is: the connection that listens may be lost without anybody noticing.
_SIGN_OF_LIFE = 2.0


async def run_engine(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then commit and leave in order.

    Raises:
        MarketDataError: the market cannot be had as the settings ask, or the database belongs to another one.
        LeaseLostError: another engine took over.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        database = Database(Urls.system(settings), pool_size=1)
        stack.push_async_callback(database.close)
        broker = open_broker(settings)
        stack.push_async_callback(broker.aclose)
        connection = await database.connect()
        stack.push_async_callback(connection.close, timeout=1)
        listener = await database.connect()
        stack.push_async_callback(listener.close, timeout=1)

        lease = await take_lease(connection, f"engine:{_SHARD}")
        remembered = await read_state(connection, _SHARD)
        strategies, left_out = runnable_strategies(settings, list(builtin_strategies().values()))
        for reason in left_out:
            _log.warning("strategy_left_out", reason=reason)
        feed = open_feed(settings, remembered.feed if remembered else None, strategies=strategies)
        check_tradable(feed)
        stack.push_async_callback(feed.close)
        options = EngineOptions(
            shard=_SHARD,
            equity_interval_ms=5 * feed.timeframes[0].ms,
            record_candles=feed.source is not MarketSource.REPLAY,
            market=_describe(settings, feed),
            silent=only_read(strategies, asked_symbols(settings)),
        )
        record = candle_source(settings, database)
        engine = Engine(connection, feed, strategies, lease, instrument_for, options, record)
        await engine.start(remembered, await _past(settings, database, feed, remembered, strategies))
        wake = asyncio.Event()
        await listener.add_listener(INBOX_CHANNEL, lambda *_: wake.set())
        await _Runner(engine, feed, PriceBoard(broker), options.market or {}, wake, stopping).run()
        await engine.commit()
        await lease.release(connection)


class _Runner:
    """Waits for the market, for people and for the end, and lets the engine do one thing at a time."""

    def __init__(
        self,
        engine: Engine,
        feed: Feed,
        board: PriceBoard,
        market: Mapping[str, Any],
        wake: asyncio.Event,
        stopping: asyncio.Event,
    ) -> None:
        self._engine = engine
        self._steps = feed.steps()
        self._board = board
        self._market = market
        self._wake = wake
        self._stopping = stopping
        self._posted_at = 0.0
        self._attended_at = 0.0
        self._finished = False

    async def run(self) -> None:
        await self._attend()
        step = asyncio.ensure_future(anext(self._steps, None))
        woken = asyncio.ensure_future(self._wake.wait())
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            while not stop.done():
                waiting = {woken, stop} if self._finished else {step, woken, stop}
                done, _ = await asyncio.wait(waiting, timeout=_SIGN_OF_LIFE, return_when=asyncio.FIRST_COMPLETED)
                if woken in done:
                    self._wake.clear()
                    woken = asyncio.ensure_future(self._wake.wait())
                if woken in done or not done or time.monotonic() - self._attended_at >= _SIGN_OF_LIFE:
                    await self._attend()
                if step in done:
                    happened = step.result()
                    if happened is None:
                        _log.info("market_finished", at=self._engine.at)
                        self._finished = True
                        continue
                    await self._engine.step(happened)
                    step = asyncio.ensure_future(anext(self._steps, None))
                await self._post_prices()
        finally:
            tasks = (step, woken, stop)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._steps.aclose()

    async def _attend(self) -> None:
        await self._engine.attend()
        self._attended_at = time.monotonic()

    async def _post_prices(self) -> None:
        now = time.monotonic()
        if now - self._posted_at < _BOARD_INTERVAL:
            return
        self._posted_at = now
        try:
            market = {**self._market, "finished": self._finished}
            await self._board.post(self._engine.at, self._engine.desk.prices, market)
        except (RedisError, OSError) as error:
            # Snapshots only: whoever shows prices waits; trading does not.
            _log.warning("price_board_unreachable", error=str(error))


def _describe(settings: Settings, feed: Feed) -> dict[str, Any]:
    return {
        "source": feed.source.value,
        "venue": feed.venue,
        "simulated": feed.source is MarketSource.SIMULATED,
        "speed": settings.speed,
        "symbols": list(feed.symbols),
        "timeframes": [timeframe.value for timeframe in feed.timeframes],
    }


async def _past(
    settings: Settings, database: Database, feed: Feed, remembered: Remembered | None, strategies: Sequence[Strategy]
) -> Mapping[SeriesKey, Columns]:
    """The feed's history. The first one goes to the candle store; later ones are completed from it, because a live
    venue's reaches less far back than the candles from which the indicators were computed before."""
    history = dict(await feed.history())
    if feed.source is MarketSource.REPLAY:
        return history
    if remembered is None:
        await asyncio.to_thread(_store_history, settings, history)
        return history
    reader, finest = CandleReader(settings), feed.timeframes[0]
    limit = longest_series(strategies, finest)
    async with database.reading() as session:
        for symbol in feed.symbols:
            recent = history[symbol, finest]
            before = int(recent.ts[0]) if len(recent) else remembered.at
            kept = await reader.read(session, symbol, finest, before=before, limit=limit)
            history[symbol, finest] = Columns.joined([Columns.of(kept), recent])
    return history


def _store_history(settings: Settings, history: Mapping[SeriesKey, Columns]) -> None:
    store = CandleStore(settings.data / "candles")
    for (symbol, timeframe), columns in history.items():
        store.append(symbol, timeframe, columns)
