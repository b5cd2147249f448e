"""Tables of orders and fills."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class OrderRow(TenantRow, Base):
    """An order; its id is the client order id the venue got. Times of the market."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_position_id_seq", "position_id", "seq"),
        Index("ix_orders_account_id_sent_at", "account_id", "sent_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    position_id: Mapped[UUID]
    #: Which order of its position, from 0.
    seq: Mapped[int] = mapped_column(Integer)
    symbol: Mapped[str]
    side: Mapped[str]
    purpose: Mapped[str]
    kind: Mapped[str]
    quantity: Mapped[Decimal]
    price: Mapped[Decimal | None]
    trigger: Mapped[Decimal | None]
    reduce_only: Mapped[bool] = mapped_column(Boolean)
    level: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    filled: Mapped[Decimal]
    #: Σ price × quantity of the fills.
    spent: Mapped[Decimal]
    sent_at: Mapped[datetime]


class FillRow(TenantRow, Base):
    """An execution; append-only. Times of the market."""

    __tablename__ = "fills"
    __table_args__ = (Index("ix_fills_account_id_at", "account_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    order_id: Mapped[UUID]
    position_id: Mapped[UUID] = mapped_column(index=True)
    symbol: Mapped[str]
    side: Mapped[str]
    purpose: Mapped[str]
    price: Mapped[Decimal]
    quantity: Mapped[Decimal]
    fee: Mapped[Decimal]
    maker: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime]
