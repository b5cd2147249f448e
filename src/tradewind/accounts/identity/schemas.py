"""HTTP shapes of registration, addresses and passwords."""

from __future__ import annotations

from typing import Annotated

from pydantic import EmailStr, Field, SecretStr, StringConstraints

from tradewind.accounts.password_rules import LONGEST, SHORTEST
from tradewind.kit.language import Language
from tradewind.platform.web.schemas import Answer, Wish

#: Long passwords are the good ones; a limit keeps hashing them from being a burden.
NewPassword = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]
#: Only bounded: the rules may have been others when it was set.
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
#: Of a link that was mailed.
LinkToken = Annotated[SecretStr, Field(min_length=16, max_length=128)]


class Registration(Wish):
    email: EmailStr
    password: NewPassword
    full_name: Name | None = None
    locale: Language | None = Field(default=None, description="As Accept-Language says when not given.")


class Registered(Answer):
    """What was asked for, as it was understood; whether the address had an account already only its holder learns."""

    email: str
    full_name: str | None
    locale: Language


class Link(Wish):
    """The token of a link that was mailed."""

    token: LinkToken


class Forgotten(Wish):
    email: EmailStr


class PasswordReset(Link):
    password: NewPassword


class PasswordChange(Wish):
    current_password: Password
    password: NewPassword


class EmailChange(Wish):
    email: EmailStr
    current_password: Password
