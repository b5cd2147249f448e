"""Table of the paper venue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class PaperBookRow(TenantRow, Base):
    """The paper venue's own book of one account and symbol: its claim, apart from what we believe."""

    __tablename__ = "paper_books"

    position_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    symbol: Mapped[str]
    book: Mapped[dict[str, Any]]
