"""HTTP shapes of executing a signal."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from tradewind.platform.web.schemas import Wish


class Execution(Wish):
    account_id: UUID | None = Field(default=None, description="On which trading account; the only one when not given.")
