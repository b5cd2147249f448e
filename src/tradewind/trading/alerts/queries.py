"""Reading alerts and their history; what the engine takes in and writes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import Row, and_, func, select, tuple_

from tradewind.kit.pages import Place
from tradewind.platform.database import ReadSession, Session
from tradewind.trading.alerts.models import AlertRow, AlertTriggerRow
from tradewind.trading.alerts.states import AlertState

type Connection = asyncpg.Connection[asyncpg.Record]

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


# ---------------------------------------------------------------------------------------------------------- the engine

_ACTIVE = "select * from alerts where state = 'active' order by id"
_CHANGED = "update alerts set seen = true where not seen returning *"
_FORGET = "delete from alerts where state = 'deleted' and seen"
_HAPPENED = """
update alerts a set state = v.state, times = a.times + v.times,
       last_triggered_at = coalesce(v.at, a.last_triggered_at), last_candle_at = coalesce(v.candle, a.last_candle_at)
from unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[])
     as v(id, version, state, times, at, candle)
where a.id = v.id and a.version = v.version and a.state = 'active'
returning a.id
"""
_TRIGGERED = """
insert into alert_triggers (id, tenant_id, alert_id, user_id, at, price, words)
select i, t, a, u, m, p, w::jsonb
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::numeric[], $7::text[])
     as v(i, t, a, u, m, p, w)
"""


# Of the market clock, like everything that triggers.
_PRUNE = "delete from alert_triggers where at < (select max(at) from engine_states) - $1::interval"


class Happened(NamedTuple):
    """What became of an alert of that version.

    Attributes:
        times: how often it triggered.
        at, candle: the last time, and the open time of its candle; None = not.
    """

    id: UUID
    version: int
    state: AlertState
    times: int = 0
    at: datetime | None = None
    candle: datetime | None = None


async def active_alerts(connection: Connection) -> list[asyncpg.Record]:
    """Every active alert of everybody."""
    return list(await connection.fetch(_ACTIVE))


async def take_changes(connection: Connection) -> list[asyncpg.Record]:
    """What people have changed and the engine has not seen yet, as it is now; deleted ones are gone after this."""
    changed = await connection.fetch(_CHANGED)
    if any(row["state"] == AlertState.DELETED for row in changed):
        await connection.execute(_FORGET)
    return list(changed)


async def note_happened(connection: Connection, happened: Sequence[Happened]) -> set[UUID]:
    """Write it; the alerts that were still active and of that version."""
    columns = map(list, zip(*happened, strict=True))
    return {row["id"] for row in await connection.fetch(_HAPPENED, *columns)}


async def note_triggers(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write the history: id, tenant, alert, user, moment, price and words (as JSON text) of each."""
    if rows:
        await connection.execute(_TRIGGERED, *map(list, zip(*rows, strict=True)))


async def prune_triggers(connection: Connection, days: int) -> int:
    """Forget what was seen more than `days` market days ago; how many."""
    status: str = await connection.execute(_PRUNE, timedelta(days=days))
    return int(status.rsplit(" ", 1)[-1])
