"""WebAuthn challenges: ours, for one purpose, for a few minutes, good once.

A challenge is signed, not stored: asking for one costs nothing that a flood could fill. The broker remembers only those
that a valid answer has used up, until they would expire anyway.
"""

from __future__ import annotations

import hmac
import os
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from redis.asyncio import Redis

from tradewind.kit.clock import Clock

LIFE = timedelta(minutes=5)
_TIME_BYTES = 8
_RANDOM_BYTES = 24
_MAC_BYTES = 32


class Purpose(StrEnum):
    """What an answer to a challenge does."""

    REGISTER = "register"
    LOG_IN = "log_in"
    SECOND_FACTOR = "second_factor"
    STEP_UP = "step_up"


class Challenges:
    """Makes and accepts challenges, in any process."""

    def __init__(self, key: bytes, broker: Redis, clock: Clock) -> None:
        self._key = key
        self._broker = broker
        self._clock = clock

    def make(self, purpose: Purpose, *holders: object) -> bytes:
        """A challenge.

        Args:
            holders: whose answer it takes, such as a person or his session; nobody's else will do.
        """
        expires = int((self._clock.now() + LIFE).timestamp())
        content = expires.to_bytes(_TIME_BYTES) + os.urandom(_RANDOM_BYTES)
        return content + self._mac(content, purpose, holders)

    def is_ours(self, challenge: bytes, purpose: Purpose, *holders: object) -> bool:
        """Whether we made it for this purpose and these holders, not too long ago."""
        content, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
        if len(content) != _TIME_BYTES + _RANDOM_BYTES:
            return False
        if not hmac.compare_digest(mac, self._mac(content, purpose, holders)):
            return False
        return int.from_bytes(content[:_TIME_BYTES]) > self._clock.now().timestamp()

    async def use(self, challenge: bytes) -> bool:
        """Use it up; False when it was used before. Of two at once one wins. Ask only once the answer is right."""
        key = f"tradewind:challenge:{sha256(challenge).hexdigest()}"
        return bool(await self._broker.set(key, b"", ex=LIFE, nx=True))

    def _mac(self, content: bytes, purpose: Purpose, holders: tuple[object, ...]) -> bytes:
        bound = "\x1f".join((purpose, *map(str, holders)))
        return hmac.digest(self._key, content + bound.encode(), "sha256")
