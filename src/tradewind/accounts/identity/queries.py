"""Keeping the tables of links and known devices short."""

from __future__ import annotations

from sqlalchemy import CursorResult, text

from tradewind.platform.database import Session

_PRUNE = (
    text("delete from mail_tokens where expires_at < now()"),
    text("delete from known_origins where last_seen_at < now() - interval '400 days'"),
)


async def prune_identity(session: Session) -> int:
    """Forget links that are void and devices that were not seen for a year; how many rows."""
    pruned = 0
    for statement in _PRUNE:
        result = await session.execute(statement)
        assert isinstance(result, CursorResult)
        pruned += result.rowcount
    return pruned
