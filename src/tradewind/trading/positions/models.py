"""Tables of positions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class PositionRow(TenantRow, Base):
    """A trade from entry order to last exit. Quantities in base, money in quote currency, times of the market."""

    __tablename__ = "positions"
    __table_args__ = (
        CheckConstraint("status in ('entering', 'open', 'closing', 'closed', 'abandoned')", name="status"),
        Index("ix_positions_unfinished", "account_id", postgresql_where="status in ('entering', 'open', 'closing')"),
        Index("ix_positions_account_id_closed_at", "account_id", "closed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("trading_accounts.id"))
    intent_id: Mapped[UUID] = mapped_column(unique=True)
    signal_id: Mapped[UUID] = mapped_column(index=True)
    symbol: Mapped[str]
    side: Mapped[str]
    status: Mapped[str]
    #: Held now.
    quantity: Mapped[Decimal]
    #: Held at most: the sum of the entry fills.
    entered: Mapped[Decimal]
    entry_price: Mapped[Decimal | None]
    exit_price: Mapped[Decimal | None]
    initial_stop: Mapped[Decimal]
    stop_loss: Mapped[Decimal]
    #: [{"price", "share", "filled"}]
    take_profit: Mapped[list[Any]]
    protection_state: Mapped[str]
    protection_order_id: Mapped[UUID | None]
    protection_quantity: Mapped[Decimal]
    realised_pnl: Mapped[Decimal]
    fees: Mapped[Decimal]
    funding: Mapped[Decimal]
    exit_reason: Mapped[str | None]
    began_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: Number of the last decision about it.
    decision_seq: Mapped[int] = mapped_column(Integer)
    #: Everything the engine needs to go on after a restart; empty once the trade is over.
    state: Mapped[dict[str, Any]]


class ProtectionRow(TenantRow, Base):
    """What protected a position from when on; append-only. `protected` below `held` is a naked position."""

    __tablename__ = "protections"

    position_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    held: Mapped[Decimal]
    protected: Mapped[Decimal]
    order_id: Mapped[UUID | None]
    stop: Mapped[Decimal | None]


class ExitRequestRow(TenantRow, Base):
    """A person's wish to close a position at market, on its way to the engine."""

    __tablename__ = "exit_requests"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'done', 'void')", name="status"),
        Index("ix_exit_requests_pending", "requested_at", postgresql_where="status = 'pending'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    position_id: Mapped[UUID] = mapped_column(index=True)
    user_id: Mapped[UUID]
    status: Mapped[str]
    requested_at: Mapped[datetime]
