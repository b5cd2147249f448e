"""Every route says what it requires of its caller, or stands on this list."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tradewind.platform.web.subjects import Requirement, Scope

#: Routes that anybody may use.
PUBLIC = frozenset(
    {
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/verify-email"),
        ("POST", "/api/v1/auth/forgot-password"),
        ("POST", "/api/v1/auth/reset-password"),
        # Whoever has the link of a mail need not be logged in where he reads it.
        ("POST", "/api/v1/auth/confirm-email-change"),
        ("POST", "/api/v1/auth/undo-email-change"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/sessions"),
        ("POST", "/api/v1/auth/passkeys/challenge"),
        ("POST", "/api/v1/auth/passkeys/sessions"),
        ("GET", "/api/v1/record/heads"),
        ("GET", "/.well-known/security.txt"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    }
)
#: Routes that a thief of a session or token must not be able to use: they require a proof of the last minutes.
DANGEROUS = frozenset(
    {
        ("POST", "/api/v1/auth/enable-2fa"),
        ("POST", "/api/v1/auth/confirm-2fa"),
        ("POST", "/api/v1/auth/disable-2fa"),
        ("POST", "/api/v1/auth/recovery-codes"),
        ("POST", "/api/v1/auth/passkeys/registration"),
        ("POST", "/api/v1/auth/passkeys"),
        ("DELETE", "/api/v1/auth/passkeys/{passkey_id}"),
        ("POST", "/api/v1/auth/change-password"),
        ("POST", "/api/v1/auth/change-email"),
    }
)

#: Where whoever has no credential may try one, or have something done for him: counted more tightly.
_ENTRANCES = frozenset(path for method, path in PUBLIC if method == "POST" and path != "/api/v1/auth/refresh")


def is_entrance(method: str, path: str) -> bool:
    """Whether a request there is an attempt to get in."""
    return method == "POST" and path in _ENTRANCES


class UnguardedRouteError(Exception):
    """A route that neither requires a caller nor stands on the public list."""


def scopes_required(route: APIRoute) -> frozenset[Scope] | None:
    """What the route requires of its caller; None = nothing, anybody may use it."""
    found = [dependant.call.scopes for dependant in _all(route.dependant) if isinstance(dependant.call, Requirement)]
    return frozenset().union(*found) if found else None


def requires_freshness(route: APIRoute) -> bool:
    """Whether the route requires that its caller has lately proven to be himself."""
    return any(isinstance(each.call, Requirement) and each.call.fresh for each in _all(route.dependant))


def check_requirements(app: FastAPI) -> None:
    """Refuse to serve a route that somebody forgot to guard, or that is not as fresh as the list of dangers says.

    Raises:
        UnguardedRouteError: which one.
    """
    for route in api_routes(app):
        for method in route.methods or ():
            listed = (method, route.path_format) in PUBLIC
            if listed is (scopes_required(route) is not None):
                state = "is on the public list and requires a caller" if listed else "requires nobody and is not public"
                raise UnguardedRouteError(f"{method} {route.path_format} {state}: decide which")
            dangerous = (method, route.path_format) in DANGEROUS
            if dangerous is not requires_freshness(route):
                state = "is dangerous and requires no fresh proof" if dangerous else "requires a fresh proof, unlisted"
                raise UnguardedRouteError(f"{method} {route.path_format} {state}: decide which")


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the API, not the pages."""
    return (route for route in app.routes if isinstance(route, APIRoute))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)
