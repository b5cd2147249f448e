"""Routers of the versioned API."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import APIRoute

PREFIX = "/api/v1"


def api_router(path: str, tag: str) -> APIRouter:
    """The router of one module, below `/api/v1` and `path`.

    Args:
        tag: the heading under which the document lists its routes.
    """
    return APIRouter(prefix=PREFIX + path, tags=[tag], generate_unique_id_function=operation_id)


def operation_id(route: APIRoute) -> str:
    """What generated clients call the route: the name of its function, which is therefore unique among all."""
    return route.name
