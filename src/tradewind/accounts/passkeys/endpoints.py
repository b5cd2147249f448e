"""Routes of passkeys: adding, naming, removing them, and logging in with nothing else."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Response
from starlette.requests import Request

from tradewind.accounts.factors.proving import SecondFactors
from tradewind.accounts.passkeys import service
from tradewind.accounts.passkeys.ceremonies import Ceremonies
from tradewind.accounts.passkeys.challenges import Purpose
from tradewind.accounts.passkeys.enrolment import TooManyPasskeysError, add, remove
from tradewind.accounts.passkeys.schemas import (
    NewPasskey,
    PasskeyAdded,
    PasskeyChange,
    PasskeyItem,
    PasskeyLogin,
    PasskeyOptions,
)
from tradewind.accounts.sessions.cookies import device_of, set_device_cookie, set_session_cookie
from tradewind.accounts.sessions.entrance import Entrance
from tradewind.accounts.sessions.schemas import BrowserSession, user_item
from tradewind.accounts.sessions.service import SessionKind, person_by_id
from tradewind.kit.crypto import new_secret
from tradewind.kit.problems import Problem
from tradewind.platform.database import enter_person
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import comes_from_here, origin_of
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import AccountReader, AccountWriter, FreshAccountWriter
from tradewind.platform.web.units import Reading, Writing

router = api_router("/auth/passkeys", "Passkeys")

Factors = Annotated[SecondFactors, part(SecondFactors)]
Door = Annotated[Entrance, part(Entrance)]


@router.get("")
async def list_passkeys(caller: AccountReader, session: Reading) -> PageOf[PasskeyItem]:
    """The caller's passkeys, the newest first."""
    await enter_person(session, caller.user_id)
    rows = await service.passkeys_of(session, caller.user_id)
    return PageOf(items=[PasskeyItem.of(row) for row in rows], next_cursor=None)


@router.post("/registration")
async def begin_passkey(caller: FreshAccountWriter, session: Reading, factors: Factors) -> PasskeyOptions:
    """What `navigator.credentials.create` needs to make a passkey for the caller."""
    ceremonies = _possible(factors)
    await enter_person(session, caller.user_id)
    person = await person_by_id(session, caller.user_id)
    assert person is not None  # or he would not have been authenticated
    existing = await service.passkeys_of(session, caller.user_id)
    options = ceremonies.registration_options(
        caller.user_id, caller.session_id, person.email, person.full_name, existing
    )
    return PasskeyOptions(options=options)


@router.post("", status_code=201)
async def add_passkey(wish: NewPasskey, caller: FreshAccountWriter, request: Request, factors: Factors) -> PasskeyAdded:
    """Keep the passkey that the browser has made. With the first second factor come recovery codes, told once."""
    _possible(factors)
    try:
        added = await add(factors, caller, wish.name, wish.credential.model_dump(), origin_of(request))
    except TooManyPasskeysError as error:
        raise problem(ErrorCode.PASSKEY_LIMIT_REACHED, f"{error}; remove one first") from error
    if added is None:
        raise problem(
            ErrorCode.INVALID_SECOND_FACTOR,
            "expected a new passkey made for this site with the challenge of POST /api/v1/auth/passkeys/registration",
        )
    passkey, codes = added
    return PasskeyAdded(passkey=PasskeyItem.of(passkey), recovery_codes=codes)


@router.patch("/{passkey_id}")
async def rename_passkey(passkey_id: UUID, wish: PasskeyChange, caller: AccountWriter, session: Writing) -> PasskeyItem:
    """Give a passkey another name."""
    await enter_person(session, caller.user_id)
    row = await service.rename_passkey(session, caller.user_id, passkey_id, wish.name)
    if row is None:
        raise _unknown()
    return PasskeyItem.of(row)


@router.delete("/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: UUID, caller: FreshAccountWriter, request: Request, factors: Factors) -> None:
    """Forget a passkey. Nobody shuts himself out with it: the password is always another way in."""
    if not await remove(factors, caller, passkey_id, origin_of(request)):
        raise _unknown()


@router.post("/challenge")
async def begin_passkey_login(factors: Factors) -> PasskeyOptions:
    """What `navigator.credentials.get` needs to log somebody in whom only his passkey names."""
    return PasskeyOptions(options=_possible(factors).assertion_options(Purpose.LOG_IN))


@router.post("/sessions", status_code=201)
async def log_in_with_passkey(wish: PasskeyLogin, request: Request, response: Response, door: Door) -> BrowserSession:
    """Log in as a browser with a passkey and nothing else."""
    if not comes_from_here(request):
        raise problem(ErrorCode.ORIGIN_NOT_ALLOWED, "expected a log-in from this site's own pages")
    device = new_secret()
    entered = await door.log_in_by_passkey(
        wish.credential.model_dump(),
        SessionKind.BROWSER,
        origin_of(request),
        device=device_of(request),
        new_device=device,
    )
    if entered is None:
        raise problem(
            ErrorCode.INVALID_SECOND_FACTOR,
            "the passkey is not known here, or its challenge is used or too old; begin again",
            headers={"WWW-Authenticate": "Bearer"},
        )
    person, opened = entered
    assert opened.csrf_token is not None
    set_session_cookie(request, response, opened.secret, door.life)
    set_device_cookie(request, response, device_of(request) or device)
    return BrowserSession(user=user_item(person), csrf_token=opened.csrf_token)


def _possible(factors: SecondFactors) -> Ceremonies:
    if factors.ceremonies is None:
        raise problem(
            ErrorCode.PASSKEYS_UNAVAILABLE,
            "browsers make passkeys for host names, not for addresses in numbers; set TRADEWIND_PUBLIC_URL to a name",
        )
    return factors.ceremonies


def _unknown() -> Problem:
    return problem(ErrorCode.NOT_FOUND, "no passkey of yours has this id")
