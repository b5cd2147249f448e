"""Tables of people and their organisations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class UserRow(Base):
    """A person who can log in. Not a tenant's: one person may belong to several organisations."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Trimmed and lower case.
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    full_name: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en")
    email_verified: Mapped[bool] = mapped_column(server_default="false")
    #: Of a domain that gives out throw-away mailboxes; not refused, but no reason to trust either.
    disposable_email: Mapped[bool] = mapped_column(server_default="false")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_login: Mapped[datetime | None]


class OrganisationRow(Base):
    """The tenant: whoever subscribes. Registration makes one for the person alone."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MembershipRow(Base):
    """A person's place in an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role in ('owner', 'admin', 'trader', 'viewer')", name="role"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
