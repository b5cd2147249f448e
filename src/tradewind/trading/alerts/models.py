"""Tables of alerts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class AlertRow(TenantRow, Base):
    """What a user wants to be told of: a price, or a condition at the close of a candle. Moments are the market's."""

    __tablename__ = "alerts"
    __table_args__ = (
        CheckConstraint("state in ('active', 'triggered', 'paused', 'expired', 'deleted')", name="state"),
        CheckConstraint("repeat in ('once', 'every_time')", name="repeat"),
        CheckConstraint(
            "(expression is not null and timeframe is not null and price is null and move is null)"
            " or (expression is null and timeframe is null and price is not null and move is not null)",
            name="one_kind",
        ),
        Index("ix_alerts_user_id", "user_id", "created_at", "id"),
        Index("ix_alerts_unseen", "id", postgresql_where="not seen"),
        Index("ix_alerts_active", "id", postgresql_where="state = 'active'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    symbol: Mapped[str]
    #: Of a condition.
    timeframe: Mapped[str | None]
    expression: Mapped[str | None]
    #: Of a price level: reached from which side.
    price: Mapped[Decimal | None]
    move: Mapped[str | None]
    repeat: Mapped[str]
    cooldown_seconds: Mapped[int] = mapped_column(Integer)
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime | None]
    state: Mapped[str]
    #: Grows with everything that its owner changes; what the engine decided about an earlier version is void.
    version: Mapped[int] = mapped_column(Integer)
    #: Whether the engine knows this version.
    seen: Mapped[bool]
    times: Mapped[int] = mapped_column(Integer)
    last_triggered_at: Mapped[datetime | None]
    #: Open time of the candle in which it triggered last.
    last_candle_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AlertTriggerRow(TenantRow, Base):
    """That an alert triggered; gone with its alert."""

    __tablename__ = "alert_triggers"
    __table_args__ = (Index("ix_alert_triggers_user_id", "user_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID]
    at: Mapped[datetime]
    #: Of the symbol.
    price: Mapped[Decimal]
    #: What was seen, by language.
    words: Mapped[dict[str, Any]]
