"""Tables of one-time codes. They are a person's, in whatever organisation he works; policies hold them apart."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class TotpSeedRow(Base):
    """The seed of an authenticator app: at most one in force per person, and one that he is setting up."""

    __tablename__ = "totp_seeds"
    __table_args__ = (
        Index("ux_totp_seeds_confirmed", "user_id", unique=True, postgresql_where=text("confirmed_at is not null")),
        Index("ux_totp_seeds_pending", "user_id", unique=True, postgresql_where=text("confirmed_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    #: AES-256-GCM; `tradewind.kit.sealing`.
    sealed_seed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    #: The newest time step of which a code was used; a code of that step or an older one is a replay.
    last_step: Mapped[int] = mapped_column(server_default="0")
    last_used_at: Mapped[datetime | None]


class RecoveryCodeRow(Base):
    """A code for the day when the phone is lost; it works once."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    #: HMAC-SHA256 over person and code.
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]


class ProofTriesRow(Base):
    """How many wrong codes or passwords in a row were given for a person, and until when no more are looked at."""

    __tablename__ = "proof_tries"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    tries: Mapped[int]
    open_at: Mapped[datetime | None]
