"""The worker's side: Celery takes messages in threads of its own; every job runs on the process's one event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import CancelledError as FutureCancelledError
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery
from celery.app import trace
from celery.exceptions import Reject
from celery.worker import WorkController
from celery.worker import state as worker_state

from tradewind.platform.jobs.broker import QUEUE
from tradewind.platform.metrics import JOBS

if TYPE_CHECKING:
    from tradewind.platform.jobs.model import Job, JobContext

_log = structlog.get_logger()

#: They warn, with traces, of messages that a stop gives back to the queue, which is as it should be.
_TALKATIVE = ("celery.app.trace", "kombu.transport.virtual.base")


class JobRunner:
    """Runs jobs until stopped. Make and use it inside the event loop that the jobs shall run on; one per process."""

    def __init__(self, app: Celery, jobs: Iterable[Job[...]], context: JobContext, *, threads: int = 4) -> None:
        """`threads` is how many jobs may run at a time; a thread waits for each."""
        self._app = app
        self._context = context
        self._threads = threads
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._consume, name="celery", daemon=True)
        self._ended = asyncio.Event()
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.ERROR)
        for job in jobs:
            self._register(job)

    def start(self) -> None:
        """Begin to take messages."""
        # A flag of Celery's for the whole process, left over from a runner that was stopped.
        worker_state.should_stop = None
        self._thread.start()

    async def ended(self) -> None:
        """Wait until no more messages are taken, because of `stop` or because Celery failed."""
        await self._ended.wait()

    async def stop(self, seconds: float) -> None:
        """Take no more messages and cancel what runs; its messages go back to the queue. Gives up after `seconds`."""
        deadline = time.monotonic() + seconds
        worker_state.should_stop = 0
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=max(0.0, deadline - time.monotonic()))
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await self._ended.wait()
        except TimeoutError:
            # The thread is a daemon: it does not keep the process. Unfinished messages come back by themselves.
            _log.warning("celery_did_not_stop", seconds=seconds)

    def _consume(self) -> None:
        try:
            # Without it, threads of the pool know no application, and drop what they are given.
            trace.setup_worker_optimizations(self._app)
            controller = WorkController(
                app=self._app,
                pool_cls="threads",
                concurrency=self._threads,
                queues=[QUEUE],
                without_gossip=True,
                without_mingle=True,
                without_heartbeat=True,
            )
            controller.start()
        except Exception:
            _log.exception("celery_failed")
        finally:
            self._loop.call_soon_threadsafe(self._ended.set)

    def _register(self, job: Job[...]) -> None:
        def carry_out(**arguments: Any) -> None:
            future = asyncio.run_coroutine_threadsafe(self._run(job, arguments), self._loop)
            try:
                future.result()
            except FutureCancelledError:
                raise Reject(f"{job.name} was interrupted", requeue=True) from None

        self._app.task(name=job.name, shared=False, ignore_result=True)(carry_out)

    async def _run(self, job: Job[...], arguments: dict[str, Any]) -> None:
        """Do the job; its errors end here, because whatever it left undone is found again in the database."""
        task = asyncio.current_task()
        assert task is not None, "called as a task"
        self._running.add(task)
        result = "failed"
        try:
            async with asyncio.timeout(job.timeout):
                await job.function(self._context, **arguments)
            result = "done"
        except TimeoutError:
            _log.error("job_timed_out", job=job.name, seconds=job.timeout)
        except asyncio.CancelledError:
            result = "interrupted"
            raise
        except Exception:
            _log.exception("job_failed", job=job.name)
        finally:
            self._running.discard(task)
            JOBS.labels(job.name, result).inc()
