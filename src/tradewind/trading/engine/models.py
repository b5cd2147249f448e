"""Tables of the engine's own state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class EngineStateRow(Base):
    """Where a shard of the engine stands. Written with every committed step, so that a kill loses nothing."""

    __tablename__ = "engine_states"

    shard: Mapped[str] = mapped_column(primary_key=True)
    #: The market the state belongs to; state of one world makes no sense in another.
    world: Mapped[str]
    market: Mapped[dict[str, Any]]
    step: Mapped[int]
    candles: Mapped[int]
    #: Market time.
    at: Mapped[datetime]
    feed: Mapped[dict[str, Any]]
    #: Last prices by symbol, and what else is not in rows of its own.
    memory: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
