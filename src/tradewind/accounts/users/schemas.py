"""HTTP shapes of people."""

from __future__ import annotations

from uuid import UUID

from tradewind.platform.web.schemas import Answer, Moment


class UserItem(Answer):
    id: UUID
    email: str
    full_name: str | None
    locale: str
    email_verified: bool
    created_at: Moment
