"""`/ws/user/{user_id}` as plain ASGI: who may connect, and what comes in. What goes out is the hub's business.

One coroutine per socket, waiting for what the client sends; there is no other state per connection than its `Outlet`.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

import orjson
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from tradewind.platform.realtime.hub import Hub
from tradewind.platform.realtime.outlets import CloseCode, Outlet
from tradewind.platform.web.answers import refuse
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import comes_from_here
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.subjects import Authentication, AuthSubject, session_cookie

#: In place of a user id: one's own.
_OWN = "stats"
#: Open sockets of one user in one process: windows, devices and programs, but no flood.
MOST_SOCKETS = 100


class UserSocket:
    """The ASGI application of the sockets; the route gives `user_id` as a path parameter."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        connection = HTTPConnection(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        hub = parts_of(connection)[Hub]
        admitted = await _admit(connection, query, scope["path_params"]["user_id"])
        if isinstance(admitted, AuthSubject) and hub.sockets_of(admitted.user_id) >= MOST_SOCKETS:
            admitted = ErrorCode.TOO_MANY_SOCKETS
        if isinstance(admitted, ErrorCode):
            await refuse(scope, receive, send, problem(admitted, _REFUSALS[admitted]))
            return
        await send({"type": "websocket.accept"})
        await _serve(hub, admitted, _number(query.get("since", [""])[0]), receive, send)


async def _admit(connection: HTTPConnection, query: Mapping[str, list[str]], wanted: str) -> AuthSubject | ErrorCode:
    """Who connects, or why he may not.

    Args:
        wanted: whose frames, as the address says.
    """
    authenticator = parts_of(connection)[Authentication].authenticator
    subject: AuthSubject | None = None
    if ticket := query.get("ticket"):
        subject = await authenticator.by_ticket(ticket[0])
    elif header := connection.headers.get("authorization"):
        kind, _, token = header.partition(" ")
        subject = await authenticator.by_access_token(token) if kind.lower() == "bearer" else None
    elif secret := connection.cookies.get(session_cookie(connection)):
        # A page of another site may open sockets with our cookie, and no CSRF token stands in its way.
        if not comes_from_here(connection, must_tell=True):
            return ErrorCode.ORIGIN_NOT_ALLOWED
        subject = await authenticator.by_session_cookie(secret)
    if subject is None:
        return ErrorCode.NOT_AUTHENTICATED
    return subject if wanted in (_OWN, str(subject.user_id)) else ErrorCode.FORBIDDEN


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


_REFUSALS = {
    ErrorCode.NOT_AUTHENTICATED: "expected a session cookie, or a ticket from POST /api/v1/auth/ws-ticket",
    ErrorCode.ORIGIN_NOT_ALLOWED: "expected a connection from this site's own pages, or one with a ticket",
    ErrorCode.FORBIDDEN: "everybody gets only his own frames: expected your own user id",
    ErrorCode.TOO_MANY_SOCKETS: f"expected at most {MOST_SOCKETS} open WebSockets of one user; close another one first",
}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
