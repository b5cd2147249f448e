"""The table of mails."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class MailRow(TenantRow, Base):
    """A mail on its way; afterwards only that there was one."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("status in ('pending', 'sent', 'failed', 'expired', 'suppressed')", name="status"),
        CheckConstraint("(status = 'pending') = (sealed is not null)", name="content"),
        Index("ix_mails_pending", "next_attempt_at", postgresql_where="status = 'pending'"),
        Index("ix_mails_recipient", "recipient_digest", "sent_at", postgresql_where="sent_at is not null"),
    )

    #: Its Message-ID as well: what is sent twice can be told to be one.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Keyed, so that an address can be counted but not guessed.
    recipient_digest: Mapped[bytes] = mapped_column(LargeBinary)
    template: Mapped[str]
    locale: Mapped[str]
    #: Address and parameters, encrypted, because links are secrets; gone once the mail is.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime | None]
    #: Why the last attempt failed.
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    sent_at: Mapped[datetime | None]
