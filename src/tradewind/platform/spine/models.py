"""Tables of the spine."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class EventRow(Base):
    """What happened; append-only."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_tenant_id_recorded_at", "tenant_id", "recorded_at"),
        # People's security logs, among events that are nearly all of trading.
        Index("ix_events_security", "subject_id", "recorded_at", "id", postgresql_where=text("type like 'security%'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    type: Mapped[str]
    subject_id: Mapped[UUID]
    at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    #: SHA-256 over the salted personal details, if there are any; it stays when they are erased.
    detail_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class EventDetailRow(Base):
    """Personal data of an event (address, user agent); erasable without breaking the chain."""

    __tablename__ = "event_details"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    tenant_id: Mapped[UUID | None]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]


class EventSealRow(Base):
    """One link of a tenant's hash chain; append-only. The platform's own chain has the zero tenant."""

    __tablename__ = "event_seals"

    chain: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class RecordHeadRow(Base):
    """What was published of the chains on a day; append-only and everybody's."""

    __tablename__ = "record_heads"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    chains: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class OutboxRow(Base):
    """An event on its way to one destination; deleted when handed over."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_destination_id", "destination", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[UUID]
    destination: Mapped[str]
