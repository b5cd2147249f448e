"""Tables of realtime."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class FrameHeadRow(Base):
    """The last sequence number given to a user."""

    __tablename__ = "frame_heads"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int]


class FrameRow(TenantRow, Base):
    """A durable frame, kept for as long as a client may ask to resume."""

    __tablename__ = "frames"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), index=True)
