"""Market time against wall time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from tradewind.market.errors import FeedSettingsError

#: No waiting at all: as fast as whoever takes the steps can take them.
MAX_SPEED = math.inf

#: Steps after which a feed that does not wait lets others have the event loop. Few enough that the loop stays
#: responsive, many enough that it does not show in the throughput.
_BREATH = 256


def speed_of(text: str, default: float) -> float:
    """The speed that a setting means: market seconds per wall second, `MAX_SPEED` for "max".

    Raises:
        FeedSettingsError: neither empty, "max" nor a positive number.
    """
    if not text:
        return default
    if text == "max":
        return MAX_SPEED
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0.0 < speed < math.inf:
        raise FeedSettingsError(f'expected a speed in market seconds per second, as 60, or "max"; got {text}')
    return speed


class Pacer:
    """Lets market time pass at `speed` market seconds per wall second.

    Every moment has a deadline that counts from the start, so that neither rounding nor a slow step adds up: who falls
    behind is not waited for until he has caught up.
    """

    __slots__ = ("_clock", "_market", "_sleep", "_speed", "_unyielded", "_wall")

    def __init__(
        self,
        speed: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._market = 0
        self._wall = 0.0
        self._unyielded = 0

    def start(self, market_ms: int) -> None:
        """From now on wall time runs, and it is `market_ms`."""
        self._market = market_ms
        self._wall = self._clock()

    async def until(self, market_ms: int) -> None:
        """Return when it is `market_ms`, or at once if that has passed."""
        if self._speed != MAX_SPEED:
            wait = self._wall + (market_ms - self._market) / (1000.0 * self._speed) - self._clock()
            if wait > 0.0:
                self._unyielded = 0
                await self._sleep(wait)
                return
        self._unyielded += 1
        if self._unyielded == _BREATH:
            self._unyielded = 0
            await self._sleep(0.0)
