"""Tables of market data: what is not in Parquet yet, and what was wrong with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Double
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base


class CandleTailRow(Base):
    """A closed candle that was committed with its step and waits for its place in the Parquet store."""

    __tablename__ = "candle_tail"

    symbol: Mapped[str] = mapped_column(primary_key=True)
    timeframe: Mapped[str] = mapped_column(primary_key=True)
    #: Open time, UTC ms.
    ts: Mapped[int] = mapped_column(primary_key=True)
    open: Mapped[float] = mapped_column(Double)
    high: Mapped[float] = mapped_column(Double)
    low: Mapped[float] = mapped_column(Double)
    close: Mapped[float] = mapped_column(Double)
    volume: Mapped[float] = mapped_column(Double)


class MarketIncidentRow(Base):
    """Something was wrong with the data; append-only."""

    __tablename__ = "market_incidents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    symbol: Mapped[str]
    timeframe: Mapped[str]
    #: Market time of noticing, and open time of the candle concerned (UTC ms).
    at: Mapped[datetime]
    ts: Mapped[int]
    detail: Mapped[str]
