"""Sliding back-off: how often something may be tried before whoever tries has to wait, and how long.

The counts are in the broker, where one script looks at all counters of an attempt and counts it: of a hundred attempts
at the same time only so many get through as are free. Without the broker nothing is let through; the error is an
outage, which the API answers with 503. Names are kept as keyed digests, because there are addresses among them.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from redis.asyncio import Redis

from tradewind.kit.clock import Clock, to_ms


@dataclass(frozen=True, slots=True)
class BackOff:
    """When waiting begins, and how it grows.

    Attributes:
        free: attempts before the first wait.
        first: the first wait; each further attempt doubles it.
        most: the longest wait.
        forget: after so long without an attempt all is as in the beginning.
    """

    free: int
    first: timedelta
    most: timedelta
    forget: timedelta


class TooManyAttemptsError(Exception):
    """Whoever tries has to wait for `seconds`, at least one."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts; the next one may be made in {seconds} s")
        self.seconds = seconds


class Counter(NamedTuple):
    """Something that is counted: what, and by which rule."""

    name: str
    rule: BackOff


# One hash per counter: n attempts, the last one at `last`, none before `due` (milliseconds).
_CHARGE = """
local now, wait = tonumber(ARGV[1]), 0
local before = {}
for i, key in ipairs(KEYS) do
    local kept = redis.call('hmget', key, 'n', 'last', 'due')
    local forget = tonumber(ARGV[4 * i + 1])
    local n, due = tonumber(kept[1] or 0), tonumber(kept[3] or 0)
    if kept[2] and now - tonumber(kept[2]) >= forget then n, due = 0, 0 end
    before[i] = n
    if due - now > wait then wait = due - now end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
    local free, first, most, forget =
        tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
    local n, due = before[i] + 1, 0
    if n >= free then due = now + math.min(most, first * 2 ^ math.min(n - free, 40)) end
    redis.call('hset', key, 'n', n, 'last', now, 'due', string.format('%.0f', due))
    redis.call('pexpire', key, forget + most)
end
return 0
"""
_FORGIVE = """
for i, key in ipairs(KEYS) do
    local n = tonumber(redis.call('hget', key, 'n') or 0) - 1
    if n <= 0 then
        redis.call('del', key)
    else
        redis.call('hset', key, 'n', n)
        if n < tonumber(ARGV[i]) then redis.call('hset', key, 'due', 0) end
    end
end
return 0
"""


class Attempts:
    """The counters. One per process; `key` is of this purpose only."""

    def __init__(self, broker: Redis, clock: Clock, key: bytes) -> None:
        self._broker = broker
        self._clock = clock
        self._key = key
        self._charge = broker.register_script(_CHARGE)
        self._forgive = broker.register_script(_FORGIVE)

    async def charge(self, *counters: Counter) -> None:
        """Count an attempt on all of the counters, unless one of them says to wait.

        Raises:
            TooManyAttemptsError: one does; nothing was counted.
            RedisError, OSError: the broker does not answer, so nobody may go ahead.
        """
        if not counters:
            return
        values = [to_ms(self._clock.now())]
        for _, rule in counters:
            values += [rule.free, *(each // timedelta(milliseconds=1) for each in (rule.first, rule.most, rule.forget))]
        wait: int = await self._charge(keys=self._keys(counters), args=values)
        if wait:
            raise TooManyAttemptsError(math.ceil(wait / 1000))

    async def forgive(self, *counters: Counter) -> None:
        """Take an attempt back: it was right."""
        if not counters:
            return
        await self._forgive(keys=self._keys(counters), args=[rule.free for _, rule in counters])

    async def clear(self, *counters: Counter) -> None:
        """Begin anew."""
        await self._broker.delete(*self._keys(counters))

    def _keys(self, counters: Sequence[Counter]) -> list[str]:
        digests = (hmac.digest(self._key, name.encode(), "sha256").hex()[:40] for name, _ in counters)
        return [f"tradewind:attempts:{digest}" for digest in digests]
