"""HTTP shapes of the decision ledger."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from tradewind.core.decisions import DecisionCode
from tradewind.platform.web.schemas import Answer, Moment


class DecisionItem(Answer):
    intent_id: UUID
    seq: int
    at: Moment
    code: DecisionCode
    data: dict[str, str] = Field(description="The numbers behind it.")
    words: str = Field(description="The decision in plain words, in the language of the request.")
