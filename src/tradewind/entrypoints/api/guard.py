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
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/sessions"),
        ("GET", "/api/v1/record/heads"),
        ("GET", "/.well-known/security.txt"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    }
)


class UnguardedRouteError(Exception):
    """A route that neither requires a caller nor stands on the public list."""


def scopes_required(route: APIRoute) -> frozenset[Scope] | None:
    """What the route requires of its caller; None = nothing, anybody may use it."""
    found = [dependant.call.scopes for dependant in _all(route.dependant) if isinstance(dependant.call, Requirement)]
    return frozenset().union(*found) if found else None


def check_requirements(app: FastAPI) -> None:
    """Refuse to serve a route that somebody forgot to guard.

    Raises:
        UnguardedRouteError: which one.
    """
    for route in api_routes(app):
        for method in route.methods or ():
            listed = (method, route.path_format) in PUBLIC
            if listed is (scopes_required(route) is not None):
                state = "is on the public list and requires a caller" if listed else "requires nobody and is not public"
                raise UnguardedRouteError(f"{method} {route.path_format} {state}: decide which")


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the API, not the pages."""
    return (route for route in app.routes if isinstance(route, APIRoute))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)
