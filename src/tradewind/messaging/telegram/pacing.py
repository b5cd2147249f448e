"""How fast a chat is written to. What was sent lately is in the database, so every worker keeps the same pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tradewind.platform.settings import Settings

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Most messages per second and per minute in one chat."""

    per_second: float
    per_minute: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.telegram_per_second, settings.telegram_per_minute)

    def wait(self, ages: Sequence[float]) -> float:
        """Seconds until the next message may go.

        Args:
            ages: how many seconds ago each message of the last minute was sent, the newest first.
        """
        wait = 1.0 / self.per_second - ages[0] if ages else 0.0
        if len(ages) >= self.per_minute:
            wait = max(wait, _MINUTE - ages[self.per_minute - 1])
        return max(wait, 0.0)


def back_off(attempts: int) -> float:
    """Seconds until a message is tried again after `attempts` attempts in vain before this one."""
    return min(2.0 * 2.0 ** min(attempts, 10), 120.0)
