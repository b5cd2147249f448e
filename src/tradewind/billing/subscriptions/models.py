"""Tables of plans and subscriptions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from tradewind.platform.database import Base, TenantRow


class PlanRow(Base):
    """The catalogue as the database sees it, so that limits hold inside statements; synced from code by `migrate`."""

    __tablename__ = "plans"

    code: Mapped[str] = mapped_column(primary_key=True)
    #: None = unlimited, here and below.
    max_signals_per_day: Mapped[int | None] = mapped_column(Integer)
    max_active_positions: Mapped[int | None] = mapped_column(Integer)
    max_strategies: Mapped[int | None] = mapped_column(Integer)
    #: Active and paused ones.
    max_alerts: Mapped[int | None] = mapped_column(Integer)
    auto_trading: Mapped[bool]
    auto_actions: Mapped[list[str]] = mapped_column(ARRAY(Text))


class SubscriptionRow(TenantRow, Base):
    """What a tenant is subscribed to; one row per tenant."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint(
            "status in ('trialing', 'active', 'past_due', 'paused', 'cancelled', 'expired')", name="status"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), unique=True)
    plan: Mapped[str] = mapped_column(ForeignKey("plans.code"))
    status: Mapped[str]
    current_period_start: Mapped[datetime]
    #: None = open-ended.
    current_period_end: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
