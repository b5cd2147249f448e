"""The relay hands outbox rows to their destinations.

Rows are taken with `FOR UPDATE SKIP LOCKED` and deleted in the transaction in which the handler runs, so a handler that
writes to the database (links of the chain, frames, delivery rows) is exactly-once, and one that fails is tried again.
Any number of relays may run; for one destination one works at a time, because what is told must come in order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from tradewind.platform.spine.events import Destination, EventType
from tradewind.platform.spine.recording import WAKE_CHANNEL

_log = structlog.get_logger()

_TAKE = """
with taken as (
    delete from outbox where id in (
        select id from outbox where destination = $1 order by id limit $2 for update skip locked
    ) returning id, event_id
)
select e.id, e.tenant_id, e.type, e.subject_id, e.at, e.payload, e.detail_digest, e.recorded_at
from taken t join events e on e.id = t.event_id order by t.id
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as a destination gets it."""

    event_id: UUID
    tenant_id: UUID | None
    type: EventType
    subject_id: UUID
    at: datetime
    payload: dict[str, Any]
    detail_digest: bytes | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: asyncpg.Record) -> Delivery:
        """The event of a row of `events`, under the column names of its table."""
        return cls(
            event_id=row["id"],
            tenant_id=row["tenant_id"],
            type=EventType(row["type"]),
            subject_id=row["subject_id"],
            at=row["at"],
            payload=row["payload"],
            detail_digest=row["detail_digest"],
            recorded_at=row["recorded_at"],
        )


def relay_lock(destination: Destination) -> str:
    """What a transaction locks while it hands over to `destination`, so that one does at a time."""
    return f"tradewind.relay.{destination.value}"


#: Runs inside the relay's transaction on its connection; what it answers is called after the commit.
AfterCommit = Callable[[], Awaitable[None]]
Handler = Callable[["asyncpg.Connection[asyncpg.Record]", Sequence[Delivery]], Awaitable[AfterCommit | None]]


class Relay:
    """Moves events from the outbox to their destinations until cancelled."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection[asyncpg.Record]]],
        handlers: Mapping[Destination, Handler],
        *,
        batch: int = 500,
        idle_seconds: float = 0.5,
    ) -> None:
        self._connect = connect
        self._handlers = handlers
        self._batch = batch
        self._idle = idle_seconds
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; a lost connection is made again."""
        while True:
            try:
                connection = await self._connect()
                try:
                    await connection.add_listener(WAKE_CHANNEL, lambda *_: self._wake.set())
                    while True:
                        self._wake.clear()
                        moved = await self.relay_once(connection)
                        if not moved:
                            await self._doze()
                finally:
                    await connection.close(timeout=2)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("relay_interrupted", error=str(error))
                await asyncio.sleep(self._idle)

    async def relay_once(self, connection: asyncpg.Connection[asyncpg.Record]) -> int:
        """Hand over one batch per destination; how many rows moved. One that fails does not keep the others."""
        moved = 0
        for destination in self._handlers:
            try:
                moved += await self._hand_over(connection, destination)
            except Exception:
                if connection.is_closed():
                    raise
                # The batch is as it was, and is tried again with the next round.
                _log.exception("handover_failed", destination=destination.value)
        return moved

    async def _hand_over(self, connection: asyncpg.Connection[asyncpg.Record], destination: Destination) -> int:
        after: AfterCommit | None = None
        async with connection.transaction():
            locking = "select pg_try_advisory_xact_lock(hashtext($1))"
            if not await connection.fetchval(locking, relay_lock(destination)):
                return 0
            rows = await connection.fetch(_TAKE, destination.value, self._batch)
            if rows:
                after = await self._handlers[destination](connection, [Delivery.of(row) for row in rows])
        if after is not None:
            try:
                await after()
            except Exception:
                # What is committed is told; that somebody was not woken up costs him time, nothing else.
                _log.exception("announcement_failed", destination=destination.value)
        return len(rows)

    async def _doze(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._idle)
