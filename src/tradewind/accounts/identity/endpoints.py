"""Routes of registration, address and password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from starlette.requests import Request
from starlette.responses import Response

from tradewind.accounts.identity.desk import (
    AddressTakenError,
    IdentityDesk,
    InvalidLinkError,
    SameAddressError,
    WrongPasswordError,
)
from tradewind.accounts.identity.registrar import Registrar
from tradewind.accounts.identity.schemas import (
    EmailChange,
    Forgotten,
    Link,
    PasswordChange,
    PasswordReset,
    Registered,
    Registration,
)
from tradewind.accounts.refusals import field_problem, language_of, refusals
from tradewind.kit.language import Language
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import origin_of
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import AccountWriter, FreshAccountWriter

router = api_router("/auth", "Authentication")

Desk = Annotated[IdentityDesk, part(IdentityDesk)]

_WRONG_PASSWORD = {
    Language.EN: "this is not your present password",
    Language.RU: "это не ваш текущий пароль",
}
_SAME_ADDRESS = {
    Language.EN: "this is your address already",
    Language.RU: "это и есть ваш адрес",
}


@router.post("/register", status_code=201)
async def register(
    wish: Registration, request: Request, registrar: Annotated[Registrar, part(Registrar)]
) -> Registered:
    """Make an account: it starts on the trial, with a paper trading account and the signals that are active now.

    A link that proves the address is mailed; logging in does not wait for it. The answer is the same when the address
    has an account already: that is told by mail, to its holder.
    """
    locale = wish.locale or language_of(request)
    async with refusals(request):
        wanted = await registrar.register(
            wish.email, wish.password.get_secret_value(), wish.full_name, locale.value, origin_of(request)
        )
    return Registered(email=wanted.email, full_name=wanted.full_name, locale=locale)


@router.post("/resend-verification", status_code=202, response_class=Response)
async def resend_verification(caller: AccountWriter, request: Request, desk: Desk) -> Response:
    """Mail the link that proves the caller's address again; nothing when it is proven."""
    async with refusals(request):
        await desk.send_verification(caller)
    return Response(status_code=202)


@router.post("/verify-email", status_code=204)
async def verify_email(wish: Link, request: Request, desk: Desk) -> None:
    """Prove an address by the link that was mailed to it."""
    async with refusals(request):
        with _links():
            await desk.verify_email(wish.token.get_secret_value(), origin_of(request))


@router.post("/forgot-password", status_code=202, response_class=Response)
async def forgot_password(wish: Forgotten, request: Request, desk: Desk) -> Response:
    """Mail a link with which a new password can be set, if there is such an account; the answer does not tell."""
    async with refusals(request):
        await desk.forgot_password(wish.email, origin_of(request))
    return Response(status_code=202)


@router.post("/reset-password", status_code=204)
async def reset_password(wish: PasswordReset, request: Request, desk: Desk) -> None:
    """Set a new password by the link that was mailed. All sessions end."""
    async with refusals(request):
        with _links():
            await desk.reset_password(
                wish.token.get_secret_value(), wish.password.get_secret_value(), origin_of(request)
            )


@router.post("/change-password", status_code=204)
async def change_password(wish: PasswordChange, caller: FreshAccountWriter, request: Request, desk: Desk) -> None:
    """Replace the caller's password. All his other sessions end."""
    async with refusals(request):
        with _fields(request):
            await desk.change_password(
                caller, wish.current_password.get_secret_value(), wish.password.get_secret_value(), origin_of(request)
            )


@router.post("/change-email", status_code=202, response_class=Response)
async def change_email(wish: EmailChange, caller: FreshAccountWriter, request: Request, desk: Desk) -> Response:
    """Ask for another address: it takes effect by the link mailed to it. The present one is told, and can stop it."""
    async with refusals(request):
        with _fields(request):
            await desk.ask_email_change(
                caller, wish.current_password.get_secret_value(), wish.email, origin_of(request)
            )
    return Response(status_code=202)


@router.post("/confirm-email-change", status_code=204)
async def confirm_email_change(wish: Link, request: Request, desk: Desk) -> None:
    """Take the new address, by the link that was mailed to it. All other sessions end."""
    async with refusals(request):
        with _links():
            await desk.confirm_email_change(wish.token.get_secret_value(), origin_of(request))


@router.post("/undo-email-change", status_code=204)
async def undo_email_change(wish: Link, request: Request, desk: Desk) -> None:
    """Stop or take back a change of address, by the link that was mailed to the old one. All sessions end."""
    async with refusals(request):
        with _links():
            await desk.undo_email_change(wish.token.get_secret_value(), origin_of(request))


@router.delete("/sessions", status_code=204)
async def end_other_sessions(caller: AccountWriter, request: Request, desk: Desk) -> None:
    """End all sessions of the caller's but the one that he asks with."""
    await desk.end_other_sessions(caller, origin_of(request))


@contextmanager
def _links() -> Iterator[None]:
    """Answer links that do not lead anywhere."""
    try:
        yield
    except InvalidLinkError as error:
        raise problem(
            ErrorCode.INVALID_LINK, "expected the token of a mailed link that was not used yet; ask for a new link"
        ) from error
    except AddressTakenError as error:
        raise problem(ErrorCode.EMAIL_TAKEN, "meanwhile another account has this address; choose another") from error


@contextmanager
def _fields(request: Request) -> Iterator[None]:
    """Answer what is wrong with the form."""
    try:
        yield
    except WrongPasswordError as error:
        raise field_problem("current_password", _WRONG_PASSWORD[language_of(request)]) from error
    except SameAddressError as error:
        raise field_problem("email", _SAME_ADDRESS[language_of(request)]) from error
