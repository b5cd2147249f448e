"""`/ws/user/{user_id}` as plain ASGI: who may connect, and what comes in. What goes out is the hub's business.

One coroutine per socket, waiting for what the client sends; there is no other state per connection than its `Outlet`.
"""

from __future__ import annotations

from urllib.parse import parse_qs

import orjson
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from tradewind.platform.realtime.hub import Hub
from tradewind.platform.realtime.outlets import CloseCode, Outlet
from tradewind.platform.web.answers import problem_answer
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import comes_from_here
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.subjects import SESSION_COOKIE, Authentication, AuthSubject

#: In place of a user id: one's own.
_OWN = "stats"
#: Before `accept` a close code cannot be sent; servers without answers to a handshake turn this into HTTP 403.
_REFUSED = 4403


class UserSocket:
    """The ASGI application of the sockets; the route gives `user_id` as a path parameter."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        connection = HTTPConnection(scope)
        query = parse_qs(connection.url.query)
        wanted: str = scope["path_params"]["user_id"]
        subject, refusal = await self._admit(connection, query, wanted)
        since = _number(query.get("since", [""])[0])
        if refusal is not None or subject is None:
            await _refuse(scope, receive, send, refusal or ErrorCode.NOT_AUTHENTICATED)
            return
        await send({"type": "websocket.accept"})
        await _serve(parts_of(connection)[Hub], subject, since, receive, send)

    async def _admit(
        self, connection: HTTPConnection, query: dict[str, list[str]], wanted: str
    ) -> tuple[AuthSubject | None, ErrorCode | None]:
        authenticator = parts_of(connection)[Authentication].authenticator
        subject: AuthSubject | None = None
        if ticket := query.get("ticket"):
            subject = await authenticator.by_ticket(ticket[0])
        elif header := connection.headers.get("authorization"):
            kind, _, token = header.partition(" ")
            subject = await authenticator.by_access_token(token) if kind.lower() == "bearer" else None
        elif secret := connection.cookies.get(SESSION_COOKIE):
            # A page of another site may open sockets with our cookie, and no CSRF token stands in its way.
            if not comes_from_here(connection, must_tell=True):
                return None, ErrorCode.ORIGIN_NOT_ALLOWED
            subject = await authenticator.by_session_cookie(secret)
        if subject is None:
            return None, ErrorCode.NOT_AUTHENTICATED
        if wanted not in (_OWN, str(subject.user_id)):
            return None, ErrorCode.FORBIDDEN
        return subject, None


async def _serve(hub: Hub, subject: AuthSubject, since: int | None, receive: Receive, send: Send) -> None:
    async def put(item: bytes | CloseCode) -> None:
        if isinstance(item, CloseCode):
            await send({"type": "websocket.close", "code": item.value})
        else:
            await send({"type": "websocket.send", "text": item.decode()})

    outlet = Outlet(subject.user_id, subject.tenant_id, subject.session_id, put)
    hub.attach(outlet, since)
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if _is_ping(message.get("text")):
                outlet.show("pong", b'{"type":"pong","seq":null,"at":null,"data":null}')
    finally:
        hub.detach(outlet)


def _is_ping(text: str | None) -> bool:
    """Whether the client asks for a sign of life; browsers cannot send WebSocket pings."""
    if not text:
        return False
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(said, dict) and said.get("type") == "ping"


async def _refuse(scope: Scope, receive: Receive, send: Send, code: ErrorCode) -> None:
    words = {
        ErrorCode.NOT_AUTHENTICATED: "expected a session cookie, or a ticket from POST /api/v1/auth/ws-ticket",
        ErrorCode.ORIGIN_NOT_ALLOWED: "expected a connection from this site's own pages, or one with a ticket",
        ErrorCode.FORBIDDEN: "everybody gets only his own frames: expected your own user id",
    }
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": _REFUSED})
        return
    await problem_answer(scope, problem(code, words[code]))(scope, receive, send)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
