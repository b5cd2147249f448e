"""How many requests whoever may make: a sliding window per subject, counted in the broker by one script.

Requests that arrive while the script is on its way go together in its next run, so a busy process makes few round
trips and no request waits for more than two. A subject that is refused is refused from memory until the first of its
requests leaves the window: a flood costs the broker nothing. Names are kept as keyed digests, because there are
addresses among them.
"""

from __future__ import annotations

import asyncio
import hmac
import math
from typing import NamedTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as BrokerConnectionError

from tradewind.kit.clock import Clock, to_ms

_log = structlog.get_logger()

WINDOW_SECONDS = 60
_SLOTS = 12
_SLOT_MS = WINDOW_SECONDS * 1000 // _SLOTS
#: Longer than a storm can hold up this process's loop: a limiter that is slow must not become one that is open.
_PATIENCE_SECONDS = 1.0
#: After the broker failed to answer nobody waits for it again for so long.
_PAUSE_MS = 3000
#: Subjects asked for in one run of the script, which keeps the broker from everybody else.
_MOST_AT_ONCE = 256
_MOST_REFUSED = 20_000

# One hash per subject: requests by slot of the window. The oldest slot leaves as a whole, so that the count is exact
# within a twelfth of the window and costs the same for every quota.
_CHARGE = """
local now, slots, length = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slot = math.floor(now / length)
local answers = {}
for i, key in ipairs(KEYS) do
    local wanted, quota = tonumber(ARGV[2 * i + 2]), tonumber(ARGV[2 * i + 3])
    local kept = redis.call('hgetall', key)
    local used, oldest = 0, slot
    for j = 1, #kept, 2 do
        local of = tonumber(kept[j])
        if of <= slot - slots or of >= slot + slots then
            redis.call('hdel', key, kept[j])
        else
            used = used + tonumber(kept[j + 1])
            oldest = math.min(oldest, of)
        end
    end
    local granted = math.max(0, math.min(wanted, quota - used))
    if granted > 0 then
        redis.call('hincrby', key, slot, granted)
        redis.call('pexpire', key, slots * length)
    end
    answers[i] = {granted, math.max(0, quota - used - granted), (oldest + slots) * length - now}
end
return answers
"""


class Quota(NamedTuple):
    """Whose requests are counted, and how many he may make.

    Attributes:
        subject: a name that is his alone.
        requests: in any window of `WINDOW_SECONDS`.
    """

    subject: str
    requests: int


class Verdict(NamedTuple):
    """Whether a request may be made.

    Attributes:
        remaining: requests that may be made now, after this one.
        seconds: until the first of those counted leaves the window and more may be made; at least one.
    """

    granted: bool
    remaining: int
    seconds: int


class _Refusal(NamedTuple):
    requests: int
    until_ms: int


class Limiter:
    """The counters. One per process; `key` is of this purpose only."""

    def __init__(self, broker: Redis, clock: Clock, key: bytes) -> None:
        self._clock = clock
        self._key = key
        self._script = broker.register_script(_CHARGE)
        self._waiting: dict[Quota, list[asyncio.Future[Verdict]]] = {}
        self._sending: asyncio.Task[None] | None = None
        self._refused: dict[str, _Refusal] = {}
        self._away_until_ms = 0

    async def charge(self, quota: Quota) -> Verdict:
        """Count a request, unless there are too many already.

        Raises:
            RedisError, OSError: the broker does not answer; nothing is known.
        """
        now_ms = to_ms(self._clock.now())
        refusal = self._refused.get(quota.subject)
        if refusal is not None:
            if refusal.requests == quota.requests and 0 < refusal.until_ms - now_ms <= WINDOW_SECONDS * 1000:
                return Verdict(False, 0, _seconds(refusal.until_ms - now_ms))
            del self._refused[quota.subject]
        if 0 < self._away_until_ms - now_ms <= _PAUSE_MS:
            raise BrokerConnectionError("the broker did not answer a moment ago")
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(quota, []).append(verdict)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await verdict

    async def _send(self) -> None:
        """Ask for all who wait, and again for those who came meanwhile."""
        try:
            while self._waiting:
                quotas = list(self._waiting)[:_MOST_AT_ONCE]
                batch = {quota: self._waiting.pop(quota) for quota in quotas}
                try:
                    await self._ask(batch)
                except Exception as error:
                    # Told to whoever waits, and every few seconds to operators, however many requests come meanwhile.
                    self._away_until_ms = to_ms(self._clock.now()) + _PAUSE_MS
                    _log.warning("rate_limiter_away", error=f"{type(error).__name__}: {error}")
                    for waiting in (each for futures in batch.values() for each in futures):
                        if not waiting.done():
                            waiting.set_exception(error)
        finally:
            self._sending = None

    async def _ask(self, batch: dict[Quota, list[asyncio.Future[Verdict]]]) -> None:
        now_ms = to_ms(self._clock.now())
        values = [now_ms, _SLOTS, _SLOT_MS]
        for quota, waiting in batch.items():
            values += [len(waiting), quota.requests]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answers = await self._script(keys=[self._name(quota.subject) for quota in batch], args=values)
        for (quota, waiting), (granted, remaining, ms) in zip(batch.items(), answers, strict=True):
            for place, verdict in enumerate(waiting, start=1):
                left = remaining + max(0, granted - place)
                if not verdict.done():  # or whoever asked has gone
                    verdict.set_result(Verdict(place <= granted, left, _seconds(ms)))
            if granted < len(waiting):
                self._remember(quota, now_ms + ms)

    def _remember(self, quota: Quota, until_ms: int) -> None:
        if len(self._refused) >= _MOST_REFUSED:
            self._refused.clear()
        self._refused[quota.subject] = _Refusal(quota.requests, until_ms)

    def _name(self, subject: str) -> str:
        return f"tradewind:rate:{hmac.digest(self._key, subject.encode(), 'sha256').hex()[:40]}"


def _seconds(ms: int) -> int:
    return max(1, math.ceil(ms / 1000))
