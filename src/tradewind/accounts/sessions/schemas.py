"""HTTP shapes of registration, log-in and sessions."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import EmailStr, Field

from tradewind.accounts.identity.schemas import Password
from tradewind.accounts.passkeys.schemas import PasskeyProof
from tradewind.accounts.sessions.models import SessionRow
from tradewind.accounts.sessions.service import Person
from tradewind.accounts.users.schemas import UserItem
from tradewind.platform.web.schemas import Answer, Moment, Wish

#: Of an authenticator app, or a recovery code.
FactorCode = Annotated[str, Field(max_length=32, description="A one-time code or a recovery code.")]


def user_item(person: Person) -> UserItem:
    """The person as the API answers him."""
    return UserItem(
        id=person.user_id,
        email=person.email,
        full_name=person.full_name,
        locale=person.locale,
        email_verified=person.email_verified,
        created_at=person.created_at,
    )


class Login(Wish):
    """Credentials as JSON; API clients may send the OAuth2 password form instead."""

    email: EmailStr
    password: Password
    totp_code: FactorCode | None = None
    passkey: PasskeyProof | None = Field(
        default=None, description="The answer to `passkey_options` of a second_factor_required problem."
    )


class Tokens(Answer):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds that the access token lives.")
    refresh_token: str


class Refresh(Wish):
    refresh_token: Annotated[str, Field(min_length=1, max_length=512)]


class BrowserSession(Answer):
    """The session itself is in the cookie, which scripts cannot read."""

    user: UserItem
    csrf_token: str = Field(description="To be sent as X-CSRF-Token with every request that changes something.")


class SessionItem(Answer):
    id: UUID
    kind: Literal["browser", "api"]
    current: bool = Field(description="Whether this very request was made with it.")
    created_at: Moment
    last_seen_at: Moment
    expires_at: Moment
    ip_address: str | None
    user_agent: str | None

    @classmethod
    def of(cls, row: SessionRow, current: UUID) -> Self:
        return cls(
            id=row.id,
            kind="browser" if row.kind == "browser" else "api",
            current=row.id == current,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            ip_address=row.ip_address,
            user_agent=row.user_agent,
        )


class Ticket(Answer):
    ticket: str = Field(description="Opens one WebSocket: /ws/user/{user_id}?ticket=…")
    expires_in: int
