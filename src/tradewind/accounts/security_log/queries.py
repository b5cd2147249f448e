"""Reading a person's security log out of the spine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from tradewind.kit.pages import Place
from tradewind.platform.database import Reader
from tradewind.platform.spine import EventType

# The condition on the type is that of the index.
_LOG = """
select e.id, e.type, e.recorded_at as at, d.ip_address, d.user_agent
from events e left join event_details d on d.event_id = e.id
where e.subject_id = $1 and e.type like 'security%' and ($2::timestamptz is null or (e.recorded_at, e.id) < ($2, $3))
order by e.recorded_at desc, e.id desc limit $4
"""


class SecurityEvent(NamedTuple):
    """Something that happened to somebody's security.

    Attributes:
        ip_address, user_agent: of who did it; None where they were erased, or nobody asked over the network.
    """

    id: UUID
    type: EventType
    at: datetime
    ip_address: str | None
    user_agent: str | None

    @property
    def place(self) -> Place:
        return Place(self.at, self.id)


async def security_log(reader: Reader, user_id: UUID, *, after: Place | None, limit: int) -> Sequence[SecurityEvent]:
    """What happened to the user's security, the latest first."""
    at, event_id = after or (None, None)
    rows = await reader.rows(_LOG, user_id, at, event_id, limit)
    return [SecurityEvent(**{**row, "type": EventType(row["type"])}) for row in rows]
