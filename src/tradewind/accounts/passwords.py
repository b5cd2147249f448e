"""Password hashing: argon2id on a bounded pool.

Hashing is slow on purpose. On the event loop it would stop every other request, and on an unbounded pool a flood of
log-ins would take all memory; here at most a few run at once and a queue that is too long is refused.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tradewind.accounts.password_rules import normal_password

#: OWASP's first choice: 19 MiB, two passes, one lane.
_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
_MOST_WAITING = 64


class TooBusyError(Exception):
    """More log-ins are waiting than can be answered in reasonable time."""


class PasswordHasher:
    """Hashes and verifies off the event loop."""

    def __init__(self, workers: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(workers or max(1, (os.cpu_count() or 2) // 2), "password")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The argon2id hash of `password`, with its parameters and salt.

        Raises:
            TooBusyError: too many are waiting.
        """
        return await self._run(_HASH.hash, normal_password(password))

    async def verify(self, password: str, hashed: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and a new hash when the stored one is of older parameters.

        Args:
            hashed: None for an unknown account; it takes as long as a known one, so that nobody can tell.

        Raises:
            TooBusyError: too many are waiting.
        """
        password = normal_password(password)
        if hashed is None:
            await self._run(_HASH.verify_and_update, password, _decoy())
            return False, None
        return await self._run(_HASH.verify_and_update, password, hashed)

    async def _run[*Ts, T](self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        if self._waiting >= _MOST_WAITING:
            raise TooBusyError("too many log-ins at once")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


@cache
def _decoy() -> str:
    return _HASH.hash(os.urandom(16).hex())
