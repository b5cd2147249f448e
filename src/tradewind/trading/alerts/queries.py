"""Reading alerts and their history."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, and_, func, select, tuple_

from tradewind.kit.pages import Place
from tradewind.platform.database import ReadSession, Session
from tradewind.trading.alerts.models import AlertRow, AlertTriggerRow
from tradewind.trading.alerts.states import AlertState

#: Those that count towards a plan's limit.
COUNTED = (AlertState.ACTIVE, AlertState.PAUSED)


async def list_alerts(
    session: ReadSession, user_id: UUID, *, symbol: str | None, after: Place | None, limit: int
) -> Sequence[AlertRow]:
    """The user's alerts, the newest first."""
    alert = AlertRow
    statement = select(alert).where(alert.user_id == user_id, alert.state != AlertState.DELETED.value)
    if symbol is not None:
        statement = statement.where(alert.symbol == symbol)
    if after is not None:
        statement = statement.where(tuple_(alert.created_at, alert.id) < after)
    return (await session.scalars(statement.order_by(alert.created_at.desc(), alert.id.desc()).limit(limit))).all()


async def alert_of(session: ReadSession | Session, user_id: UUID, alert_id: UUID) -> AlertRow | None:
    """One of the user's alerts."""
    alert = AlertRow
    row: AlertRow | None = await session.scalar(
        select(alert).where(alert.id == alert_id, alert.user_id == user_id, alert.state != AlertState.DELETED.value)
    )
    return row


async def count_alerts(session: ReadSession | Session, user_id: UUID) -> int:
    """How many of the user's alerts count towards the plan's limit."""
    counting = select(func.count()).where(AlertRow.user_id == user_id, AlertRow.state.in_(COUNTED))
    return await session.scalar(counting) or 0


async def list_triggers(
    session: ReadSession, user_id: UUID, *, alert_id: UUID | None, after: Place | None, limit: int
) -> Sequence[Row[AlertTriggerRow, str, str]]:
    """When the user's alerts triggered, the latest first, each with its alert's name and symbol."""
    trigger = AlertTriggerRow
    alive = and_(AlertRow.id == trigger.alert_id, AlertRow.state != AlertState.DELETED.value)
    statement = select(trigger, AlertRow.name, AlertRow.symbol).join(AlertRow, alive).where(trigger.user_id == user_id)
    if alert_id is not None:
        statement = statement.where(trigger.alert_id == alert_id)
    if after is not None:
        statement = statement.where(tuple_(trigger.at, trigger.id) < after)
    return (await session.execute(statement.order_by(trigger.at.desc(), trigger.id.desc()).limit(limit))).all()
