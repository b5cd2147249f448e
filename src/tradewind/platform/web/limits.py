"""Rate limits as plain ASGI: whom a request counts for, what the answer says of it, and what happens to one too many.

A caller counts for his organisation, by its plan; in the dashboard for himself, so that whoever is signed in can always
use the product, whatever his programs do. Everybody else counts for his network, and log-in and registration always do,
more tightly. Without the broker the latter are refused and the others let through, with an alarm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from redis.exceptions import RedisError
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.kit.problems import Problem
from tradewind.platform.limits import WINDOW_SECONDS, Limiter, Quota, Verdict
from tradewind.platform.metrics import RATE_LIMITED, RATE_LIMITS_OPEN
from tradewind.platform.settings import Settings
from tradewind.platform.web.addresses import network_of
from tradewind.platform.web.answers import refuse
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.subjects import AuthSubject, caller_of

#: Probes, metrics and the dashboard's files are not counted.
_COUNTED = ("/api/", "/ws/")


class Policy(StrEnum):
    """By which rule a request is counted. Clients read these names in `RateLimit`."""

    DEFAULT = "default"
    DASHBOARD = "dashboard"
    ANONYMOUS = "anonymous"
    ENTRANCE = "entrance"


class Rates(Protocol):
    """Says how many requests a minute a tenant's programs may make. `billing` implements it."""

    async def per_minute(self, tenant_id: UUID) -> int: ...


@dataclass(frozen=True, slots=True)
class PlanRate:
    """The key under which the process's rates are found; a Protocol cannot be one."""

    rates: Rates


class _Counted(NamedTuple):
    policy: Policy
    quota: Quota

    def headers(self, verdict: Verdict | None) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers-10 has them."""
        shape = f'"{self.policy}";q={self.quota.requests};w={WINDOW_SECONDS}'
        headers = [(b"ratelimit-policy", shape.encode())]
        if verdict is not None:
            headers.append((b"ratelimit", f'"{self.policy}";r={verdict.remaining};t={verdict.seconds}'.encode()))
        return headers


class RateLimits:
    """Counts requests before anything else is done for them.

    Args:
        is_entrance: whether whoever has no credential may try one there, by method and path.
    """

    def __init__(self, app: ASGIApp, settings: Settings, is_entrance: Callable[[str, str], bool]) -> None:
        self._app = app
        self._settings = settings
        self._is_entrance = is_entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not scope["path"].startswith(_COUNTED):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        counted = await self._counted(connection)
        verdict = await _verdict(connection, counted)
        headers = counted.headers(verdict)

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start", "websocket.accept"):
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if verdict is None or verdict.granted:
            await self._app(scope, receive, send_with_headers)
            return
        RATE_LIMITED.labels(counted.policy).inc()
        if scope["type"] == "websocket":
            await receive()  # websocket.connect
        await refuse(scope, receive, send_with_headers, _too_many(counted, verdict))

    async def _counted(self, connection: HTTPConnection) -> _Counted:
        """Whom the request counts for."""
        network = network_of(connection.client.host if connection.client else None)
        if self._is_entrance(connection.scope.get("method", ""), connection.scope["path"]):
            return _Counted(Policy.ENTRANCE, Quota(f"entrance {network}", self._settings.rate_entrance))
        caller = await caller_of(connection)
        if caller is None:
            return _Counted(Policy.ANONYMOUS, Quota(f"anonymous {network}", self._settings.rate_anonymous))
        if _in_browser(caller):
            return _Counted(Policy.DASHBOARD, Quota(f"dashboard {caller.user_id}", self._settings.rate_dashboard))
        rate = await parts_of(connection)[PlanRate].rates.per_minute(caller.tenant_id)
        return _Counted(Policy.DEFAULT, Quota(f"tenant {caller.tenant_id}", rate))


def _in_browser(caller: AuthSubject) -> bool:
    return caller.csrf_token is not None


async def _verdict(connection: HTTPConnection, counted: _Counted) -> Verdict | None:
    """Whether the request may be made; None = nobody can say, and it may.

    Raises:
        RedisError, OSError: nobody can say, and it may not.
    """
    try:
        return await parts_of(connection)[Limiter].charge(counted.quota)
    except (RedisError, OSError):
        if counted.policy is Policy.ENTRANCE:
            raise
        RATE_LIMITS_OPEN.inc()
        return None


def _too_many(counted: _Counted, verdict: Verdict) -> Problem:
    return problem(
        ErrorCode.RATE_LIMITED,
        f"expected at most {counted.quota.requests} requests in {WINDOW_SECONDS} s; try again in {verdict.seconds} s",
        headers={"Retry-After": str(verdict.seconds)},
    )
