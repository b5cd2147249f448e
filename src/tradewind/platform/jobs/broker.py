"""The way of a job from whoever wants it to a worker: Celery on Valkey, JSON only, no results kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from tradewind.platform.broker import broker_url
from tradewind.platform.jobs.model import LONGEST_JOB, Job

if TYPE_CHECKING:
    from tradewind.platform.settings import Settings

_log = structlog.get_logger()

QUEUE = "tradewind"
#: When a message is taken for lost and given to somebody else; longer than any job, or that would be done twice.
_VISIBILITY_SECONDS = int(2 * LONGEST_JOB)
#: Seconds until a broker that does not answer counts as away; a stop may have to wait for it.
_CONNECT_SECONDS = 2.0


def celery_app(settings: Settings) -> Celery:
    """The configured application; it connects to nothing and knows no jobs yet.

    Raises:
        SettingError: there is no broker.
    """
    url = broker_url(settings)
    app = Celery("tradewind", set_as_current=False)
    app.conf.update(
        broker_url=url,
        broker_transport_options={
            "visibility_timeout": _VISIBILITY_SECONDS,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 20,
            # Of a sender; a worker waits for its broker for as long as it takes.
            "max_retries": 1,
            "interval_start": 0.1,
            "interval_max": 0.1,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=2,
        result_backend=None,
        result_expires=None,
        task_ignore_result=True,
        task_default_queue=QUEUE,
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        # A job is off the queue when it is done, not when it is begun; what its worker took to the grave comes back.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        timezone="UTC",
        enable_utc=True,
    )
    return app


class JobQueue:
    """Puts jobs on the queue."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    async def put[**P](self, job: Job[P], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Ask for `job` to be done soon, by anybody. Its arguments are given by name.

        Returns:
            False when the broker cannot be reached. Nothing is lost by that if the job's work is in the database: the
            next sweep finds it.
        """
        assert not args, f"expected the arguments of {job.name} by name"
        # Celery sends with blocking sockets.
        return await asyncio.to_thread(self._send, job.name, dict(kwargs))

    def _send(self, name: str, arguments: dict[str, Any]) -> bool:
        try:
            self._app.send_task(name, kwargs=arguments, queue=QUEUE, retry=False)
        except (OperationalError, OSError) as error:
            _log.warning("job_not_queued", job=name, error=str(error))
            return False
        return True
