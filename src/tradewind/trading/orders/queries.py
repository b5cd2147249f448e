"""Reading orders and fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select, tuple_

from tradewind.kit.pages import Place
from tradewind.platform.database import ReadSession
from tradewind.trading.accounts.models import TradingAccountRow
from tradewind.trading.orders.models import FillRow, OrderRow


@dataclass(frozen=True, slots=True)
class Mine:
    """Which of a user's orders and fills; None = of all his accounts, of all their positions."""

    user_id: UUID
    account_id: UUID | None
    position_id: UUID | None

    @property
    def accounts(self) -> Select[UUID]:
        """The accounts' ids."""
        accounts = select(TradingAccountRow.id).where(TradingAccountRow.user_id == self.user_id)
        return accounts if self.account_id is None else accounts.where(TradingAccountRow.id == self.account_id)


async def list_orders(session: ReadSession, mine: Mine, *, after: Place | None, limit: int) -> Sequence[OrderRow]:
    """The user's orders, the last sent first."""
    statement = select(OrderRow).where(OrderRow.account_id.in_(mine.accounts))
    if mine.position_id is not None:
        statement = statement.where(OrderRow.position_id == mine.position_id)
    if after is not None:
        statement = statement.where(tuple_(OrderRow.sent_at, OrderRow.id) < (after.at, after.id))
    return (await session.scalars(statement.order_by(OrderRow.sent_at.desc(), OrderRow.id.desc()).limit(limit))).all()


async def list_fills(session: ReadSession, mine: Mine, *, after: Place | None, limit: int) -> Sequence[FillRow]:
    """The user's fills, the last first."""
    statement = select(FillRow).where(FillRow.account_id.in_(mine.accounts))
    if mine.position_id is not None:
        statement = statement.where(FillRow.position_id == mine.position_id)
    if after is not None:
        statement = statement.where(tuple_(FillRow.at, FillRow.id) < (after.at, after.id))
    return (await session.scalars(statement.order_by(FillRow.at.desc(), FillRow.id.desc()).limit(limit))).all()


async def orders_of(session: ReadSession, position_id: UUID) -> Sequence[OrderRow]:
    """Every order of a position, the first first."""
    statement = select(OrderRow).where(OrderRow.position_id == position_id).order_by(OrderRow.seq)
    return (await session.scalars(statement)).all()


async def fills_of(session: ReadSession, position_id: UUID) -> Sequence[FillRow]:
    """Every fill of a position, the first first."""
    statement = select(FillRow).where(FillRow.position_id == position_id).order_by(FillRow.at, FillRow.id)
    return (await session.scalars(statement)).all()
