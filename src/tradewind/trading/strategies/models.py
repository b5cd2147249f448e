"""Tables of strategies."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class StrategyRow(Base):
    """A strategy by name; without a tenant it is built in and everybody's."""

    __tablename__ = "strategies"
    __table_args__ = (UniqueConstraint("tenant_id", "name", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID | None]
    name: Mapped[str]
    #: Of a tenant's own.
    active_version: Mapped[int | None] = mapped_column(Integer)
    #: Of a tenant's own that is out of sight; its versions stay, because what was tested with them does.
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StrategyVersionRow(Base):
    """One version of a strategy's document; immutable."""

    __tablename__ = "strategy_versions"
    __table_args__ = (UniqueConstraint("strategy_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strategy_id: Mapped[UUID] = mapped_column(ForeignKey("strategies.id"))
    tenant_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[str]
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
