"""What every request passes through, as plain ASGI: request ids, metrics, the last resort, limits, security headers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.kit.ids import new_id
from tradewind.kit.problems import Problem
from tradewind.platform.metrics import API_REQUESTS, API_SECONDS
from tradewind.platform.web.answers import refuse
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.outages import is_outage, log_failure, outage_problem

REQUEST_ID_HEADER = b"x-request-id"
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")
#: Everything that we answer ourselves rather than routes.
_UNROUTED = "unrouted"


def header_of(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


class RequestContext:
    """Gives the request its id, counts and times it, and answers for a fault of ours without telling it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = header_of(scope, REQUEST_ID_HEADER)
        request_id = given if given is not None and _SANE_ID.fullmatch(given) else new_id().hex.encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID_HEADER, request_id)]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        began = time.perf_counter()
        # Whatever is logged on behalf of the request says so.
        with structlog.contextvars.bound_contextvars(request_id=request_id.decode()):
            try:
                await self._answer(scope, receive, send_with_id)
            except Exception as error:
                fault = _fault(error, scope["path"])
                if status:
                    raise  # the answer has begun; the server cuts the connection
                await refuse(scope, receive, send_with_id, fault)
            finally:
                if scope["type"] == "http":
                    endpoint = _endpoint_of(scope)
                    API_REQUESTS.labels(endpoint, scope["method"], str(status or 499)).inc()
                    API_SECONDS.labels(endpoint, scope["method"]).observe(time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if b"%00" in scope["query_string"] or "\0" in scope["path"]:
            refusal = problem(ErrorCode.INVALID_REQUEST, "expected an address without NUL characters")
            await refuse(scope, receive, send, refusal)
            return
        await self._app(scope, receive, send)


def _fault(error: Exception, path: str) -> Problem:
    """Logs what went wrong, and makes of it the answer, which tells nothing of it."""
    log_failure("request_failed", error, path=path)
    if is_outage(error):
        return outage_problem()
    return problem(ErrorCode.INTERNAL_ERROR, "something went wrong on our side; try again, then tell us the id")


def _endpoint_of(scope: Scope) -> str:
    """The route's path with its parameters by name, so that ids do not become labels."""
    route: Any = scope.get("route")
    path: str | None = getattr(route, "path_format", None) or getattr(route, "path", None)
    return path or _UNROUTED


class BodyLimit:
    """Refuses bodies that are too large before anything reads them."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = header_of(scope, b"content-length")
        if length is not None:
            # The server holds the sender to the length he told.
            if not length.isdigit() or int(length) > self._limit:
                await self._refuse(scope, receive, send)
                return
            await self._app(scope, receive, send)
            return
        if header_of(scope, b"transfer-encoding") is None:
            await self._app(scope, receive, send)
            return
        body = await self._read(receive)
        if body is None:
            await self._refuse(scope, receive, send)
            return
        pending = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return next(pending, None) or await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The whole body of a sender that did not tell its length; None when it is too large."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limit:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal: Problem = problem(ErrorCode.BODY_TOO_LARGE, f"expected a body of at most {self._limit} bytes")
        refusal.headers["Connection"] = "close"
        await refuse(scope, receive, send, refusal)


_CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        # Chart libraries put style elements into the page while they run.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class SecurityHeaders:
    """Outermost: says on every answer, whoever made it, what browsers may do with it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        headers: MutableMapping[str, str] = {
            "content-security-policy": _CSP,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "strict-origin-when-cross-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if https:
            headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        self._headers = tuple((name.encode(), value.encode()) for name, value in headers.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given: Iterable[tuple[bytes, bytes]] = message.get("headers", ())
                headers = [*given, *self._headers]
                # Pages and files say how long they may be kept; of everything else nobody keeps a copy.
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)
