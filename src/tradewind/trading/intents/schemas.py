"""HTTP shapes of intents."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from tradewind.core.risk import DenyReason
from tradewind.platform.web.schemas import Answer, Moment


class IntentItem(Answer):
    """The wish to execute a signal on an account, and what has become of it."""

    id: UUID
    status: Literal["accepted", "working", "open", "closed", "denied", "cancelled", "expired"]
    deny_reason: DenyReason | None
    words: str | None = Field(description="The denial in plain words, in the language of the request.")
    position_id: UUID | None
    signal_id: UUID
    account_id: UUID
    origin: Literal["auto", "manual"]
    created_at: Moment
