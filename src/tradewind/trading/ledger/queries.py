"""Reading the decision ledger."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from tradewind.platform.database import ReadSession
from tradewind.trading.intents.models import IntentRow
from tradewind.trading.ledger.models import DecisionRow


async def decisions_of(
    session: ReadSession, user_id: UUID, *, intent_id: UUID | None = None, position_id: UUID | None = None
) -> Sequence[DecisionRow] | None:
    """Every decision about one of the user's intents or positions, in order; None when he has no such thing."""
    named = IntentRow.id == intent_id if intent_id is not None else IntentRow.position_id == position_id
    found = await session.scalar(select(IntentRow.id).where(named, IntentRow.user_id == user_id))
    if found is None:
        return None
    statement = select(DecisionRow).where(DecisionRow.intent_id == found).order_by(DecisionRow.seq)
    return (await session.scalars(statement)).all()
