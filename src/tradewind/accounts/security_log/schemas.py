"""Shapes of the security log."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import Field

from tradewind.accounts.security_log.queries import SecurityEvent
from tradewind.accounts.security_log.words import WORDS
from tradewind.kit.language import Language
from tradewind.platform.web.schemas import Answer, Moment


class SecurityEventItem(Answer):
    id: UUID
    type: str = Field(description="One of the security_… events.")
    at: Moment
    words: dict[Language, str] = Field(description="What happened, by language.")
    ip_address: str | None = Field(description="Of who did it; null where it was erased.")
    user_agent: str | None = Field(description="The program that it was done with; null where it was erased.")

    @classmethod
    def of(cls, event: SecurityEvent) -> Self:
        return cls(
            id=event.id,
            type=event.type.value,
            at=event.at,
            words=dict(WORDS[event.type]),
            ip_address=event.ip_address,
            user_agent=event.user_agent,
        )
