"""Reading positions. What never opened is not one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from tradewind.kit.pages import Place
from tradewind.platform.database import Reader, ReadSession, Session


class PositionFilter(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


class PositionRecord(NamedTuple):
    """A position without the engine's own state of it, which is large."""

    id: UUID
    account_id: UUID
    signal_id: UUID
    intent_id: UUID
    symbol: str
    side: str
    status: str
    quantity: Decimal
    entered: Decimal
    entry_price: Decimal
    exit_price: Decimal | None
    initial_stop: Decimal
    stop_loss: Decimal
    take_profit: list[dict[str, Any]]
    protection_state: str
    protection_order_id: UUID | None
    protection_quantity: Decimal
    realised_pnl: Decimal
    fees: Decimal
    funding: Decimal
    exit_reason: str | None
    opened_at: datetime
    closed_at: datetime | None

    def place(self, wanted: PositionFilter) -> Place:
        """Where it stands in the list of that filter."""
        at = self.closed_at if wanted is PositionFilter.CLOSED else self.opened_at
        assert at is not None
        return Place(at, self.id)


_COLUMNS = ", ".join(f"p.{name}" for name in PositionRecord._fields)
_STATUSES = {
    PositionFilter.OPEN: "('open', 'closing')",
    PositionFilter.CLOSED: "('closed')",
    PositionFilter.ALL: "('open', 'closing', 'closed')",
}
_LIST = """
select {columns} from trading_accounts t join positions p on p.account_id = t.id
where t.user_id = $1 and ($2::uuid is null or t.id = $2) and p.status in {statuses} and p.opened_at is not null {after}
order by p.{ordered} desc, p.id desc limit $3
"""


def _listing(wanted: PositionFilter, *, begun: bool) -> str:
    ordered = "closed_at" if wanted is PositionFilter.CLOSED else "opened_at"
    after = f"and (p.{ordered}, p.id) < ($4, $5)" if begun else ""
    return _LIST.format(columns=_COLUMNS, statuses=_STATUSES[wanted], ordered=ordered, after=after)


_LISTINGS = {(wanted, begun): _listing(wanted, begun=begun) for wanted in PositionFilter for begun in (False, True)}


async def list_positions(
    reader: Reader,
    user_id: UUID,
    wanted: PositionFilter,
    *,
    account_id: UUID | None,
    after: Place | None,
    limit: int,
) -> Sequence[PositionRecord]:
    """The user's positions: closed ones the last closed first, others the last opened first."""
    statement = _LISTINGS[wanted, after is not None]
    return [PositionRecord(*row) for row in await reader.rows(statement, user_id, account_id, limit, *(after or ()))]


_ONE = text(f"select {_COLUMNS} from positions p where p.id = :id and p.user_id = :user_id and p.opened_at is not null")


async def position_of(session: ReadSession | Session, user_id: UUID, position_id: UUID) -> PositionRecord | None:
    """One of the user's positions."""
    row = (await session.execute(_ONE, {"id": position_id, "user_id": user_id})).first()
    return PositionRecord(*row) if row else None
