"""Background jobs on a real Valkey: done by whoever is free, by the clock once, and never lost by a stop."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from tests.support.telegram import eventually
from tradewind.entrypoints.jobs import JOBS
from tradewind.entrypoints.schedule import SCHEDULE
from tradewind.platform import metrics
from tradewind.platform.broker import open_broker
from tradewind.platform.database import Database, Urls
from tradewind.platform.embedded import DataFolder, ValkeyServer
from tradewind.platform.jobs import LONGEST_JOB, Daily, Every, Job, JobContext, JobQueue, Schedule, celery_app, job
from tradewind.platform.jobs.beat import run_beat
from tradewind.platform.jobs.running import JobRunner
from tradewind.platform.settings import Settings


@dataclass
class Notebook:
    """What jobs leave behind."""

    lines: list[Any] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)


@job("test.note", timeout=10.0)
async def note(context: JobContext, line: str) -> None:
    notebook = context.tool(Notebook)
    assert notebook is not None
    notebook.lines.append((line, asyncio.get_running_loop(), threading.current_thread()))


@job("test.fail", timeout=10.0)
async def fail(context: JobContext) -> None:
    raise RuntimeError("as it should")


@job("test.hang", timeout=0.05)
async def hang(context: JobContext) -> None:
    await asyncio.Event().wait()


@job("test.wait", timeout=30.0)
async def wait_at_gate(context: JobContext) -> None:
    notebook = context.tool(Notebook)
    assert notebook is not None
    notebook.lines.append("came")
    await notebook.gate.wait()
    notebook.lines.append("went")


@job("test.tick", timeout=10.0)
async def tick(context: JobContext) -> None:
    notebook = context.tool(Notebook)
    assert notebook is not None
    notebook.lines.append(asyncio.get_running_loop().time())


TEST_JOBS: tuple[Job[...], ...] = (note, fail, hang, wait_at_gate, tick)


@pytest.fixture
def config(broker: Redis, valkey_url: str) -> Settings:
    """Settings with an empty broker; these jobs need no database."""
    return Settings(redis_url=valkey_url, database_url="postgresql://nobody@127.0.0.1:1/none")


@asynccontextmanager
async def worker(config: Settings, notebook: Notebook, *, threads: int = 4) -> AsyncIterator[JobQueue]:
    """A worker that does the test's jobs."""
    app = celery_app(config)
    queue = JobQueue(app)
    database, broker = Database(Urls.system(config)), open_broker(config)
    context = JobContext(database, broker, config, queue, {Notebook: notebook})
    runner = JobRunner(app, TEST_JOBS, context, threads=threads)
    runner.start()
    try:
        yield queue
    finally:
        await runner.stop(5.0)
        assert not runner._thread.is_alive() or await asyncio.to_thread(runner._thread.join, 5.0) is None
        await broker.aclose()
        await database.close()


@contextmanager
def beating(config: Settings, schedule: Schedule) -> Iterator[Callable[[], None]]:
    """A beat; what is given stops it."""
    stopping = threading.Event()
    thread = threading.Thread(target=run_beat, args=(config, schedule, stopping))
    thread.start()

    def stop() -> None:
        stopping.set()
        thread.join(10.0)
        assert not thread.is_alive()

    try:
        yield stop
    finally:
        stop()


def counted(name: str, result: str) -> float:
    return metrics.REGISTRY.get_sample_value("jobs_total", {"job": name, "result": result}) or 0.0


# ------------------------------------------------------------------------------------------------------------- running


async def test_a_job_is_done_on_the_event_loop_with_its_arguments(config: Settings) -> None:
    notebook, done = Notebook(), counted("test.note", "done")
    async with worker(config, notebook) as queue:
        assert await queue.put(note, line="hello")
        await eventually(lambda: notebook.lines)
    assert notebook.lines == [("hello", asyncio.get_running_loop(), threading.current_thread())]
    assert counted("test.note", "done") == done + 1


async def test_jobs_that_fail_or_hang_do_not_keep_others(config: Settings) -> None:
    notebook, failed = Notebook(), counted("test.fail", "failed")
    async with worker(config, notebook, threads=1) as queue:
        for bad in (fail, hang):
            await queue.put(bad)
        await queue.put(note, line="still here")
        await eventually(lambda: notebook.lines)
    assert counted("test.fail", "failed") == failed + 1


async def test_as_many_run_at_a_time_as_there_are_threads(config: Settings) -> None:
    notebook = Notebook()
    async with worker(config, notebook, threads=2) as queue:
        for _ in range(3):
            await queue.put(wait_at_gate)
        await eventually(lambda: notebook.lines.count("came") == 2)
        notebook.gate.set()
        await eventually(lambda: notebook.lines.count("went") == 3)
    assert notebook.lines.index("went") == 2, "the third came when one of the two had gone"


async def test_a_stop_interrupts_and_the_message_comes_back(config: Settings) -> None:
    notebook = Notebook()
    async with worker(config, notebook) as queue:
        await queue.put(wait_at_gate)
        await eventually(lambda: notebook.lines)
    assert notebook.lines == ["came"]
    notebook.gate.set()
    async with worker(config, notebook):
        await eventually(lambda: "went" in notebook.lines)
    assert notebook.lines == ["came", "came", "went"]


