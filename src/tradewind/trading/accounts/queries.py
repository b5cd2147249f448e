"""Reading trading accounts, and how much of the plan is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text, update

from tradewind.platform.database import ReadSession, Session
from tradewind.trading.accounts.models import TradingAccountRow


async def accounts_of(session: ReadSession, user_id: UUID) -> Sequence[TradingAccountRow]:
    """The user's trading accounts, the oldest first."""
    statement = (
        select(TradingAccountRow)
        .where(TradingAccountRow.user_id == user_id)
        .order_by(TradingAccountRow.created_at, TradingAccountRow.id)
    )
    return (await session.scalars(statement)).all()


async def change_account(
    session: Session, user_id: UUID, account_id: UUID, changes: dict[str, object]
) -> TradingAccountRow | None:
    """Set columns of one of the user's accounts; None when he has no such account."""
    mine = (TradingAccountRow.id == account_id, TradingAccountRow.user_id == user_id)
    if changes:
        await session.execute(update(TradingAccountRow).where(*mine).values(**changes))
    row: TradingAccountRow | None = await session.scalar(select(TradingAccountRow).where(*mine))
    return row


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of the plan's limits a user has used."""

    signals_used: int
    slots_used: int


_USAGE = text("""
select case when a.day = (select coalesce(max(at), now()) from engine_states)::date then a.signals_used else 0 end
           as signals_used,
       a.slots_used
from allowances a where a.user_id = :user_id
""")


async def usage_of(session: ReadSession, user_id: UUID) -> Usage:
    """What the user has used up: signals of the present market day, and position slots."""
    row = (await session.execute(_USAGE, {"user_id": user_id})).first()
    return Usage(row.signals_used, row.slots_used) if row else Usage(0, 0)
