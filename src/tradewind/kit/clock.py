"""Time is passed in. The wall clock rules identity, billing and deliveries; the market clock rules trading.

Inside the engine market time is an integer: milliseconds since the Unix epoch, UTC, as candles carry it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@lru_cache(4096)  # the rows of one step share few moments
def from_ms(ms: int) -> datetime:
    """The aware UTC time `ms` milliseconds after the epoch, exact."""
    return _EPOCH + timedelta(milliseconds=ms)


def to_ms(at: datetime) -> int:
    """Whole milliseconds from the epoch to `at`.

    Raises:
        ValueError: `at` is naive; which zone it means cannot be guessed.
    """
    if at.tzinfo is None:
        raise ValueError(f"expected an aware time, got the naive {at.isoformat()}; attach its time zone")
    return (at - _EPOCH) // _MILLISECOND
