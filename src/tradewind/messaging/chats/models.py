"""Tables of users' chats."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class TelegramChatRow(TenantRow, Base):
    """Where a user wants to be written to. Nothing but the code goes there before he has proven that he reads it."""

    __tablename__ = "telegram_chats"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    #: None = he has named none since he let go of the last one; the row remembers when he asked for a code.
    chat: Mapped[str | None]
    #: Of the code that was sent; none once it was confirmed.
    code_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Codes that were tried.
    tries: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
