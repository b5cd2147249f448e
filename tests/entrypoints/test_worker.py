"""`tradewind worker` as a process: what is committed reaches everybody once, whatever happens to the process."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.support.events import (
    NOW,
    NOW_MS,
    candles_before,
    count,
    deliver,
    fetch,
    fill_tail,
    join,
    position_event,
    process,
    signal_event,
    tell,
)
from tests.support.telegram import TOKEN, Emulator, eventually, running_emulator
from tradewind.core.candles import Timeframe
from tradewind.entrypoints.jobs import compact_candles
from tradewind.entrypoints.migrating import migrate
from tradewind.entrypoints.worker import handlers_of
from tradewind.kit.ids import new_id
from tradewind.market import CandleStore
from tradewind.platform.broker import open_broker
from tradewind.platform.database import Database, Urls
from tradewind.platform.embedded import embedded_servers
from tradewind.platform.housekeeping import verify_chains
from tradewind.platform.jobs import JobQueue, celery_app
from tradewind.platform.settings import Settings
from tradewind.platform.spine import Delivery, Destination, Event, EventType, Handler, Relay


@pytest.fixture
async def quiet(settings: Settings, broker: Redis) -> Settings:
    """Settings for a worker that publishes nowhere."""
    return settings


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator("--total-per-second", "0") as running:
        yield running


@pytest.fixture
async def publishing(settings: Settings, broker: Redis, emulator: Emulator) -> Settings:
    """Settings for a worker that publishes to a channel of the test's own."""
    return settings.model_copy(
        update={
            "telegram_token": SecretStr(TOKEN),
            "telegram_channel": await emulator.open(f"@c{secrets.token_hex(6)}"),
            "telegram_api_base": emulator.url,
            "telegram_per_second": 30.0,
            "telegram_per_minute": 1800,
        }
    )


# --------------------------------------------------------------------------------------------------------------- relay


async def test_nothing_is_lost_or_doubled_when_workers_are_killed(
    publishing: Settings, system_database: Database
) -> None:
    member = await join(system_database)
    signal_id = new_id()
    await deliver(system_database, member, signal_id)
    told: list[UUID] = []
    for life in range(3):
        with process(publishing) as worker:
            for _ in range(60):
                events = [signal_event(signal_id, EventType.SIGNAL_UPDATED), position_event(member)]
                await tell(system_database, *events)
                told += [event.id for event in events]
            if life < 2:
                # Somewhere in the middle of things.
                await eventually(partial(_more_than, system_database, "frames", 30 + life * 120))
                worker.kill()
            else:
                await eventually(lambda: _none_left(system_database))
    events = [row["id"] for row in await fetch(system_database, "select id from events order by recorded_at, id")]
    assert sorted(events) == sorted(told)
    frames = await fetch(system_database, "select seq, data->>'event' as event from frames order by seq")
    assert [row["seq"] for row in frames] == list(range(1, len(told) + 1))
    posts = await fetch(system_database, "select event_id from telegram_posts order by id")
    assert [row["event_id"] for row in posts] == told[::2], "every signal event once, in order"
    assert await count(system_database, "event_seals") == len(told)
    connection = await system_database.connect()
    assert await verify_chains(connection) == {}
    await connection.close()


# Research writes nothing here: its handler wakes workers after the commit, and they find their work in rows.
@pytest.mark.parametrize("victim", [each for each in Destination if each is not Destination.RESEARCH])
async def test_a_handler_that_dies_at_its_work_is_done_once(
    publishing: Settings, system_database: Database, broker: Redis, victim: Destination
) -> None:
    """Killed after it wrote and before it could commit; other destinations go on."""
    member = await join(system_database)
    signal_id = new_id()
    await deliver(system_database, member, signal_id)
    deaths = 0

    def mortal(handler: Handler) -> Handler:
        async def handle(
            connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]
        ) -> Callable[[], Awaitable[None]] | None:
            nonlocal deaths
            after = await handler(connection, deliveries)
            if deaths < 3:
                deaths += 1
                if deaths == 2:
                    raise RuntimeError("killed without losing the connection")
                connection.terminate()
            return after

        return handle

    handlers = handlers_of(publishing, broker, JobQueue(celery_app(publishing)))
    handlers[victim] = mortal(handlers[victim])
    await tell(system_database, *[signal_event(signal_id, EventType.SIGNAL_UPDATED) for _ in range(50)])
    kind = EventType.SECURITY_TOKEN_REUSED
    await tell(system_database, *[Event(kind, member.tenant_id, member.user_id, NOW, {}) for _ in range(50)])
    relaying = asyncio.ensure_future(Relay(system_database.connect, handlers, batch=20, idle_seconds=0.01).run())
    await eventually(lambda: _none_left(system_database))
    relaying.cancel()
    assert deaths == 3
    frames = await fetch(system_database, "select seq from frames order by seq")
    assert [row["seq"] for row in frames] == list(range(1, 51))
    assert await count(system_database, "mails") == 50
    assert await count(system_database, "telegram_posts") == 50
    assert await count(system_database, "event_seals") == 100
    connection = await system_database.connect()
    assert await verify_chains(connection) == {}
    await connection.close()


