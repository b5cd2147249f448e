"""Tables of trading accounts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class TradingAccountRow(TenantRow, Base):
    """Money at a place that trades. `balance` is what the ledger says, kept by the engine alone."""

    __tablename__ = "trading_accounts"
    __table_args__ = (
        CheckConstraint("status in ('active', 'paused', 'closed')", name="status"),
        CheckConstraint("risk_per_trade > 0 and risk_per_trade <= 0.1", name="risk_per_trade"),
        CheckConstraint("max_leverage > 0 and max_leverage <= 125", name="max_leverage"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    venue: Mapped[str]
    account_type: Mapped[str]
    is_demo: Mapped[bool]
    status: Mapped[str] = mapped_column(server_default="active")
    currency: Mapped[str]
    balance: Mapped[Decimal]
    #: Number of the last ledger entry.
    ledger_seq: Mapped[int] = mapped_column(server_default="0")
    #: Fraction of equity at risk in one trade.
    risk_per_trade: Mapped[Decimal]
    max_leverage: Mapped[Decimal]
    #: Whether the owner wants signals executed without being asked; the plan must allow it too.
    auto_trading: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AllowanceRow(TenantRow, Base):
    """How much of a user's plan is used. Whoever writes signals or intents changes it in the same statement."""

    __tablename__ = "allowances"
    __table_args__ = (CheckConstraint("slots_used >= 0", name="slots_used"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    #: The market day that `signals_used` counts.
    day: Mapped[date]
    signals_used: Mapped[int] = mapped_column(Integer)
    #: Entry intents that hold a position slot.
    slots_used: Mapped[int] = mapped_column(Integer)


class EquityPointRow(TenantRow, Base):
    """Balance and equity of an account at a moment of market time."""

    __tablename__ = "equity_points"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    balance: Mapped[Decimal]
    equity: Mapped[Decimal]
