"""The hub of a process: one subscription at the broker, fanned out to all its sockets.

Durable frames come with a per-user sequence without holes, so a socket's place in it is all that has to be known. A
frame that follows the last one is passed on; one that does not shows a hole (a lost announcement, a reconnect), and
the socket is brought up to date from the database. The same way serves `?since=`. Nothing is lost or told twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from uuid import UUID

import orjson
from redis.asyncio import Redis

from tradewind.platform.database import Database, ReadPool
from tradewind.platform.metrics import WEBSOCKET_FRAMES, WEBSOCKETS
from tradewind.platform.realtime.board import Board, BoardWatch
from tradewind.platform.realtime.frames import FrameType, encode_frame, frames_since, last_seq, last_seqs
from tradewind.platform.realtime.models import FrameRow
from tradewind.platform.realtime.outlets import CloseCode, Outlet
from tradewind.platform.realtime.prices import PRICES_CHANNEL, USER_CHANNELS, user_of_channel
from tradewind.platform.realtime.revocation import REVOKED_CHANNEL
from tradewind.platform.realtime.snapshots import Snapshots, SnapshotSource
from tradewind.platform.web.outages import log_failure
from tradewind.platform.web.subjects import Authenticator

_BACKLOG_PAGE = 500
_PACE_SECONDS = 0.25
#: How often sessions and lost announcements are looked for; a revoked session's sockets live no longer than this.
_CHECK_SECONDS = 3.0
_RETRY_SECONDS = 0.5


class Hub:
    """Started with the process, stopped with it."""

    def __init__(
        self,
        broker: Redis,
        database: Database,
        reads: ReadPool,
        authenticator: Authenticator,
        board: BoardWatch,
        source: SnapshotSource,
        *,
        check_seconds: float = _CHECK_SECONDS,
    ) -> None:
        self._broker = broker
        self._database = database
        self._authenticator = authenticator
        self._board = board
        self._check_seconds = check_seconds
        self._outlets: dict[UUID, list[Outlet]] = {}
        self._snapshots = Snapshots(reads, source)
        self._new_prices: Board | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._catching_up: set[asyncio.Task[None]] = set()
        self._subscribed = asyncio.Event()
        self._revoked: list[Callable[[UUID], None]] = []

    def on_revoked(self, listener: Callable[[UUID], None]) -> None:
        """Have `listener` told of every session that ends, in whatever process."""
        self._revoked.append(listener)

    # ------------------------------------------------------------------------------------------------------- lives

    async def start(self) -> None:
        """Subscribe, and begin to tell."""
        for work in (self._listen(), self._pace(), self._check()):
            self._tasks.append(asyncio.get_running_loop().create_task(work))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._subscribed.wait()

    async def stop(self) -> None:
        """Stop telling; sockets are closed by the server."""
        tasks = [*self._tasks, *self._catching_up]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ----------------------------------------------------------------------------------------------------- sockets

    def attach(self, outlet: Outlet, since: int | None) -> None:
        """Begin to tell `outlet` everything of its user: from the frame after `since` on, or from now on.

        Frames that come before its place is known are only noted (`behind`), so none falls between.
        """
        self._outlets.setdefault(outlet.user_id, []).append(outlet)
        WEBSOCKETS.inc()
        self._snapshots.watch(outlet.user_id, outlet.tenant_id)
        self._spawn(self._begin(outlet, since))

    def sockets_of(self, user_id: UUID) -> int:
        """How many sockets the user has open here."""
        return len(self._outlets.get(user_id, ()))

    def detach(self, outlet: Outlet) -> None:
        """The socket is gone."""
        outlet.drop()
        WEBSOCKETS.dec()
        of_user = self._outlets[outlet.user_id]
        of_user.remove(outlet)
        if not of_user:
            del self._outlets[outlet.user_id]
            self._snapshots.forget(outlet.user_id)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._catching_up.add(task)
        task.add_done_callback(self._catching_up.discard)

    async def _begin(self, outlet: Outlet, since: int | None) -> None:
        with self._closing_on_failure(outlet):
            await self._find_place(outlet, since)
            await self._catch_up(outlet)

    async def _mend(self, outlet: Outlet) -> None:
        with self._closing_on_failure(outlet):
            await self._catch_up(outlet)

    @contextlib.contextmanager
    def _closing_on_failure(self, outlet: Outlet) -> Iterator[None]:
        """The client comes back and asks from where it was; a socket that skips frames would be worse."""
        try:
            yield
        except TimeoutError:
            outlet.close(CloseCode.TOO_SLOW)
        except Exception as error:
            log_failure("socket_not_brought_up", error, user_id=str(outlet.user_id))
            outlet.close(CloseCode.FAILED)

    async def _find_place(self, outlet: Outlet, since: int | None) -> None:
        async with self._database.reading(outlet.tenant_id) as session:
            newest = await last_seq(session, outlet.user_id)
        outlet.announced = max(outlet.announced, newest)
        # A number from the future is of another database; from now on, then.
        outlet.seq = newest if since is None else min(since, newest)
        for kind, frame in self._snapshots.latest(outlet.user_id):
            outlet.show(kind, frame)

    async def _catch_up(self, outlet: Outlet) -> None:
        while outlet.announced > outlet.seq and not outlet.closed:
            async with self._database.reading(outlet.tenant_id) as session:
                rows = await frames_since(session, outlet.user_id, outlet.seq, _BACKLOG_PAGE)
            if not rows:
                break
            for row in rows:
                await outlet.put_patiently(row.seq, _encode(row))
        outlet.behind = False

    # ---------------------------------------------------------------------------------------------------- listening

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow_broker()
            except Exception as error:  # whatever it was, nobody else would begin to listen again
                log_failure("realtime_interrupted", error)
            self._board.interrupted()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _follow_broker(self) -> None:
        async with self._broker.pubsub() as subscription:
            await subscription.subscribe(PRICES_CHANNEL, REVOKED_CHANNEL)
            await subscription.psubscribe(USER_CHANNELS)
            await self._board.begin()
            self._new_prices = await self._board.now()  # they may have changed while nobody listened
            self._subscribed.set()
            await self._mend_holes()
            async for message in subscription.listen():
                self._heard(message["channel"], message["data"])

    def _heard(self, channel: bytes, data: bytes | int) -> None:
        if not isinstance(data, bytes):
            return  # the broker confirms a subscription
        if channel == PRICES_CHANNEL.encode():
            self._new_prices = self._board.changed(data)
        elif channel == REVOKED_CHANNEL.encode():
            session_id = UUID(bytes=data)
            for listener in self._revoked:
                listener(session_id)
            self._close_sessions({session_id})
        else:
            self._frame(user_of_channel(channel), data)

    def _frame(self, user_id: UUID, frame: bytes) -> None:
        outlets = self._outlets.get(user_id)
        if not outlets:
            return
        head = orjson.loads(frame)
        seq: int = head["seq"]
        self._snapshots.stale(user_id)
        WEBSOCKET_FRAMES.labels(head["type"]).inc(len(outlets))
        for outlet in outlets:
            self._pass_on(outlet, seq, frame)

    def _pass_on(self, outlet: Outlet, seq: int, frame: bytes) -> None:
        outlet.announced = max(outlet.announced, seq)
        if outlet.behind or seq <= outlet.seq:
            return
        if seq == outlet.seq + 1:
            outlet.put(seq, frame)
            return
        self._fell_behind(outlet)

    def _fell_behind(self, outlet: Outlet) -> None:
        outlet.behind = True
        self._spawn(self._mend(outlet))

    # ------------------------------------------------------------------------------------------------------- pacing

    async def _pace(self) -> None:
        """Prices and stats, at most four times a second each."""
        while True:
            began = time.monotonic()
            try:
                await self._show()
            except Exception as error:
                log_failure("snapshots_failed", error)
                await asyncio.sleep(_RETRY_SECONDS)
            await asyncio.sleep(max(0.05, began + _PACE_SECONDS - time.monotonic()))

    async def _show(self) -> None:
        board, self._new_prices = self._new_prices, None
        if board is not None and board.ms is not None:
            frame = self._snapshots.prices(board)
            for outlets in self._outlets.values():
                for outlet in outlets:
                    outlet.show(FrameType.PRICE, frame)
        async for user_id, frame in self._snapshots.due(await self._board.now()):
            for outlet in self._outlets.get(user_id, ()):
                outlet.show(FrameType.STATS, frame)

    async def _check(self) -> None:
        """Close the sockets of sessions that have ended, and find announcements that were lost."""
        while True:
            await asyncio.sleep(self._check_seconds)
            try:
                sessions = {outlet.session_id for outlets in self._outlets.values() for outlet in outlets}
                if sessions:
                    self._close_sessions(await self._authenticator.ended(sessions))
                    await self._mend_holes()
            except Exception as error:
                log_failure("sockets_not_checked", error)

    async def _mend_holes(self) -> None:
        users = list(self._outlets)
        if not users:
            return
        async with self._database.reading() as session:
            newest = await last_seqs(session, users)
        for user_id, seq in newest.items():
            for outlet in self._outlets.get(user_id, ()):
                outlet.announced = max(outlet.announced, seq)
                if outlet.announced > outlet.seq and not outlet.behind:
                    self._fell_behind(outlet)

    def _close_sessions(self, ended: set[UUID]) -> None:
        for outlets in list(self._outlets.values()):
            for outlet in outlets:
                if outlet.session_id in ended:
                    outlet.close(CloseCode.SESSION_ENDED)


def _encode(row: FrameRow) -> bytes:
    return encode_frame(row.type, row.seq, row.at.isoformat(), orjson.dumps(row.data).decode())
