"""Tables of links in mails and of what an account knows its owner by."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class MailTokenRow(Base):
    """The secret of a link in a mail, good once; deleted by its use."""

    __tablename__ = "mail_tokens"
    __table_args__ = (
        CheckConstraint("purpose in ('verify_email', 'reset_password', 'change_email', 'undo_email')", name="purpose"),
    )

    #: SHA-256 of the secret, which is only in the mail.
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: Checked at the end of the transaction: asking for a reset does the same for accounts that are not there, and
    #: takes it back before.
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", deferrable=True, initially="DEFERRED"), index=True)
    purpose: Mapped[str]
    #: The address that it proves, sets or gives back.
    email: Mapped[str]
    #: The session in which it was asked for, which lives on.
    session_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class KnownOriginRow(Base):
    """A device or a network from which a person has logged in, as a keyed digest."""

    __tablename__ = "known_origins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
