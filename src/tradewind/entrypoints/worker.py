"""The worker as a process: jobs from the queue, and the relay that hands committed events to whom they concern."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.entrypoints.audience import audience
from tradewind.entrypoints.candles import candle_source
from tradewind.entrypoints.jobs import JOBS
from tradewind.kit.clock import WallClock
from tradewind.messaging.mail import MailServer, Postman, deliver_mails, mail_handler
from tradewind.messaging.telegram import (
    ChartPainter,
    MarketClock,
    Pace,
    Publication,
    Publisher,
    TelegramClient,
    Voice,
    drain_chat,
    telegram_handler,
)
from tradewind.platform.broker import open_broker
from tradewind.platform.database import Database, Urls
from tradewind.platform.jobs import JobContext, JobQueue, celery_app
from tradewind.platform.jobs.running import JobRunner
from tradewind.platform.mail import Mails
from tradewind.platform.realtime import frames_handler
from tradewind.platform.realtime.board import board_of
from tradewind.platform.realtime.prices import read_prices
from tradewind.platform.secrets import signing_key
from tradewind.platform.settings import Settings
from tradewind.platform.spine import Delivery, Destination, Handler, Relay, seal
from tradewind.research.runs import Researcher, research
from tradewind.research.studies import CandleArchive

_log = structlog.get_logger()

#: Jobs at a time beside research; most of them wait for somebody else most of the time.
_THREADS = 4
#: Seconds for jobs to leave off and for the rest to be closed; together with them the process is gone within three.
_STOP_SECONDS = 2.5
_RESTART_SECONDS = 1.0
#: Research jobs that are put on the queue together.
_MOST_WAKES = 8


class WorkerFailedError(Exception):
    """The worker cannot go on; its supervisor starts another."""


async def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then leave within three seconds. Servers that go away are waited for.

    Raises:
        WorkerFailedError: Celery gave up, which it does not do for want of a broker.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    database = Database(Urls.system(settings), pool_size=2)
    broker = open_broker(settings)
    app = celery_app(settings)
    queue = JobQueue(app)
    publisher = publisher_of(settings, database, broker)
    tools: dict[type[Any], Any] = {Researcher: researcher_of(settings, database)}
    if publisher is not None:
        tools[Publisher] = publisher
    postman = postman_of(settings, database)
    if postman is not None:
        tools[Postman] = postman
    context = JobContext(database, broker, settings, queue, tools)
    runner = JobRunner(app, JOBS, context, threads=_THREADS + settings.research_processes)
    relay = Relay(database.connect, handlers_of(settings, broker, queue))
    relaying = asyncio.create_task(_kept_running("relay", relay.run))
    runner.start()
    try:
        await _either(stopping.wait(), runner.ended())
        if not stopping.is_set():
            raise WorkerFailedError("Celery stopped by itself; its log says why")
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, runner.stop(_STOP_SECONDS), return_exceptions=True)
        if publisher is not None:
            await publisher.close()
        await broker.aclose()
        await database.close()


def handlers_of(settings: Settings, broker: Redis, queue: JobQueue) -> dict[Destination, Handler]:
    """What the relay does for each destination."""

    async def wake(chat: str) -> None:
        await queue.put(drain_chat, chat=chat)

    async def wake_research(_: object, deliveries: Sequence[Delivery]) -> Callable[[], Awaitable[None]]:
        async def put() -> None:
            # Whoever takes one works until there is nothing left; with several the work is shared.
            for _ in range(min(len(deliveries) * settings.research_processes, _MOST_WAKES)):
                await queue.put(research)

        return put

    async def wake_postman() -> None:
        await queue.put(deliver_mails)

    chats = [settings.telegram_channel] if settings.telegram_token and settings.telegram_channel else []
    return {
        Destination.AUDIT: seal,
        Destination.REALTIME: frames_handler(broker, audience),
        Destination.TELEGRAM: telegram_handler(chats, wake),
        Destination.RESEARCH: wake_research,
        Destination.MAIL: mail_handler(Mails(signing_key(settings)), wake_postman),
    }


def researcher_of(settings: Settings, database: Database) -> Researcher:
    """Back-tests and sweeps on this installation's candles."""
    return Researcher(
        database, CandleArchive.of(settings), processes=settings.research_processes, lease=settings.research_lease
    )


def postman_of(settings: Settings, database: Database) -> Postman | None:
    """The postman that the settings ask for; None without a mail server."""
    server = MailServer.of(settings)
    if server is None:
        return None
    return Postman(database.connect, Mails(signing_key(settings)), server, WallClock(), settings.url)


def publisher_of(settings: Settings, database: Database, broker: Redis) -> Publisher | None:
    """The publisher that the settings ask for; None without a token."""
    client = TelegramClient.of(settings)
    if client is None:
        return None
    publication = Publication(
        voice=Voice(settings.telegram_language, settings.market),
        pace=Pace.of(settings),
        candles=candle_source(settings, database),
        market_time=market_clock(broker),
    )
    return Publisher(database.connect, client, ChartPainter(settings.data / "cache" / "matplotlib"), publication)


def market_clock(broker: Redis) -> MarketClock:
    """Market time as the engine last told it."""

    async def now() -> datetime | None:
        try:
            return board_of(await read_prices(broker)).at
        except (RedisError, OSError):
            return None

    return now


async def _kept_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run again what fails in a way that it does not mend by itself; the rest of the process goes on meanwhile."""
    while True:
        try:
            await run()
        except Exception:
            _log.exception("restarted_after_failure", part=name)
        await asyncio.sleep(_RESTART_SECONDS)


async def _either(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
