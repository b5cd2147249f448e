"""The table of passkeys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class PasskeyRow(Base):
    """The public half of a WebAuthn credential; the private one never leaves its authenticator."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    #: COSE key.
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: As the authenticator last told it; those that sync between devices always tell 0.
    sign_count: Mapped[int]
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    #: Whether it is kept in an account of its vendor, on several devices.
    synced: Mapped[bool]
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
