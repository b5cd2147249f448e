"""Who makes a request, and what a route requires of him."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from tradewind.kit.crypto import same
from tradewind.platform.settings import Settings
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import comes_from_here, served_over_https
from tradewind.platform.web.parts import parts_of

SESSION_COOKIE = "tradewind_session"
#: Tells a browser that somebody logged in with before; it opens nothing.
DEVICE_COOKIE = "tradewind_device"
CSRF_HEADER = "X-CSRF-Token"
#: Browsers take a cookie of such a name only over TLS, from this very host and for all of it: no sibling domain and no
#: plain-text answer can plant another session.
_HOST_PREFIX = "__Host-"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Scope(StrEnum):
    """What a session or key may do. A person's own session has those of his role."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    TRADING_READ = "trading:read"
    TRADING_WRITE = "trading:write"
    MARKET_READ = "market:read"


class Proof(StrEnum):
    """How a person proves to be himself, beyond holding a session."""

    PASSWORD = "password"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


#: How long a proof lets a session do what is dangerous.
FRESH_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a session's holder has proven to be himself within `FRESH_FOR`, and how he can."""

    fresh: bool
    accepted: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class AuthSubject:
    """Who makes the request, on whose behalf.

    Attributes:
        tenant_id: the organisation whose data he works with.
        role: his role in it.
        csrf_token: of a browser session; None for access tokens, which no browser sends by itself.
    """

    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    role: str
    scopes: frozenset[Scope]
    locale: str
    csrf_token: str | None = field(repr=False)


class Authenticator(Protocol):
    """Says who presents a credential; None = nobody. `accounts` implements it."""

    async def by_access_token(self, token: str) -> AuthSubject | None: ...

    async def by_session_cookie(self, secret: str) -> AuthSubject | None: ...

    async def by_ticket(self, ticket: str) -> AuthSubject | None:
        """Who was given this one-time ticket; it is used up by asking."""
        ...

    async def ended(self, session_ids: Collection[UUID]) -> set[UUID]:
        """Those of the sessions that have ended."""
        ...

    async def freshness(self, subject: AuthSubject) -> Freshness:
        """Whether the session is fresh now; never from memory."""
        ...


#: The key under which the process's authenticator is found; a Protocol cannot be one.
@dataclass(frozen=True, slots=True)
class Authentication:
    authenticator: Authenticator


def session_cookie(connection: HTTPConnection) -> str:
    """The name of the session's cookie on this installation."""
    return _cookie(connection, SESSION_COOKIE)


def device_cookie(connection: HTTPConnection) -> str:
    """The name of the browser's own cookie on this installation."""
    return _cookie(connection, DEVICE_COOKIE)


def _cookie(connection: HTTPConnection, name: str) -> str:
    return (_HOST_PREFIX if served_over_https(parts_of(connection)[Settings]) else "") + name


async def caller_of(connection: HTTPConnection) -> AuthSubject | None:
    """Whose credential comes with the request: an access token, else a session cookie; None = nobody's."""
    authenticator = parts_of(connection)[Authentication].authenticator
    header = connection.headers.get("authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        return await authenticator.by_access_token(token) if kind.lower() == "bearer" else None
    secret = connection.cookies.get(session_cookie(connection))
    return await authenticator.by_session_cookie(secret) if secret else None


async def authenticated(request: Request) -> AuthSubject:
    """Who makes the request; with a session cookie he needs its CSRF token to change things.

    Raises:
        Problem: nobody does, or another site had the browser make it.
    """
    subject = await caller_of(request)
    presented = "authorization" in request.headers
    if subject is None:
        raise not_authenticated(presented=presented)
    if not presented and request.method not in _SAFE:
        _refuse_forgery(request, subject)
    return subject


def not_authenticated(*, presented: bool) -> Exception:
    """The answer to a request without a valid credential."""
    challenge = 'Bearer error="invalid_token"' if presented else "Bearer"
    return problem(
        ErrorCode.NOT_AUTHENTICATED,
        "expected a valid access token (Authorization: Bearer …) or session cookie; log in again",
        headers={"WWW-Authenticate": challenge},
    )


def _refuse_forgery(connection: HTTPConnection, subject: AuthSubject) -> None:
    if not comes_from_here(connection):
        raise problem(ErrorCode.ORIGIN_NOT_ALLOWED, "expected a request from this site's own pages")
    given = connection.headers.get(CSRF_HEADER, "")
    if subject.csrf_token is None or not same(given, subject.csrf_token):
        raise problem(
            ErrorCode.CSRF_FAILED, f"expected the session's CSRF token in {CSRF_HEADER}; GET /api/v1/user/me tells it"
        )


async def demand_freshness(connection: HTTPConnection, subject: AuthSubject) -> None:
    """Refuse what is dangerous to whoever merely holds a session: it may be an unlocked laptop or a stolen token.

    Raises:
        Problem: the last proof is too old; the answer says which proofs are accepted.
    """
    freshness = await parts_of(connection)[Authentication].authenticator.freshness(subject)
    if not freshness.fresh:
        minutes, accepted = FRESH_FOR // timedelta(minutes=1), list(freshness.accepted)
        raise problem(
            ErrorCode.STEP_UP_REQUIRED,
            f"expected a proof of who you are from the last {minutes} minutes: give one of {', '.join(accepted)} "
            "to POST /api/v1/auth/step-up, then repeat the request",
            more={"accepted": accepted, "passkey_options": None},
        )


class Requirement:
    """A dependency: the caller is logged in and has these scopes, and has lately proven to be himself where `fresh`."""

    def __init__(self, *scopes: Scope, fresh: bool = False) -> None:
        self.scopes = frozenset(scopes)
        self.fresh = fresh

    async def __call__(self, request: Request, subject: Annotated[AuthSubject, Depends(authenticated)]) -> AuthSubject:
        missing = self.scopes - subject.scopes
        if missing:
            needed = ", ".join(sorted(missing))
            raise problem(ErrorCode.FORBIDDEN, f"expected {needed}, which the role {subject.role} does not have")
        if self.fresh:
            await demand_freshness(request, subject)
        return subject


def requires(*scopes: Scope, fresh: bool = False) -> Any:
    """The dependency that every route which is not public has: a logged-in caller with these scopes.

    Args:
        fresh: he has proven to be himself within `FRESH_FOR`. For what is dangerous in the hands of a thief.
    """
    return Depends(Requirement(*scopes, fresh=fresh))


#: Callers by what they need; a route takes one of these as a parameter.
AccountReader = Annotated[AuthSubject, requires(Scope.ACCOUNT_READ)]
AccountWriter = Annotated[AuthSubject, requires(Scope.ACCOUNT_WRITE)]
FreshAccountWriter = Annotated[AuthSubject, requires(Scope.ACCOUNT_WRITE, fresh=True)]
TradingReader = Annotated[AuthSubject, requires(Scope.TRADING_READ)]
TradingWriter = Annotated[AuthSubject, requires(Scope.TRADING_WRITE)]
