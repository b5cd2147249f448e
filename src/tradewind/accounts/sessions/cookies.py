"""The cookies of a browser: its session, and the secret by which it is known once somebody has logged in with it."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Response
from starlette.requests import Request

from tradewind.platform.settings import Settings
from tradewind.platform.web.origins import served_over_https
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.subjects import device_cookie, session_cookie

#: As long as browsers keep a cookie.
_DEVICE_LIFE = timedelta(days=400)
_LONGEST_DEVICE = 128


def set_session_cookie(request: Request, response: Response, secret: str, life: timedelta) -> None:
    """Give the browser its session, out of reach of scripts; an empty one for no time takes it away."""
    _set(request, response, session_cookie(request), secret, life)


def set_device_cookie(request: Request, response: Response, device: str) -> None:
    """Give the browser the secret by which it is known from now on."""
    _set(request, response, device_cookie(request), device, _DEVICE_LIFE)


def device_of(request: Request) -> str | None:
    """The secret by which a browser is known that somebody logged in with before."""
    return request.cookies.get(device_cookie(request), "")[:_LONGEST_DEVICE] or None


def _set(request: Request, response: Response, name: str, secret: str, life: timedelta) -> None:
    response.set_cookie(
        name,
        secret,
        max_age=int(life.total_seconds()),
        path="/",
        secure=served_over_https(parts_of(request)[Settings]),
        httponly=True,
        samesite="lax",
    )
