"""Keeping the table of sessions short."""

from __future__ import annotations

from sqlalchemy import CursorResult, text

from tradewind.platform.database import Session

_PRUNE = text("delete from sessions where expires_at < now()")


async def prune_sessions(session: Session) -> int:
    """Forget sessions that have expired; how many."""
    result = await session.execute(_PRUNE)
    assert isinstance(result, CursorResult)
    return result.rowcount
