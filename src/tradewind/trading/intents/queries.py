"""Reading intents."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tradewind.platform.database import ReadSession, Session
from tradewind.trading.intents.models import IntentRow


async def intent_of(session: ReadSession | Session, user_id: UUID, intent_id: UUID) -> IntentRow | None:
    """One of the user's intents."""
    statement = select(IntentRow).where(IntentRow.id == intent_id, IntentRow.user_id == user_id)
    row: IntentRow | None = await session.scalar(statement)
    return row
