"""Tables of signals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class SignalRow(Base):
    """A signal and what has become of it so far, traded or not. Not a tenant's; `user_signals` says who may see it."""

    __tablename__ = "signals"
    __table_args__ = (
        CheckConstraint("side in ('long', 'short')", name="side"),
        CheckConstraint("phase in ('waiting', 'open', 'closed', 'not_filled')", name="phase"),
        Index("ix_signals_active", "id", postgresql_where="phase in ('waiting', 'open')"),
        Index("ix_signals_created_at_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(Integer)
    venue: Mapped[str]
    symbol: Mapped[str]
    timeframe: Mapped[str]
    side: Mapped[str]
    strategy: Mapped[str]
    strategy_version: Mapped[int] = mapped_column(Integer)
    strategy_hash: Mapped[str]
    #: Market time, like every time in this table.
    created_at: Mapped[datetime]
    fresh_until: Mapped[datetime]
    expires_at: Mapped[datetime]
    zone_low: Mapped[Decimal]
    zone_high: Mapped[Decimal]
    stop: Mapped[Decimal]
    #: [{"price": "…", "share": "…"}], nearest first.
    targets: Mapped[list[Any]]
    management: Mapped[dict[str, Any]]
    confidence: Mapped[Decimal]
    leverage_cap: Mapped[int] = mapped_column(Integer)
    #: {"facts": {…}, "because": {"en": […], "ru": […]}}
    rationale: Mapped[dict[str, Any]]
    simulated: Mapped[bool] = mapped_column(Boolean)

    phase: Mapped[str]
    #: The stop in force, moved along by the published plan.
    current_stop: Mapped[Decimal]
    targets_hit: Mapped[int] = mapped_column(Integer)
    entry_price: Mapped[Decimal | None]
    filled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: Why it is over.
    ending: Mapped[str | None]
    #: After fees; R multiple and fraction of the entry.
    r: Mapped[Decimal | None]
    pnl: Mapped[Decimal | None]
    mfe_r: Mapped[Decimal | None]
    mae_r: Mapped[Decimal | None]
    win: Mapped[bool | None]
    #: Everything the tracker needs to go on after a restart.
    tracker: Mapped[dict[str, Any]]


class SignalEventRow(Base):
    """One step of a signal's life; append-only."""

    __tablename__ = "signal_events"

    signal_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    price: Mapped[Decimal | None]
    before: Mapped[Decimal | None]
    rung: Mapped[int] = mapped_column(Integer)
    why: Mapped[str]


class UserSignalRow(TenantRow, Base):
    """A signal delivered to a user; the rows of a market day are what his plan counts."""

    __tablename__ = "user_signals"
    __table_args__ = (Index("ix_user_signals_signal_id", "signal_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    signal_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date]
    delivered_at: Mapped[datetime]
