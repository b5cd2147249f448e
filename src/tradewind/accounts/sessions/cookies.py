"""The cookie of a browser's session."""

from __future__ import annotations

from fastapi import Response
from starlette.requests import Request

from tradewind.platform.settings import Settings
from tradewind.platform.web.origins import served_over_https
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.subjects import session_cookie


def set_session_cookie(request: Request, response: Response, secret: str, seconds: int) -> None:
    """Give the browser its session, out of reach of scripts; an empty one for no seconds takes it away."""
    response.set_cookie(
        session_cookie(request),
        secret,
        max_age=seconds,
        path="/",
        secure=served_over_https(parts_of(request)[Settings]),
        httponly=True,
        samesite="lax",
    )
