"""Who sees what in realtime: a tenant's events all its members, a signal's events those to whom it was delivered, an
alert's events its owner."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from tradewind.accounts.users.queries import members_of
from tradewind.platform.realtime import Addressed
from tradewind.platform.spine import Delivery, EventType
from tradewind.trading.audience import readers_of

#: What concerns one person alone, whatever his organisation.
_PERSONAL = frozenset({EventType.ALERT_TRIGGERED, EventType.ALERT_EXPIRED})


async def audience(
    connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]
) -> Sequence[Addressed]:
    """The deliveries with the users that see them, in order. Asked under the system role."""
    tenants = {each.tenant_id for each in deliveries if each.tenant_id is not None and each.type not in _PERSONAL}
    signals = {delivery.subject_id for delivery in deliveries if delivery.tenant_id is None}
    members = await members_of(connection, tenants) if tenants else {}
    readers = await readers_of(connection, signals) if signals else {}
    addressed: list[Addressed] = []
    for delivery in deliveries:
        if delivery.tenant_id is None:
            addressed += (Addressed(*reader, delivery) for reader in readers.get(delivery.subject_id, ()))
        elif delivery.type in _PERSONAL:
            addressed.append(Addressed(UUID(delivery.payload["user_id"]), delivery.tenant_id, delivery))
        else:
            users = members.get(delivery.tenant_id, ())
            addressed += (Addressed(user_id, delivery.tenant_id, delivery) for user_id in users)
    return addressed
