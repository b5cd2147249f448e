"""Table of intents to enter."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from tradewind.platform.database import Base, TenantRow


class IntentRow(TenantRow, Base):
    """The wish to execute a signal on an account; exists before anything is sent anywhere."""

    __tablename__ = "intents"
    __table_args__ = (
        UniqueConstraint("signal_id", "account_id"),
        CheckConstraint("origin in ('auto', 'manual')", name="origin"),
        CheckConstraint(
            "status in ('accepted', 'working', 'open', 'closed', 'denied', 'cancelled', 'expired')", name="status"
        ),
        Index("ix_intents_accepted", "created_at", "id", postgresql_where="status = 'accepted'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("trading_accounts.id"), index=True)
    signal_id: Mapped[UUID]
    origin: Mapped[str]
    status: Mapped[str]
    deny_reason: Mapped[str | None]
    #: The numbers behind the denial.
    detail: Mapped[dict[str, Any] | None]
    #: Whether it takes one of the plan's position slots.
    holds_slot: Mapped[bool] = mapped_column(Boolean)
    #: What the plan let the platform do when the intent was accepted; it stays so until the position is over.
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    position_id: Mapped[UUID | None]
    #: Market time.
    created_at: Mapped[datetime]
