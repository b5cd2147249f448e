"""Durable frames: written by the relay with a per-user sequence, then announced over the broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import asyncpg
import orjson
from redis.asyncio import Redis
from sqlalchemy import select, text

from tradewind.platform.database import ReadSession
from tradewind.platform.realtime.models import FrameHeadRow, FrameRow
from tradewind.platform.realtime.prices import user_channel
from tradewind.platform.spine import Delivery, EventType, Handler


class FrameType(StrEnum):
    """What a frame carries. The first four are durable; the last two are snapshots without a sequence."""

    SIGNAL = "signal"
    POSITION = "position"
    ORDER = "order"
    NOTICE = "notice"
    STATS = "stats"
    PRICE = "price"


_BY_PREFIX = {
    "signal": FrameType.SIGNAL,
    "position": FrameType.POSITION,
    "order": FrameType.ORDER,
    "intent": FrameType.ORDER,
}


class Addressed(NamedTuple):
    """A delivery that a user of a tenant shall see."""

    user_id: UUID
    tenant_id: UUID
    delivery: Delivery


#: Which users see which of the deliveries, in the order of the deliveries.
Audience = Callable[["asyncpg.Connection[asyncpg.Record]", Sequence[Delivery]], Awaitable[Sequence[Addressed]]]

_NEXT_SEQ = """
insert into frame_heads as h (user_id, last_seq)
select * from unnest($1::uuid[], $2::bigint[])
on conflict (user_id) do update set last_seq = h.last_seq + excluded.last_seq
returning user_id, last_seq
"""
_INSERT = """
insert into frames (user_id, tenant_id, seq, type, at, data)
select u, o, s, t, a, d::jsonb
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[]) as v(u, o, s, t, a, d)
"""

_LAST_SEQS = text("select user_id, last_seq from frame_heads where user_id = any(cast(:users as uuid[]))")


def frame_type(event: EventType) -> FrameType:
    """The frame that tells of events of this type."""
    return _BY_PREFIX.get(event.value.split("_", 1)[0], FrameType.NOTICE)


def frames_handler(broker: Redis, audience: Audience) -> Handler:
    """The relay's handler of the realtime destination."""

    async def handle(
        connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]
    ) -> Callable[[], Awaitable[None]] | None:
        addressed = await audience(connection, deliveries)
        if not addressed:
            return None
        counts: dict[UUID, int] = {}
        for user_id, _, _ in addressed:
            counts[user_id] = counts.get(user_id, 0) + 1
        users = sorted(counts)
        heads = await connection.fetch(_NEXT_SEQ, users, [counts[user] for user in users])
        following = {row["user_id"]: row["last_seq"] - counts[row["user_id"]] + 1 for row in heads}
        rows = []
        for user_id, tenant_id, delivery in addressed:
            data = orjson.dumps({"event": delivery.type.value, **delivery.payload}).decode()
            kind = frame_type(delivery.type).value
            rows.append((user_id, tenant_id, following[user_id], kind, delivery.at, data))
            following[user_id] += 1
        await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))

        async def announce() -> None:
            async with broker.pipeline(transaction=False) as pipe:
                for user_id, _, seq, kind, at, data in rows:
                    pipe.publish(user_channel(user_id), encode_frame(kind, seq, at.isoformat(), data))
                await pipe.execute()

        return announce

    return handle


def encode_frame(kind: str, seq: int | None, at: str, data: str) -> bytes:
    """The frame as it goes over the socket; `data` is JSON text already."""
    head = orjson.dumps({"type": kind, "seq": seq, "at": at})
    return head[:-1] + b',"data":' + data.encode() + b"}"


async def frames_since(session: ReadSession, user_id: UUID, seq: int, limit: int = 1000) -> Sequence[FrameRow]:
    """The user's frames after `seq`, oldest first."""
    statement = (
        select(FrameRow).where(FrameRow.user_id == user_id, FrameRow.seq > seq).order_by(FrameRow.seq).limit(limit)
    )
    return (await session.scalars(statement)).all()


async def last_seq(session: ReadSession, user_id: UUID) -> int:
    """The number of the user's newest frame; 0 when there is none."""
    return await session.scalar(select(FrameHeadRow.last_seq).where(FrameHeadRow.user_id == user_id)) or 0


async def last_seqs(session: ReadSession, user_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The numbers of the newest frames of several users; those without a frame are left out."""
    rows = await session.execute(_LAST_SEQS, {"users": list(user_ids)})
    return {row.user_id: row.last_seq for row in rows}
