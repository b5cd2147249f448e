"""The price board as a process sees it: kept up to date by its subscription, read from the broker when that is down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.kit.clock import from_ms
from tradewind.platform.realtime.prices import read_prices


class Board(NamedTuple):
    """The latest price of every symbol.

    Attributes:
        ms: market time, UTC ms; None before the engine's first word.
        market: what the engine says of its feed (source, venue, speed).
    """

    ms: int | None
    prices: Mapping[str, float]
    market: Mapping[str, Any]

    @property
    def at(self) -> datetime | None:
        return None if self.ms is None else from_ms(self.ms)


EMPTY = Board(None, {}, {})


def board_of(snapshot: Mapping[str, Any]) -> Board:
    """The board in what the engine posted."""
    if not snapshot:
        return EMPTY
    return Board(snapshot["at"], snapshot["prices"], snapshot["market"])


class BoardWatch:
    """The process's view of the board.

    Args:
        remembered: the board as of the engine's last commit, for while the broker has none: it keeps nothing over a
            restart, and the engine speaks only when something happens. Whoever asks may hold a connection of the
            process's pools, so it must not wait for one of them.
    """

    _REMEMBERED_SECONDS = 1.0
    _PATIENCE_SECONDS = 1.0

    def __init__(self, broker: Redis, remembered: Callable[[], Awaitable[Board]]) -> None:
        self._broker = broker
        self._remembered = remembered
        self._latest = EMPTY
        self._live = False
        self._until = 0.0
        self._remembering = asyncio.Lock()

    async def now(self) -> Board:
        """The latest board; empty before the engine's first word ever."""
        if not self._live or (self._latest.ms is None and time.monotonic() > self._until):
            await self._read()
        return self._latest

    async def begin(self) -> None:
        """The subscription stands: from here on changes come by themselves."""
        await self._read()
        self._live = True

    def changed(self, snapshot: bytes) -> Board:
        """The engine posted `snapshot`."""
        self._latest = board_of(orjson.loads(snapshot))
        return self._latest

    def interrupted(self) -> None:
        """The subscription is down: ask the broker until it stands again."""
        self._live = False

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(self._PATIENCE_SECONDS):
                posted = board_of(await read_prices(self._broker))
        except (RedisError, OSError):  # prices are late then, but nobody has to do without
            posted = EMPTY
        if posted.ms is not None:
            self._latest = posted
            return
        async with self._remembering:  # all who ask at once ask together
            if time.monotonic() > self._until:
                self._latest = await self._remembered()
                self._until = time.monotonic() + self._REMEMBERED_SECONDS