async def test_pickles_are_not_opened(config: Settings, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    app = celery_app(config)
    app.conf.accept_content = ["json", "pickle"]
    app.send_task("test.note", kwargs={"line": Bomb()}, serializer="pickle")
    notebook = Notebook()
    async with worker(config, notebook) as queue:
        await queue.put(note, line="after")
        await eventually(lambda: notebook.lines)
    assert [line[0] for line in notebook.lines] == ["after"]
    assert not (tmp_path / "exploded").exists()


async def test_a_broker_that_is_away_is_told_and_not_waited_for(config: Settings) -> None:
    away = config.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    assert await JobQueue(celery_app(away)).put(note, line="lost") is False


@pytest.fixture
def restartable() -> Iterator[tuple[Settings, ValkeyServer]]:
    """A Valkey of the test's own."""
    home = Path(tempfile.mkdtemp(prefix="tradewind-jobs-"))
    home.chmod(0o711)
    folder = DataFolder(home / "data")
    with folder.claimed():
        server = ValkeyServer(folder)
        server.start()
        yield Settings(redis_url=server.url, database_url="postgresql://nobody@127.0.0.1:1/none"), server
        server.stop()
    shutil.rmtree(home)


async def test_a_restarted_broker_is_found_again(restartable: tuple[Settings, ValkeyServer]) -> None:
    config, server = restartable
    notebook = Notebook()
    with beating(config, [Every("test.tick", seconds=0.5)]):
        async with worker(config, notebook):
            await eventually(lambda: notebook.lines)
            server.stop()
            server.start()
            before = len(notebook.lines)
            await eventually(lambda: len(notebook.lines) > before + 1)


# ---------------------------------------------------------------------------------------------------------------- beat


async def test_two_beats_fire_once(config: Settings) -> None:
    notebook = Notebook()
    schedule = [Every("test.tick", seconds=0.6)]
    async with worker(config, notebook):
        with beating(config, schedule) as stop_first, beating(config, schedule):
            await eventually(lambda: len(notebook.lines) >= 3)
            stop_first()
            before = len(notebook.lines)
            await eventually(lambda: len(notebook.lines) >= before + 2)
    gaps = [later - earlier for earlier, later in pairwise(notebook.lines)]
    assert min(gaps) > 0.25, gaps


async def test_a_beat_takes_over_from_one_that_died(config: Settings, broker: Redis) -> None:
    await broker.set("tradewind:beat:lock", "somebody who was killed", px=500)
    notebook = Notebook()
    async with worker(config, notebook):
        with beating(config, [Every("test.tick", seconds=0.5)]):
            await eventually(lambda: notebook.lines)
    assert await broker.get("tradewind:beat:lock") is None, "whoever leaves in order lets the next one in"


async def test_a_beat_remembers_for_a_broker_that_forgot(config: Settings, broker: Redis) -> None:
    notebook = Notebook()
    async with worker(config, notebook):
        with beating(config, [Every("test.tick", seconds=0.5)]):
            await eventually(lambda: notebook.lines)
            await broker.flushall()
            before = len(notebook.lines)
            await eventually(lambda: len(notebook.lines) > before + 1)


async def test_what_is_not_done_in_time_is_not_done_twice(config: Settings, valkey_url: str) -> None:
    """Ticks that wait for a worker run out: when one comes, it does the newest, not all that was missed."""
    client = BlockingRedis.from_url(valkey_url)
    with beating(config, [Every("test.tick", seconds=0.3)]):
        await eventually(lambda: client.llen("tradewind") >= 5)
    client.close()
    notebook = Notebook()
    async with worker(config, notebook) as queue:
        await queue.put(note, line="last")
        await eventually(lambda: notebook.lines and isinstance(notebook.lines[-1], tuple))
    assert len(notebook.lines) <= 4


async def test_a_beat_stops_at_once(config: Settings) -> None:
    with beating(config, SCHEDULE) as stop:
        client = BlockingRedis.from_url(config.redis_url or "")
        await eventually(lambda: client.exists("tradewind:beat:lock"))
        client.close()
        started = asyncio.get_running_loop().time()
        await asyncio.to_thread(stop)
        assert asyncio.get_running_loop().time() - started < 1.5


# -------------------------------------------------------------------------------------------------------- declarations


@pytest.mark.parametrize("seconds", [0.0, -1.0, LONGEST_JOB + 1])
def test_a_job_needs_a_sensible_time_out(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a time-out"):
        job("test.bad", timeout=seconds)


def test_messages_outlive_every_job_and_are_json(config: Settings) -> None:
    conf = celery_app(config).conf
    assert conf.broker_transport_options["visibility_timeout"] > LONGEST_JOB
    assert conf.accept_content == ["json"]
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.result_backend is None


def test_everything_on_the_schedule_is_a_job() -> None:
    names = [each.name for each in JOBS]
    assert len(set(names)) == len(names)
    assert {entry.job for entry in SCHEDULE} <= set(names)


def test_periodic_messages_run_out_before_they_pile_up() -> None:
    assert Every("x", seconds=3).entry()["options"]["expires"] == 3
    daily = Daily("x", hour=3, minute=17).entry()
    assert 0 < daily["options"]["expires"] < 86_400
    assert (daily["schedule"].hour, daily["schedule"].minute) == ({3}, {17})
