"""Both sides: SMTP, which takes mails, and HTTP, which shows them under `/` and as JSON under `/api/`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from importlib.resources import files
from itertools import count

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

_KEPT = 500
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _only_local(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse other names for this machine, so that no web site can point its own at it and read along."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if host not in _LOCAL:
        raise web.HTTPForbidden(text="this server is for this machine only; use http://localhost")
    answer = await handler(request)
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came."""

    number: int
    message_id: str
    to: str
    sender: str
    subject: str
    date: str
    text: str
    html: str


class Mailbox:
    """Everybody's mails, the newest last."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=_KEPT)
        self._numbers = count(1)
        self._page = files("emulators.mailbox").joinpath("page.html").read_text()
        self._script = files("emulators.mailbox").joinpath("page.js").read_text()

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail; aiosmtpd calls it."""
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(
            Mail(
                next(self._numbers),
                str(message["Message-ID"] or ""),
                ", ".join(envelope.rcpt_tos),
                str(message["From"] or ""),
                str(message["Subject"] or ""),
                str(message["Date"] or ""),
                _part(message, "plain"),
                _part(message, "html"),
            )
        )
        return "250 OK"

    async def listen(self, port: int) -> asyncio.Server:
        """The SMTP side on the loopback interface."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: SMTP(self, hostname="localhost", loop=loop), "127.0.0.1", port)

    def app(self) -> web.Application:
        """The HTTP side."""
        app = web.Application(middlewares=[_only_local])
        app.add_routes(
            [
                web.get("/", self._show),
                web.get("/page.js", self._serve_script),
                web.get("/healthz", self._health),
                web.get("/api/mails", self._list),
                web.delete("/api/mails", self._empty),
            ]
        )
        return app

    async def _show(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html")

    async def _serve_script(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._script, content_type="text/javascript")

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _list(self, request: web.Request) -> web.Response:
        """The mails, the newest first; only those to one address with `?to=`."""
        to = request.query.get("to", "")
        chosen = [asdict(mail) for mail in reversed(self.mails) if to in mail.to]
        return web.json_response({"items": chosen}, headers={"Cache-Control": "no-store"})

    async def _empty(self, _request: web.Request) -> web.Response:
        self.mails.clear()
        return web.Response(status=204)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
