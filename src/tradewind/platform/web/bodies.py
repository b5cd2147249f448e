"""JSON that would be costly to read is refused before anything parses it."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.platform.web.answers import refuse
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.middleware import header_of

#: Levels of objects and lists in one another. What we ask for has five.
MOST_LEVELS = 32
#: Members of all objects and lists together.
MOST_PARTS = 10_000

_TEXTS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


class JsonLimit:
    """Refuses JSON that is nested too deeply or has too many parts; stands behind `BodyLimit`, so bodies are small."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"json" not in (header_of(scope, b"content-type") or b"").lower():
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        while True:
            messages.append(await receive())
            if not messages[-1].get("more_body", False):
                break
        fault = excess(b"".join(message.get("body", b"") for message in messages))
        if fault is not None:
            await refuse(scope, receive, send, problem(ErrorCode.BODY_TOO_COMPLEX, fault))
            return
        pending = iter(messages)

        async def replay() -> Message:
            return next(pending, None) or await receive()

        await self._app(scope, replay, send)


def excess(body: bytes) -> str | None:
    """In what the JSON is too much; None when it is not. What is no JSON at all is for its parser to say."""
    # The counts of bytes are never too low, and nearly always low enough.
    if body.count(b"[") + body.count(b"{") <= MOST_LEVELS and body.count(b",") < MOST_PARTS:
        return None
    structure = _TEXTS.sub(b"", body)
    if structure.count(b",") >= MOST_PARTS:
        return f"expected JSON of at most {MOST_PARTS} members and items"
    level = 0
    for bracket in _BRACKETS.findall(structure):
        level += 1 if bracket in b"[{" else -1
        if level > MOST_LEVELS:
            return f"expected JSON of at most {MOST_LEVELS} levels"
    return None
