"""Reading what a user holds, account by account."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from tradewind.platform.database import ReadSession


class AccountRecord(NamedTuple):
    """A trading account as the ledger has it."""

    id: UUID
    name: str
    venue: str
    currency: str
    balance: Decimal
    max_leverage: Decimal


class PositionRecord(NamedTuple):
    """A position of which something is held. `leverage` is that of its isolated margin, fixed when it was opened."""

    id: UUID
    account_id: UUID
    symbol: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    leverage: Decimal


_ACCOUNTS = text("""
select id, name, venue, currency, balance, max_leverage from trading_accounts
where user_id = :user_id and status <> 'closed' order by created_at, id
""")
_POSITIONS = text("""
select p.id, p.account_id, p.symbol, p.side, p.quantity, p.entry_price,
       coalesce((p.state ->> 'leverage')::numeric, 1) as leverage
from trading_accounts t
join positions p on p.account_id = t.id and p.status in ('open', 'closing') and p.quantity > 0
where t.user_id = :user_id order by p.symbol, p.id
""")


async def accounts_of(session: ReadSession, user_id: UUID) -> Sequence[AccountRecord]:
    """The user's accounts, the oldest first."""
    return [AccountRecord(*row) for row in await session.execute(_ACCOUNTS, {"user_id": user_id})]


async def held_by(session: ReadSession, user_id: UUID) -> Sequence[PositionRecord]:
    """Everything the user holds, by symbol."""
    return [PositionRecord(*row) for row in await session.execute(_POSITIONS, {"user_id": user_id})]
