"""Table of leases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class LeaseRow(Base):
    """Who does a job that only one process may do. `token` rises with every change of hands and fences off the late."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    token: Mapped[int]
    expires_at: Mapped[datetime]
