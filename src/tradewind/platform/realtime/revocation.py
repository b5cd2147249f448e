"""Telling every process that a session has ended, so that its sockets close and nobody answers for it from memory."""

from __future__ import annotations

from uuid import UUID

from redis.asyncio import Redis

REVOKED_CHANNEL = "tradewind:revoked"


async def announce_revoked(broker: Redis, session_id: UUID) -> None:
    """Tell every process. It is a hint: sockets ask the database every few seconds anyway."""
    await broker.publish(REVOKED_CHANNEL, session_id.bytes)
