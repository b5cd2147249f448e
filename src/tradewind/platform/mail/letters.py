"""What can be written to people. `messaging.mail` has the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MailTemplate(StrEnum):
    """Every mail there is, with the parameters that it takes."""

    VERIFY_EMAIL = "verify_email"  # token
    ADDRESS_IN_USE = "address_in_use"
    RESET_PASSWORD = "reset_password"  # token
    CONFIRM_NEW_EMAIL = "confirm_new_email"  # token
    EMAIL_CHANGE_ASKED = "email_change_asked"  # token
    EMAIL_CHANGED = "email_changed"  # token
    SECURITY_NOTICE = "security_notice"  # event, at, ip_address, user_agent

    @property
    def is_anybodys(self) -> bool:
        """Whether a stranger can have it sent: these an address gets only a few of per hour."""
        return self in _ANYBODYS


_ANYBODYS = frozenset(
    {
        MailTemplate.VERIFY_EMAIL,
        MailTemplate.ADDRESS_IN_USE,
        MailTemplate.RESET_PASSWORD,
        MailTemplate.CONFIRM_NEW_EMAIL,
    }
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person.

    Attributes:
        parameters: what the template's words need; tokens of links are among them.
        expires_at: when its link is void and nobody needs it any more.
    """

    to: str = field(repr=False)
    template: MailTemplate
    locale: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None
