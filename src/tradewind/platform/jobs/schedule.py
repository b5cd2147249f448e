"""When periodic jobs are due. Names stand for the jobs, so that whoever keeps the time need not load what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

#: A message that waited longer than this was made for nothing: the next one is there already.
_DAILY_EXPIRES = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Every:
    """Every `seconds` seconds."""

    job: str
    seconds: float

    def entry(self) -> dict[str, Any]:
        """As Celery wants it."""
        # Celery's own schedules are imported with the process that needs them.
        from celery.schedules import schedule  # noqa: PLC0415

        return {
            "task": self.job,
            "schedule": schedule(timedelta(seconds=self.seconds)),
            "options": {"expires": self.seconds},
        }


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day, at that time, UTC."""

    job: str
    hour: int
    minute: int

    def entry(self) -> dict[str, Any]:
        """As Celery wants it."""
        from celery.schedules import crontab  # noqa: PLC0415 - as above

        return {
            "task": self.job,
            "schedule": crontab(hour=self.hour, minute=self.minute),
            "options": {"expires": _DAILY_EXPIRES},
        }


Schedule = Sequence[Every | Daily]
