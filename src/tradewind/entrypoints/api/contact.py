"""`security.txt` (RFC 9116): whom to tell of a weakness."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from starlette.requests import Request

from tradewind.kit.clock import WallClock
from tradewind.platform.settings import Settings
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.routing import operation_id

PATH = "/.well-known/security.txt"
#: The standard wants less than a year; whoever reads it later asks again.
_GOOD_FOR = timedelta(days=180)

router = APIRouter(tags=["Operations"], generate_unique_id_function=operation_id)


@router.get(PATH, response_class=PlainTextResponse)
async def get_security_contact(request: Request) -> Response:
    """Whom to tell of a weakness, if this installation says so."""
    parts = parts_of(request)
    settings = parts[Settings]
    if settings.security_contact is None:
        raise problem(ErrorCode.NOT_FOUND, "this installation names no contact for security")
    expires = (parts[WallClock].now() + _GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: {settings.security_contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, ru",
        f"Canonical: {settings.url.rstrip('/')}{PATH}",
    )
    return PlainTextResponse("\n".join(lines) + "\n")