async def test_a_broker_that_is_away_keeps_nothing_from_being_told(
    publishing: Settings, system_database: Database
) -> None:
    """Frames and posts are rows; that nobody is woken up costs time, nothing else."""
    away = publishing.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    member = await join(system_database)
    broker = open_broker(away)
    handlers = handlers_of(away, broker, JobQueue(celery_app(away)))
    await tell(system_database, position_event(member), signal_event(new_id()))
    connection = await system_database.connect()
    relay = Relay(system_database.connect, handlers)
    while await relay.relay_once(connection):
        pass
    await connection.close()
    await broker.aclose()
    assert await count(system_database, "outbox") == 0
    assert await count(system_database, "frames") == 1
    assert await count(system_database, "telegram_posts") == 1


async def _more_than(database: Database, table: str, number: int) -> bool:
    return await count(database, table) > number


async def _none_left(database: Database) -> bool:
    return await count(database, "outbox") == 0


async def test_events_are_sealed_within_a_second_of_their_commit(quiet: Settings, system_database: Database) -> None:
    member = await join(system_database)
    with process(quiet):
        await tell(system_database, position_event(member))
        await eventually(lambda: _none_left(system_database))
        # From here on the worker is up.
        for _ in range(5):
            await tell(system_database, position_event(member))
            await eventually(lambda: _none_left(system_database))
    delays = await fetch(
        system_database,
        "select extract(epoch from s.sealed_at - e.recorded_at)::float8 as delay "
        "from event_seals s join events e on e.id = s.event_id order by s.seq offset 1",
    )
    assert len(delays) == 5
    assert max(row["delay"] for row in delays) < 1.0


# ------------------------------------------------------------------------------------------------------------- process


async def test_a_signal_goes_all_the_way_to_the_channel(
    publishing: Settings, system_database: Database, emulator: Emulator
) -> None:
    CandleStore(publishing.data / "candles").append("BTCUSDT", Timeframe.M15, candles_before(NOW_MS, 50))
    signal_id = new_id()
    chat = publishing.telegram_channel
    with process(publishing):
        await tell(system_database, signal_event(signal_id))
        (message,) = await emulator.until(chat, lambda messages: len(messages) == 1)
        assert message["photo"]["width"] == 1000
        await tell(system_database, signal_event(signal_id, EventType.SIGNAL_UPDATED))
        _, reply = await emulator.until(chat, lambda messages: len(messages) == 2)
        assert reply["reply_to"]["message_id"] == message["message_id"]


async def test_beat_and_worker_send_what_waited_for_its_time(
    publishing: Settings, system_database: Database, emulator: Emulator
) -> None:
    chat = publishing.telegram_channel
    await emulator.fault("refuse", chat=chat, code=429, description="Too Many Requests", retry_after=1)
    with process(publishing), process(publishing, "beat"):
        await tell(system_database, signal_event(new_id()))
        await emulator.until(chat, lambda messages: len(messages) == 1)


@pytest.mark.parametrize("command", ["worker", "beat"])
async def test_it_stops_without_waiting_for_an_answer_that_does_not_come(
    command: str, publishing: Settings, system_database: Database, emulator: Emulator, broker: Redis
) -> None:
    with process(publishing, command) as running:
        if command == "worker":
            # In the middle of a message, whose answer does not come.
            await emulator.fault("hold_answer", chat=publishing.telegram_channel)
            await tell(system_database, signal_event(new_id()))
            await emulator.until(publishing.telegram_channel, len)
        else:
            await eventually(lambda: broker.exists("tradewind:beat:lock"))
        running.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(running.wait, 30) == 0
    await emulator.release()


async def test_servers_that_restart_are_found_again(tmp_path: Path) -> None:
    with embedded_servers(tmp_path / "servers", durable=False) as servers:
        urls = servers.database
        settings = Settings(
            data=tmp_path / "data",
            database_url=urls.owner,
            database_app_url=urls.app,
            database_system_url=urls.system,
            redis_url=servers.redis_url,
        )
        await migrate(settings)
        database = Database(Urls.system(settings))
        member = await join(database)
        with process(settings):
            await tell(database, position_event(member))
            await eventually(lambda: _none_left(database))
            await database.close()
            servers.postgres.stop()
            servers.valkey.stop()
            servers.valkey.start()
            servers.postgres.start()
            await tell(database, position_event(member))
            await eventually(lambda: _none_left(database))
            assert await count(database, "frames") == 2
            # The broker is heard again as well: a job that is put there is done.
            await database.close()
            tail = candles_before(NOW_MS, 3)
            await fill_tail(database, "BTCUSDT", Timeframe.M1, tail)
            assert await JobQueue(celery_app(settings)).put(compact_candles)
            await eventually(lambda: _is_empty(database, "candle_tail"))
        await database.close()


async def _is_empty(database: Database, table: str) -> bool:
    return await count(database, table) == 0
