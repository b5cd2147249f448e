"""The clock: puts periodic jobs on the queue when they are due. Any number may run; one at a time keeps the time."""

from __future__ import annotations

import threading
import warnings
from typing import Any

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import LockError, RedisError

from tradewind.platform.broker import broker_url
from tradewind.platform.jobs.broker import QUEUE, celery_app
from tradewind.platform.jobs.schedule import Schedule
from tradewind.platform.settings import Settings

_log = structlog.get_logger()

_LOCK = "tradewind:beat:lock"
#: How long a beat that died keeps others from taking over, seconds; and how often the lock is renewed.
_LOCK_SECONDS = 10.0
_LONGEST_NAP = 2.0
_RETRY_SECONDS = 1.0


def run_beat(settings: Settings, schedule: Schedule, stopping: threading.Event) -> None:
    """Keep time until `stopping` is set; a broker that is away is waited for."""
    app = _app(settings, schedule)
    client = Redis.from_url(broker_url(settings), socket_timeout=5.0, socket_connect_timeout=5.0)
    while not stopping.is_set():
        lock = client.lock(_LOCK, timeout=_LOCK_SECONDS, thread_local=False)
        try:
            if lock.acquire(blocking=False):
                try:
                    _keep_time(app, client, lock, stopping)
                finally:
                    _release(lock)
            else:
                stopping.wait(_RETRY_SECONDS)
        except LockError:
            _log.warning("beat_lost_its_lock")
        except (RedisError, OperationalError, OSError) as error:
            _log.warning("beat_interrupted", error=str(error))
            stopping.wait(_RETRY_SECONDS)
    client.close()


def _app(settings: Settings, schedule: Schedule) -> Celery:
    app = celery_app(settings)
    app.conf.update(
        beat_schedule={entry.job: _to_queue(entry.entry()) for entry in schedule},
        beat_max_loop_interval=_LONGEST_NAP,
        redbeat_redis_url=broker_url(settings),
        redbeat_redis_options={"socket_timeout": 5.0, "socket_connect_timeout": 5.0},
        redbeat_key_prefix="tradewind:beat:",
        # The lock is ours: RedBeat's is waited for without an end, which would keep a beat from stopping.
        redbeat_lock_key=None,
    )
    return app


def _to_queue(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "options": {**entry["options"], "queue": QUEUE}}


def _keep_time(app: Celery, client: Redis, lock: Any, stopping: threading.Event) -> None:
    """Tick while the lock is held.

    Raises:
        LockError: it is not any more.
        RedisError, OperationalError: the broker is away.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from redbeat.schedulers import RedBeatScheduler  # noqa: PLC0415 - costs as much as the rest of the process
    scheduler = RedBeatScheduler(app)
    try:
        while not stopping.is_set():
            lock.reacquire()
            if not client.exists(app.redbeat_conf.schedule_key):
                # The broker lost its memory, and with it what is due when.
                scheduler.setup_schedule()
            stopping.wait(min(max(float(scheduler.tick()), 0.0), _LONGEST_NAP))
    finally:
        scheduler.close()


def _release(lock: Any) -> None:
    """Let the next one take over at once; if that fails, the lock runs out by itself."""
    try:
        lock.release()
    except (RedisError, OSError) as error:
        _log.debug("beat_lock_not_released", error=str(error))
