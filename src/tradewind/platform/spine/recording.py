"""Recording events in the caller's transaction."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256

import orjson
from sqlalchemy import text

from tradewind.platform.database import Session
from tradewind.platform.spine.events import Event, EventType, destinations_of
from tradewind.platform.spine.models import EventDetailRow, EventRow

#: For `BulkWriter.declare`, with `to_outbox` as what goes with them; `event_row` makes the rows.
event_columns = ("id", "tenant_id", "type", "subject_id", "at", "payload")
_routes = ", ".join(f"('{kind.value}', '{target.value}')" for kind in EventType for target in destinations_of(kind))
to_outbox = (
    "insert into outbox (event_id, destination) select g.id, r.destination "
    f"from given g join (values {_routes}) as r(type, destination) on r.type = g.type order by g.place"
)

#: Wakes the relay; a lost notification costs its polling interval, nothing else.
WAKE_CHANNEL = "tradewind_outbox"

# As text: the mapper would read the generated id back, which the application may not.
_TO_OUTBOX = text("insert into outbox (event_id, destination) values (:event_id, :destination)")


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """Where a request came from; personal data."""

    ip_address: str | None
    user_agent: str | None


def detail_digest(salt: bytes, ip_address: str | None, user_agent: str | None) -> bytes:
    """What the chain keeps of the personal details."""
    return sha256(salt + orjson.dumps([ip_address, user_agent])).digest()


async def record(session: Session, event: Event, origin: RequestOrigin | None = None) -> None:
    """Write `event` and its outbox rows in the session's transaction.

    Args:
        origin: kept beside the event in an erasable row; the chain holds a salted digest.
    """
    salt = os.urandom(16)
    digest = detail_digest(salt, origin.ip_address, origin.user_agent) if origin else None
    session.add(
        EventRow(
            id=event.id,
            tenant_id=event.tenant_id,
            type=event.type.value,
            subject_id=event.subject_id,
            at=event.at,
            payload=dict(event.payload),
            detail_digest=digest,
        )
    )
    await session.flush()
    if origin:
        session.add(
            EventDetailRow(
                event_id=event.id,
                tenant_id=event.tenant_id,
                salt=salt,
                ip_address=origin.ip_address,
                user_agent=origin.user_agent,
            )
        )
    rows = [{"event_id": event.id, "destination": target.value} for target in destinations_of(event.type)]
    await session.execute(_TO_OUTBOX, rows)
    await session.execute(text(f"notify {WAKE_CHANNEL}"))


def event_row(event: Event) -> tuple[object, ...]:
    """The row of `event` for a `BulkWriter`."""
    return (
        event.id,
        event.tenant_id,
        event.type.value,
        event.subject_id,
        event.at,
        orjson.dumps(event.payload).decode(),
    )
