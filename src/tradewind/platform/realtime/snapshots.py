"""Snapshot frames: prices for everybody, figures per user. They have no sequence and are never replayed.

What a user's figures need of the database is loaded once and kept; with every new price they are computed from memory.
They are loaded anew when something happened to the user, and every few seconds in case that was missed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from tradewind.platform.database import Reader, ReadPool
from tradewind.platform.realtime.board import EMPTY, Board
from tradewind.platform.realtime.frames import FrameType, encode_frame

#: Frames of figures are at most this far apart, changed or not.
_MOST_APART_SECONDS = 2.0
_RELOAD_SECONDS = 10.0
#: Loads in one round, and at one time, so that many arrivals at once do not hold the others up.
_LOADS_PER_ROUND = 64
_LOADS_AT_ONCE = 4
#: A figure that always changes; on its own it is no news.
_CLOCK = "market_time"


class Figures(Protocol):
    """What was loaded of a user; gives his figures by the prices of a board."""

    def values(self, board: Board) -> Mapping[str, Any]:
        """JSON values."""
        ...


class SnapshotSource(Protocol):
    """Loads figures; `trading` implements it."""

    async def load(self, reader: Reader, user_id: UUID) -> Figures: ...


@dataclass(slots=True)
class _Watched:
    tenant_id: UUID
    figures: Figures | None = None
    stale: bool = True
    loaded_at: float = 0.0
    seen: Board = EMPTY
    told_at: float = 0.0
    told: Mapping[str, Any] | None = None
    frame: bytes | None = None


class Snapshots:
    """The snapshots of everybody who has a socket here."""

    def __init__(self, reads: ReadPool, source: SnapshotSource) -> None:
        self._reads = reads
        self._source = source
        self._watched: dict[UUID, _Watched] = {}
        self._prices: bytes | None = None

    def watch(self, user_id: UUID, tenant_id: UUID) -> None:
        """Somebody of that user listens."""
        self._watched.setdefault(user_id, _Watched(tenant_id))

    def forget(self, user_id: UUID) -> None:
        """Nobody of that user listens any more."""
        self._watched.pop(user_id, None)

    def stale(self, user_id: UUID) -> None:
        """Something happened to the user: what was loaded no longer holds."""
        if (watched := self._watched.get(user_id)) is not None:
            watched.stale = True

    def latest(self, user_id: UUID) -> Iterator[tuple[str, bytes]]:
        """The newest snapshots, for a socket that has just come."""
        if self._prices is not None:
            yield FrameType.PRICE, self._prices
        watched = self._watched.get(user_id)
        if watched is not None and watched.frame is not None:
            yield FrameType.STATS, watched.frame

    def prices(self, board: Board) -> bytes:
        """The frame of all prices."""
        prices = {symbol: repr(price) for symbol, price in board.prices.items()}
        data = orjson.dumps({"prices": prices, "market": dict(board.market)})
        self._prices = encode_frame(FrameType.PRICE, None, _moment(board), data.decode())
        return self._prices

    async def due(self, board: Board) -> AsyncIterator[tuple[UUID, bytes]]:
        """The frames of figures that have changed, or are due anyway."""
        await self._load()
        now = time.monotonic()
        for user_id, watched in list(self._watched.items()):
            if watched.figures is None:
                continue
            waited = now - watched.told_at
            if watched.seen is board and watched.told is not None and waited < _MOST_APART_SECONDS:
                continue
            watched.seen = board
            figures = watched.figures.values(board)
            news = {name: value for name, value in figures.items() if name != _CLOCK}
            if news == watched.told and waited < _MOST_APART_SECONDS:
                continue
            watched.told, watched.told_at = news, now
            watched.frame = encode_frame(FrameType.STATS, None, _moment(board), orjson.dumps(dict(figures)).decode())
            yield user_id, watched.frame

    async def _load(self) -> None:
        now = time.monotonic()
        needed = [
            (user_id, watched)
            for user_id, watched in self._watched.items()
            if watched.stale or now - watched.loaded_at > _RELOAD_SECONDS
        ][:_LOADS_PER_ROUND]
        if not needed:
            return
        places = asyncio.Semaphore(_LOADS_AT_ONCE)

        async def load(user_id: UUID, watched: _Watched) -> None:
            async with places, self._reads.reading(watched.tenant_id) as reader:
                watched.stale = False  # before the snapshot is taken: what happens from now on counts again
                watched.figures = await self._source.load(reader, user_id)
            watched.loaded_at = time.monotonic()
            watched.seen = EMPTY

        await asyncio.gather(*(load(user_id, watched) for user_id, watched in needed))


def _moment(board: Board) -> str:
    return (board.at or datetime.now(UTC)).isoformat()
