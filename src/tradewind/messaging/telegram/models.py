"""Tables of Telegram publication."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class TelegramPostRow(Base):
    """A message on its way to a chat. Messages of one chat go out in order; a reply waits for what it replies to."""

    __tablename__ = "telegram_posts"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'sent', 'failed', 'skipped')", name="status"),
        UniqueConstraint("event_id", "chat"),
        Index("ix_telegram_posts_pending", "chat", "id", postgresql_where="status = 'pending'"),
        Index("ix_telegram_posts_signal_id", "signal_id", "chat"),
        Index("ix_telegram_posts_sent_at", "chat", "sent_at", postgresql_where="sent_at is not null"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    chat: Mapped[str]
    #: Of an alert, its own id.
    signal_id: Mapped[UUID]
    #: The event that asked for it; one post per event and chat.
    event_id: Mapped[UUID]
    #: "signal" opens a thread, "update" replies to it, "alert" stands alone.
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    #: What Telegram calls the message once it is sent; updates that were merged into one message share it.
    message_id: Mapped[int | None]
    #: Why the last attempt failed, or why it was skipped.
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
