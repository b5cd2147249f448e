"""What operators and supervisors ask: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Literal

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel
from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from tradewind.entrypoints.migrating import head_revision, revision_of
from tradewind.kit.clock import WallClock
from tradewind.kit.crypto import same
from tradewind.platform.database import Database, ReadPool
from tradewind.platform.metrics import exposition
from tradewind.platform.settings import Settings
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.parts import Parts, parts_of
from tradewind.platform.web.routing import operation_id
from tradewind.trading.engine.queries import last_sign_of_life

router = APIRouter(tags=["Operations"], generate_unique_id_function=operation_id)

_log = structlog.get_logger()

#: Without a commit for so long the engine is not working.
_ENGINE_SILENCE_SECONDS = 15.0
_PATIENCE_SECONDS = 3.0
_FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-real-ip", "via"})


class Health(BaseModel):
    status: Literal["ok"]


class Readiness(BaseModel):
    """`ready`, or which part is not, and why."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]


@router.get("/healthz")
async def get_health() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz")
async def get_readiness(request: Request, response: Response) -> Readiness:
    """Everything that the product is made of works: database, schema, broker, engine."""
    parts = parts_of(request)
    names: tuple[tuple[str, Callable[[Parts], Awaitable[str]]], ...] = (
        ("database", _database),
        ("broker", _broker),
        ("engine", _engine),
    )
    found = await asyncio.gather(*(_checked(name, check, parts) for name, check in names))
    checks = dict(zip((name for name, _ in names), found, strict=True))
    ready = all(state == "ok" for state in checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(status="ready" if ready else "not_ready", checks=checks)


@router.get("/metrics", response_class=PlainTextResponse)
async def get_metrics(request: Request) -> Response:
    """Metrics in the Prometheus text format: for this very machine, or for who has their token."""
    if not _may_measure(request):
        raise problem(ErrorCode.NOT_FOUND, f"nothing is at {request.url.path}")
    return Response(exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _may_measure(request: Request) -> bool:
    token = parts_of(request)[Settings].metrics_token
    if token is not None:
        return same(request.headers.get("authorization", ""), f"Bearer {token.get_secret_value()}")
    # Who comes through a proxy on this machine is not of this machine.
    forwarded = _FORWARDED & set(request.headers)
    return not forwarded and request.client is not None and ip_address(request.client.host).is_loopback


async def _checked(name: str, check: Callable[[Parts], Awaitable[str]], parts: Parts) -> str:
    checking = asyncio.ensure_future(check(parts))
    # Not a time-out around it: what is cancelled says good-bye to a server that may not answer that either.
    await asyncio.wait({checking}, timeout=_PATIENCE_SECONDS)
    if not checking.done():
        checking.cancel()
        checking.add_done_callback(_look_away)
        return "silent"
    if (error := checking.exception()) is not None:
        _log.warning("not_ready", part=name, error=str(error))
        return "unreachable"
    return checking.result()


def _look_away(checked: asyncio.Future[str]) -> None:
    """Nobody waits for it any more, and nobody is to be told that nobody does."""
    if not checked.cancelled():
        checked.exception()


async def _database(parts: Parts) -> str:
    async with parts[Database].reading() as session:
        current = await revision_of(session)
    head = head_revision()
    return "ok" if current == head else f"schema {current or 'empty'}, expected {head}: run tradewind migrate"


async def _broker(parts: Parts) -> str:
    await parts[Redis].ping()
    return "ok"


async def _engine(parts: Parts) -> str:
    async with parts[ReadPool].reading() as reader:
        at = await last_sign_of_life(reader)
    if at is None:
        return "has not begun"
    silence = (parts[WallClock].now() - at).total_seconds()
    return "ok" if silence <= _ENGINE_SILENCE_SECONDS else f"silent for {silence:.0f} s"
