"""Mails as they wait in the database, a mail server that can fail, and a clock that is set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from tests.support.events import fetch
from tradewind.platform.database import Database
from tradewind.platform.mail import Mails
from tradewind.platform.secrets import signing_key
from tradewind.platform.settings import Settings


@dataclass
class HandClock:
    """Stands until it is moved."""

    at: datetime = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass(frozen=True)
class Waiting:
    """A mail that waits to be delivered."""

    template: str
    to: str
    parameters: dict[str, str]

    @property
    def token(self) -> str:
        return self.parameters["token"]


async def waiting_mails(database: Database, settings: Settings, to: str | None = None) -> list[Waiting]:
    """The mails that wait, the oldest first."""
    mails = Mails(signing_key(settings))
    rows = await fetch(database, "select * from mails where status = 'pending' order by created_at, id")
    opened = [Waiting(row["template"], *mails.opened(row["id"], row["sealed"])) for row in rows]
    return [mail for mail in opened if to is None or mail.to == to]


async def newest_token(database: Database, settings: Settings, template: str, to: str | None = None) -> str:
    """The token of the newest mail of that template."""
    return [mail.token for mail in await waiting_mails(database, settings, to) if mail.template == template][-1]


@dataclass
class FakeMailServer:
    """A real SMTP server on the loopback interface. `answers` are given to the next mails, then all are taken."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="t", loop=loop), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


@asynccontextmanager
async def mail_server() -> AsyncIterator[FakeMailServer]:
    server = FakeMailServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
