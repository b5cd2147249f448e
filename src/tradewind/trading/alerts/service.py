"""Alerts as their owners handle them: made within the plan's limit, paused, taken up again, deleted, tried."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from tradewind.billing import entitlements
from tradewind.core.alerts import BLOCK, Condition, Holding, holding
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.kit.ids import new_id
from tradewind.market.record import CandleReader
from tradewind.platform.database import ReadSession, Session
from tradewind.trading.alerts.models import AlertRow
from tradewind.trading.alerts.queries import COUNTED, alert_of, count_alerts
from tradewind.trading.alerts.schemas import AlertWish
from tradewind.trading.alerts.states import AlertChannel, AlertState
from tradewind.trading.inbox import wake_engine

# Two requests at once must not go past the limit together.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


class AlertRefusal(StrEnum):
    """Why nothing was changed."""

    NOT_FOUND = "not_found"
    LIMIT = "limit"
    CHANGED = "changed"
    PAST = "past"


async def make_alert(session: Session, wish: AlertWish, *, user_id: UUID, tenant_id: UUID) -> AlertRow | AlertRefusal:
    """Make an alert, which was checked before; the engine watches it from its next turn on."""
    await session.execute(_ONE_AT_A_TIME, {"name": f"alerts:{user_id}"})
    if not await _room(session, user_id, tenant_id):
        return AlertRefusal.LIMIT
    level = wish.price is not None
    row = AlertRow(
        id=new_id(),
        tenant_id=tenant_id,
        user_id=user_id,
        name=wish.name.strip(),
        symbol=wish.symbol,
        timeframe=None if wish.timeframe is None or level else wish.timeframe.value,
        expression=wish.expression,
        price=wish.price,
        move=wish.move.value if level else None,
        repeat=wish.repeat.value,
        cooldown_seconds=60 * wish.cooldown_minutes,
        channels=[each.value for each in AlertChannel if each in {*wish.channels, AlertChannel.DASHBOARD}],
        expires_at=wish.expires_at,
        state=AlertState.ACTIVE.value,
        version=1,
        seen=False,
        times=0,
    )
    session.add(row)
    await session.flush()
    await wake_engine(session)
    return row


async def change_alert(
    session: Session,
    alert_id: UUID,
    *,
    user_id: UUID,
    tenant_id: UUID,
    name: str | None = None,
    state: AlertState | None = None,
    version: int | None = None,
    market_at: datetime | None = None,
) -> AlertRow | AlertRefusal:
    """Rename, pause, take up again or delete one of the user's alerts.

    Args:
        version: change it only if it is still this one.
        market_at: market time, to refuse taking up what has expired.
    """
    await session.execute(_ONE_AT_A_TIME, {"name": f"alerts:{user_id}"})
    row = await alert_of(session, user_id, alert_id)
    if row is None:
        return AlertRefusal.NOT_FOUND
    if version is not None and row.version != version:
        return AlertRefusal.CHANGED
    if state in COUNTED and row.state not in COUNTED and not await _room(session, user_id, tenant_id):
        return AlertRefusal.LIMIT
    if state is AlertState.ACTIVE and row.expires_at and market_at and row.expires_at <= market_at:
        return AlertRefusal.PAST
    if name is not None:
        row.name = name.strip()
    if state is not None and state.value != row.state:
        row.state = state.value
        row.version += 1
        row.seen = False
        await wake_engine(session)
    await session.flush()
    return row


async def _room(session: Session, user_id: UUID, tenant_id: UUID) -> bool:
    """Whether the plan allows one more."""
    limit = (await entitlements(session, tenant_id)).max_alerts
    return limit is None or await count_alerts(session, user_id) < limit


class Tried(NamedTuple):
    """A condition on the candles on record.

    Attributes:
        columns: up to as many as it needs.
        judged: how many of the last ones it was tried on.
    """

    columns: Columns
    judged: int
    held: Sequence[Holding]


async def try_condition(
    session: ReadSession,
    reader: CandleReader,
    condition: Condition,
    symbol: str,
    timeframe: Timeframe,
    *,
    before: int,
    last: int,
) -> Tried:
    """When `condition` held at the close of the `last` candles that opened before `before` (UTC ms)."""
    rows = condition.reach_on(timeframe) + BLOCK + last
    series: dict[str, Columns] = {}
    for each in (symbol, *sorted(condition.symbols_read())):
        candles = await reader.read(session, each, timeframe, before=before, limit=rows)
        series[each] = Columns.of(candles)
    columns = series[symbol]
    first = max(0, len(columns) - last, condition.warmup_on(timeframe))
    judging = holding(condition, symbol, timeframe, series, first, len(columns))
    held = await asyncio.to_thread(list, judging)
    return Tried(columns, max(0, len(columns) - first), held)
