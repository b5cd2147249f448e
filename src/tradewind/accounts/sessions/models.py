"""Tables of log-ins."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class SessionRow(Base):
    """One log-in: of a browser (opaque cookie) or of an API client (refresh token family)."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("kind in ('browser', 'api')", name="kind"),
        CheckConstraint("proven_with in ('password', 'totp', 'recovery_code', 'passkey')", name="proven_with"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str]
    #: SHA-256 of the cookie or of the refresh token in force; the secret itself is never stored.
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: SHA-256 of the refresh token before; presented again, it is stolen, and the session ends.
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    csrf_token: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    #: When its holder last proved to be himself, and with what; null = before this was kept.
    proven_at: Mapped[datetime | None]
    proven_with: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
