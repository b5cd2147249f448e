"""Lets only a few log-ins be worked on at a time, so that a storm of them leaves the process to everybody else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tradewind.accounts.passwords import TooBusyError


class Turnstile:
    """One per process. Who comes in a crowd waits for his turn; who waits too long is sent away.

    Waiting is also what slows a flood down that sends the next attempt as soon as the last one is answered.
    """

    def __init__(self, at_once: int | None = None, *, patience: float = 2.0, most_waiting: int = 256) -> None:
        self._slots = asyncio.Semaphore(at_once or max(2, (os.cpu_count() or 2) // 2))
        self._patience = patience
        self._most_waiting = most_waiting
        self._waiting = 0

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Do the block when it is one's turn.

        Raises:
            TooBusyError: it did not come in time, or too many wait already.
        """
        if self._waiting >= self._most_waiting:
            raise TooBusyError("too many log-ins at once")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        except TimeoutError as error:
            raise TooBusyError("too many log-ins at once") from error
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()
