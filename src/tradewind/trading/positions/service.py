"""What people may do with a position; the engine alone carries it out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, text

from tradewind.kit.ids import new_id
from tradewind.platform.database import Session
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.trading.inbox import wake_engine
from tradewind.trading.positions.models import ExitRequestRow
from tradewind.trading.positions.queries import position_of

# Two requests at once must not make two rows; the application role may not lock a position's own.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


class ExitRefusal(StrEnum):
    NOT_FOUND = "not_found"
    NOT_OPEN = "not_open"


async def request_exit(
    session: Session,
    position_id: UUID,
    *,
    user_id: UUID,
    tenant_id: UUID,
    market_at: datetime,
    origin: RequestOrigin,
) -> ExitRequestRow | ExitRefusal:
    """Ask the engine to close one of the user's positions at market. Asking again while it is pending changes nothing.

    Args:
        market_at: market time.
    """
    await session.execute(_ONE_AT_A_TIME, {"name": f"exit:{position_id}"})
    position = await position_of(session, user_id, position_id)
    if position is None:
        return ExitRefusal.NOT_FOUND
    if position.status not in ("open", "closing"):
        return ExitRefusal.NOT_OPEN
    pending: ExitRequestRow | None = await session.scalar(
        select(ExitRequestRow).where(ExitRequestRow.position_id == position_id, ExitRequestRow.status == "pending")
    )
    if pending is not None:
        return pending
    request = ExitRequestRow(
        id=new_id(),
        tenant_id=tenant_id,
        position_id=position_id,
        user_id=user_id,
        status="pending",
        requested_at=market_at,
    )
    session.add(request)
    await session.flush()
    payload = {"position_id": str(position_id), "request_id": str(request.id), "symbol": position.symbol}
    event = Event(EventType.POSITION_EXIT_REQUESTED, tenant_id, position_id, market_at, payload)
    await record(session, event, origin)
    await wake_engine(session)
    return request
