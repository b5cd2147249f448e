"""One open socket as the hub sees it: what waits to be sent, in bounded memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from uuid import UUID

from tradewind.platform.metrics import WEBSOCKET_CLOSES

#: Durable frames that may wait for a slow reader.
MOST_WAITING = 512
#: A reader that takes nothing for so long has gone.
_PATIENCE_SECONDS = 30.0


class CloseCode(IntEnum):
    """Why we close a socket."""

    GOING_AWAY = 1001
    FAILED = 1011
    TOO_SLOW = 1013
    SESSION_ENDED = 4401


class Outlet:
    """Frames on their way to one socket.

    Durable frames queue up to a bound; snapshots do not queue at all: a newer one takes the place of one still waiting,
    so a slow reader sees fewer of them, never old ones. Nothing is kept per socket beyond that; a task exists only
    while there is something to send.

    Attributes:
        seq: the last durable frame put here.
        announced: the newest durable frame heard of.
        behind: being brought up to date from the database; frames that come meanwhile are found there.
    """

    __slots__ = (
        "_closing",
        "_durable",
        "_flusher",
        "_send",
        "_snapshots",
        "_taken",
        "announced",
        "behind",
        "seq",
        "session_id",
        "tenant_id",
        "user_id",
    )

    def __init__(
        self, user_id: UUID, tenant_id: UUID, session_id: UUID, send: Callable[[bytes | CloseCode], Awaitable[None]]
    ) -> None:
        self.user_id = user_id
        self.tenant_id = tenant_id
        self.session_id = session_id
        self.seq = 0
        self.announced = 0
        self.behind = True
        self._send = send
        self._durable: deque[bytes] = deque()
        self._snapshots: dict[str, bytes] = {}
        self._closing: CloseCode | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._taken: asyncio.Event | None = None

    def put(self, seq: int, frame: bytes) -> None:
        """Queue the durable frame `seq`, the next one; a reader that is too slow for it is let go."""
        if len(self._durable) >= MOST_WAITING:
            self.close(CloseCode.TOO_SLOW)
            return
        self.seq = seq
        self._durable.append(frame)
        self._kick()

    async def put_patiently(self, seq: int, frame: bytes) -> None:
        """As `put`, but wait for room: a backlog is as long as it is, and no fault of the reader's.

        Raises:
            TimeoutError: the reader takes nothing.
        """
        while len(self._durable) >= MOST_WAITING // 2 and self._closing is None:
            self._taken = self._taken or asyncio.Event()
            self._taken.clear()
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._taken.wait()
        self.put(seq, frame)

    def show(self, kind: str, frame: bytes) -> None:
        """Send a snapshot, instead of one of its kind that still waits."""
        self._snapshots[kind] = frame
        self._kick()

    def close(self, code: CloseCode) -> None:
        """Close the socket; what waits is dropped, because durable frames can be had again."""
        if self._closing is None:
            self._closing = code
            WEBSOCKET_CLOSES.labels(str(code.value)).inc()
            self._durable.clear()
            self._snapshots.clear()
            if self._taken is not None:
                self._taken.set()
            # Not through the flusher: that may be waiting for a reader that will never read.
            if self._flusher is not None and not self._flusher.done():
                self._flusher.cancel()
            self._flusher = asyncio.get_running_loop().create_task(self._send_close(code))

    @property
    def closed(self) -> bool:
        return self._closing is not None

    def drop(self) -> None:
        """The socket is gone."""
        self._closing = self._closing or CloseCode.GOING_AWAY
        if self._flusher is not None and self._flusher is not asyncio.current_task():
            self._flusher.cancel()

    def _kick(self) -> None:
        if self._closing is None and (self._flusher is None or self._flusher.done()):
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._closing is None and (self._durable or self._snapshots):
                await self._send(self._next())
                if self._taken is not None:
                    self._taken.set()
        except OSError:
            self._closing = CloseCode.GOING_AWAY  # the connection is gone; its reader finds out by itself

    def _next(self) -> bytes:
        """What goes first: what must not be lost, then the snapshots."""
        return self._durable.popleft() if self._durable else self._snapshots.pop(next(iter(self._snapshots)))

    async def _send_close(self, code: CloseCode) -> None:
        try:
            await self._send(code)
        except OSError:
            return
