"""Routes of log-in and sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import Request

from tradewind.accounts.factors.answers import factor_problem, given_by
from tradewind.accounts.factors.proving import Refused
from tradewind.accounts.refusals import refusals
from tradewind.accounts.sessions import service
from tradewind.accounts.sessions.authenticator import TICKET_LIFE
from tradewind.accounts.sessions.cookies import device_of, set_device_cookie, set_session_cookie
from tradewind.accounts.sessions.entrance import Entrance
from tradewind.accounts.sessions.schemas import (
    BrowserSession,
    Login,
    Refresh,
    SessionItem,
    Ticket,
    Tokens,
    user_item,
)
from tradewind.accounts.sessions.service import Opened, Person, RefreshRefusal, SessionKind
from tradewind.kit.crypto import new_secret
from tradewind.platform.web.answers import unsupported_type
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import comes_from_here, origin_of
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import AccountReader, AccountWriter
from tradewind.platform.web.units import Reading

router = api_router("/auth", "Authentication")

Door = Annotated[Entrance, part(Entrance)]

_LOGIN_FORM = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "grant_type": {"type": "string", "const": "password"},
        "username": {"type": "string", "format": "email"},
        "password": {"type": "string", "format": "password"},
        "totp_code": {"type": "string"},
    },
}
_LOGIN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Login"}},
            "application/x-www-form-urlencoded": {"schema": _LOGIN_FORM},
        },
    }
}


@router.post("/login", openapi_extra=_LOGIN_BODY)
async def login(request: Request, door: Door) -> Tokens:
    """Log in as an API client: an access token, and a refresh token to renew it with."""
    credentials = await _credentials(request)
    person, opened = await _log_in(door, credentials, SessionKind.API, request)
    return _tokens(door, person.user_id, person.tenant_id, opened.id, opened.secret)


@router.post("/refresh")
async def refresh(wish: Refresh, request: Request, door: Door) -> Tokens:
    """Renew the access token. The refresh token is replaced; using the old one again ends the session."""
    outcome = await door.renew(wish.refresh_token, origin_of(request))
    if outcome is RefreshRefusal.REUSED:
        raise problem(
            ErrorCode.TOKEN_REUSED, "this refresh token was used before, so the session has ended; log in again"
        )
    if isinstance(outcome, RefreshRefusal):
        raise problem(ErrorCode.INVALID_REFRESH_TOKEN, "expected the refresh token of a live session; log in again")
    renewed, token = outcome
    return _tokens(door, renewed.user_id, renewed.tenant_id, renewed.session_id, token)


@router.post("/sessions", status_code=201)
async def open_browser_session(wish: Login, request: Request, response: Response, door: Door) -> BrowserSession:
    """Log in as a browser: the session goes into a cookie that scripts cannot read."""
    if not comes_from_here(request):
        raise problem(ErrorCode.ORIGIN_NOT_ALLOWED, "expected a log-in from this site's own pages")
    device = new_secret()
    person, opened = await _log_in(door, wish, SessionKind.BROWSER, request, device)
    assert opened.csrf_token is not None
    set_session_cookie(request, response, opened.secret, door.life)
    set_device_cookie(request, response, device_of(request) or device)
    return BrowserSession(user=user_item(person), csrf_token=opened.csrf_token)


@router.post("/logout", status_code=204)
async def logout(caller: AccountWriter, request: Request, response: Response, door: Door) -> None:
    """End the session that this request was made with; its access token and refresh token end with it."""
    await door.end_session(caller, caller.session_id, origin_of(request))
    set_session_cookie(request, response, "", timedelta())


@router.get("/sessions")
async def list_sessions(caller: AccountReader, session: Reading, door: Door) -> PageOf[SessionItem]:
    """The caller's sessions that have not ended, the last used first."""
    rows = await service.live_sessions(session, caller.user_id, door.clock.now())
    return PageOf(items=[SessionItem.of(row, caller.session_id) for row in rows], next_cursor=None)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: UUID, caller: AccountWriter, request: Request, door: Door) -> None:
    """End one of the caller's sessions, here or on another device; its sockets close."""
    if not await door.end_session(caller, session_id, origin_of(request)):
        raise problem(ErrorCode.NOT_FOUND, "no live session of yours has this id")


@router.post("/ws-ticket", status_code=201)
async def make_ws_ticket(caller: AccountReader, door: Door) -> Ticket:
    """A one-time ticket that opens a WebSocket, for clients that cannot send a cookie or header with it."""
    ticket = await door.authenticator.make_ticket(caller)
    return Ticket(ticket=ticket, expires_in=int(TICKET_LIFE.total_seconds()))


async def _credentials(request: Request) -> Login:
    """E-mail address and password from JSON or from the OAuth2 password form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    given: Any
    if kind == "application/json":
        return _validated(await request.body())
    if kind == "application/x-www-form-urlencoded":
        form = await request.form()
        named = {"username": "email", "password": "password", "totp_code": "totp_code"}
        given = {named[name]: value for name, value in form.items() if name in named}
        try:
            return Login.model_validate(given)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error
    raise unsupported_type(kind, "application/json or application/x-www-form-urlencoded")


def _validated(body: bytes) -> Login:
    try:
        return Login.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


async def _log_in(
    door: Entrance, wish: Login, kind: SessionKind, request: Request, new_device: str | None = None
) -> tuple[Person, Opened]:
    async with refusals(request):
        entered = await door.log_in(
            wish.email,
            wish.password.get_secret_value(),
            given_by(wish.totp_code, wish.passkey),
            kind,
            origin_of(request),
            device=device_of(request),
            new_device=new_device,
        )
    if entered is None:
        raise problem(
            ErrorCode.INVALID_CREDENTIALS,
            "the e-mail address or the password is wrong",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if isinstance(entered, Refused):
        raise factor_problem(entered)
    return entered


def _tokens(door: Entrance, user_id: UUID, tenant_id: UUID, session_id: UUID, refresh_token: str) -> Tokens:
    return Tokens(
        access_token=door.access_token(user_id, tenant_id, session_id),
        token_type="bearer",
        expires_in=int(door.access.life.total_seconds()),
        refresh_token=refresh_token,
    )
