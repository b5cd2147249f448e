"""What a job is, and what it gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Protocol

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from tradewind.platform.database import Database
    from tradewind.platform.settings import Settings

#: Seconds that a job may ask for. What takes longer is cut into pieces.
LONGEST_JOB = 1800.0


class JobSender(Protocol):
    """Where a job asks for others; `JobQueue` is the one."""

    async def put[**P](self, job: Job[P], *args: P.args, **kwargs: P.kwargs) -> bool: ...


@dataclass(frozen=True, slots=True)
class JobContext:
    """What every job may use. One per worker process, on one event loop.

    Attributes:
        database: under the system role, which sees all tenants.
        tools: what rooms put up for their own jobs, by type.
    """

    database: Database
    broker: Redis
    settings: Settings
    queue: JobSender
    tools: Mapping[type[Any], Any] = field(default_factory=dict)

    def tool[T](self, kind: type[T]) -> T | None:
        """The room's tool of that type; None when this worker was started without."""
        return self.tools.get(kind)


@dataclass(frozen=True, slots=True)
class Job[**P]:
    """A job: its name on the wire, what it does, and the seconds after which it is cancelled."""

    name: str
    function: Callable[Concatenate[JobContext, P], Awaitable[None]]
    timeout: float

    def __call__(self, context: JobContext, *args: P.args, **kwargs: P.kwargs) -> Awaitable[None]:
        """Do it here and now."""
        return self.function(context, *args, **kwargs)


def job[**P](name: str, *, timeout: float) -> Callable[[Callable[Concatenate[JobContext, P], Awaitable[None]]], Job[P]]:
    """Make an async function a job. Its parameters beside the context go over the wire as JSON.

    Args:
        name: `{room}.{verb}`; processes of different versions know it by this.
        timeout: seconds, at most `LONGEST_JOB`.

    Raises:
        ValueError: the time-out is longer, or none at all.
    """
    if not 0.0 < timeout <= LONGEST_JOB:
        raise ValueError(f"expected a time-out of up to {LONGEST_JOB:g} s for the job {name}, got {timeout:g}")

    def made(function: Callable[Concatenate[JobContext, P], Awaitable[None]]) -> Job[P]:
        return Job(name, function, timeout)

    return made
