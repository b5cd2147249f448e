"""Table of idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class IdempotencyRow(TenantRow, Base):
    """A request that was made with an Idempotency-Key, and what was answered."""

    __tablename__ = "idempotency_keys"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    #: SHA-256 over method, path and body.
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(Integer)
    response: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
