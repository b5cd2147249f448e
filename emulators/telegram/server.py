"""The HTTP side: the Bot API under `/bot<token>/`, the page under `/`, and JSON for tests under `/api/`."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from typing import Any

from aiohttp import BodyPartReader, web

from emulators.telegram.chats import Chat, Message, World
from emulators.telegram.errors import ApiError
from emulators.telegram.faults import FaultKind, Faults
from emulators.telegram.floods import Floods, Limits
from emulators.telegram.methods import Methods, Request

_LARGEST_BODY = 50 * 1024 * 1024  # bytes
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _only_local(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse other names for this machine, so that no web site can point its own at it and read along."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if host not in _LOCAL:
        raise web.HTTPForbidden(text="this server is for this machine only; use http://localhost")
    return await handler(request)


@web.middleware
async def _explained(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer calls of tests that make no sense with what is wrong."""
    try:
        return await handler(request)
    except ApiError as error:
        return _refused(error)
    except (KeyError, TypeError, ValueError) as error:
        raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}") from None


class Server:
    """One emulator: a world, one bot, and everything under one port."""

    def __init__(self, token: str, channels: tuple[str, ...], limits: Limits) -> None:
        self.world = World()
        for name in channels:
            self.world.open_channel(name)
        self._token = token
        self._faults = Faults()
        bot_id = token.split(":", 1)[0]
        self._methods = Methods(
            self.world, Floods(limits, time.monotonic), int(bot_id) if bot_id.isdigit() else 1_000_000_000
        )
        self._page = files("emulators.telegram").joinpath("page.html").read_text()

    def app(self) -> web.Application:
        """The application; closing it ends every waiting request."""
        app = web.Application(client_max_size=_LARGEST_BODY, middlewares=[_only_local, _explained])
        app.add_routes(
            [
                web.route("*", "/bot{token}/{method}", self._bot),
                web.get("/", self._show),
                web.get("/healthz", self._health),
                web.get("/photos/{file_id}", self._photo),
                web.get("/api/messages", self._messages),
                web.get("/api/changes", self._changes),
                web.post("/api/chats", self._open),
                web.post("/api/press", self._press),
                web.post("/api/faults", self._break),
                web.delete("/api/faults", self._mend),
            ]
        )

        async def close(_: web.Application) -> None:
            self._faults.clear()
            await self.world.close()

        app.on_shutdown.append(close)
        return app

    # -------------------------------------------------------------------------------------------------- the Bot API

    async def _bot(self, request: web.Request) -> web.StreamResponse:
        if not hmac.compare_digest(request.match_info["token"].encode(), self._token.encode()):
            return _refused(ApiError(401, "Unauthorized"))
        method = request.match_info["method"]
        try:
            call = await _read(request)
        except web.HTTPRequestEntityTooLarge:
            return _refused(ApiError(413, "Request Entity Too Large"))
        fault = self._faults.take(method, call.text("chat_id"))
        if fault is not None and fault.kind is FaultKind.REFUSE:
            return _refused(fault.error)
        if fault is not None and fault.kind is FaultKind.LOSE_REQUEST:
            return _hang_up(request)
        try:
            result = await self._methods.call(method, call)
        except ApiError as error:
            return _refused(error)
        if fault is not None and fault.kind is FaultKind.LOSE_ANSWER:
            return _hang_up(request)
        if fault is not None and fault.kind is FaultKind.HOLD_ANSWER:
            await self._faults.released()
        return web.json_response({"ok": True, "result": result})

    # ----------------------------------------------------------------------------------------------------- the page

    async def _show(self, _: web.Request) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return web.Response(text=self._page.replace("%nonce%", nonce), content_type="text/html", headers=headers)

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _photo(self, request: web.Request) -> web.Response:
        picture = self.world.picture(request.match_info["file_id"])
        if picture is None:
            raise web.HTTPNotFound(text="this picture is forgotten or never was")
        headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=picture.content, content_type=picture.mime, headers=headers)

    async def _messages(self, request: web.Request) -> web.Response:
        """`{version, chats, messages}`: the messages that changed after `since`, of one `chat` or of all.

        With `wait` it answers when something changed after `since`, or after so many seconds.
        """
        since = int(request.query.get("since", "0"))
        with suppress(TimeoutError):
            async with asyncio.timeout(float(request.query.get("wait", "0"))):
                await self.world.changed_since(since)
        wanted = request.query.get("chat")
        chats = [self.world.chat(wanted)] if wanted else list(self.world.chats.values())
        messages = [
            _item(chat, message)
            for chat in chats
            for message in chat.messages.values()
            if message.version > since and (since or not message.deleted)
        ]
        heads = [chat.head() for chat in self.world.chats.values()]
        return web.json_response({"version": self.world.version, "chats": heads, "messages": messages})

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the world's version whenever it rises."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        version = int(request.query.get("since", "0"))
        try:
            while (now := await self.world.changed_since(version)) is not None:
                version = now
                await response.write(b"data: %d\n\n" % version)
                await asyncio.sleep(0.05)  # so that a burst is one event
        except ConnectionError:
            pass
        return response

    async def _open(self, request: web.Request) -> web.Response:
        return web.json_response(self.world.open_channel((await request.json())["username"]).head())

    async def _press(self, request: web.Request) -> web.Response:
        wish = await request.json()
        chat = self.world.chat(wish["chat_id"])
        self._methods.press(chat, chat.message(int(wish["message_id"]), "no such message"), str(wish["data"]))
        await self.world.announce()
        return web.json_response({"ok": True})

    async def _break(self, request: web.Request) -> web.Response:
        self._faults.order(await request.json())
        return web.json_response({"ok": True})

    async def _mend(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response({"ok": True})


def _refused(error: ApiError) -> web.Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return web.json_response(error.body(), status=error.code, headers=headers)


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _read(request: web.Request) -> Request:
    """The fields and files of a call, in whichever of the four ways of the Bot API it came."""
    fields: dict[str, Any] = dict(request.query)
    uploads: dict[str, bytes] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except json.JSONDecodeError:
            body = {}
        fields |= body if isinstance(body, dict) else {}
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name:
                if part.filename is not None:
                    uploads[part.name] = bytes(await part.read())
                else:
                    fields[part.name] = await part.text()
    else:
        fields |= dict(await request.post())
    return Request(fields, uploads)


def _item(chat: Chat, message: Message) -> dict[str, Any]:
    """A message as the page and tests see it."""
    item: dict[str, Any] = {"chat_id": chat.id, "message_id": message.id, "version": message.version}
    if message.deleted:
        return item | {"deleted": True}
    reply = message.reply_to
    return item | {
        "date": message.date,
        "edited": message.edited,
        "text": message.body.text,
        "entities": message.body.entities,
        "photo": _shown(message),
        "reply_to": reply and {"message_id": reply.id, "text": reply.body.text[:200], "photo": _shown(reply)},
        "buttons": (message.markup or {}).get("inline_keyboard", []),
    }


def _shown(message: Message) -> dict[str, Any] | None:
    photo = message.picture
    if photo is None:
        return None
    return {"url": f"/photos/{photo.file_id}", "width": photo.width, "height": photo.height}
