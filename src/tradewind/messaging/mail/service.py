"""The postman: delivers mails at least once, each with one Message-ID, and drops what they said afterwards.

A mail is taken for a while, handed to the server, then noted as sent; a crash in between makes it go out twice. What
fails for the moment is tried again at growing intervals for two days.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from tradewind.kit.clock import Clock
from tradewind.kit.sealing import BrokenSealError
from tradewind.messaging.mail import queries
from tradewind.messaging.mail.queries import Connection, Taken
from tradewind.messaging.mail.texts import composed
from tradewind.messaging.mail.transport import Line, MailRefusedError, MailServer, MailUnavailableError
from tradewind.platform.mail import Mails, MailTemplate
from tradewind.platform.metrics import MAILS

_log = structlog.get_logger()

#: Mails per connection to the server.
_BATCH = 20
#: Seconds that one postman has for the mails he took; longer than all of them can take.
_TAKEN_SECONDS = 600.0
_LONGEST_WAIT = 3600.0
#: With the waits between them about two days.
_MOST_ATTEMPTS = 55
#: What an address gets of the mails that strangers can cause.
_MOST_PER_HOUR = 5
_MOST_PER_DAY = 20


class Postman:
    """Delivers. One per process; of those of several processes one works at a time, so that a mail server which hangs
    holds one job and not all of them."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        mails: Mails,
        server: MailServer,
        clock: Clock,
        url: str,
    ) -> None:
        self._connect = connect
        self._mails = mails
        self._server = server
        self._clock = clock
        self._url = url

    async def deliver(self) -> int:
        """Deliver what is due; how many mails went out, none when another is at it."""
        sent = 0
        connection = await self._connect()
        try:
            if not await queries.try_lock(connection):
                return 0
            while taken := await queries.take(connection, _BATCH, _TAKEN_SECONDS):
                try:
                    async with self._server.line() as line:
                        sent += await self._hand_over(connection, line, taken)
                except MailUnavailableError as error:
                    # No fault of any of the mails: they all wait, and count no attempt.
                    await queries.give_back(connection, [mail.id for mail in taken], back_off(1), str(error))
                    _log.warning("mail_server_unavailable", error=str(error))
                    break
        finally:
            await connection.close(timeout=1)
        return sent

    async def _is_wanted(self, connection: Connection, mail: Taken) -> bool:
        if mail.expired:
            await self._finish(connection, mail, "expired")
            return False
        if MailTemplate(mail.template).is_anybodys:
            hour, day = await queries.recently_sent(connection, mail)
            if hour >= _MOST_PER_HOUR or day >= _MOST_PER_DAY:
                await self._finish(connection, mail, "suppressed", "the address got enough of these lately")
                return False
        return True

    async def _hand_over(self, connection: Connection, line: Line, mails: list[Taken]) -> int:
        sent = 0
        for mail in mails:
            # One after the other: what was sent a moment ago counts.
            if not await self._is_wanted(connection, mail):
                continue
            try:
                to, parameters = self._mails.opened(mail.id, mail.sealed)
                message = composed(
                    mail.id,
                    MailTemplate(mail.template),
                    to,
                    parameters,
                    locale=mail.locale,
                    sender=self._server.sender,
                    url=self._url,
                    at=self._clock.now(),
                )
                await line.send(message)
            except MailUnavailableError as error:
                await self._later(connection, mail, str(error))
            except (MailRefusedError, BrokenSealError, LookupError, ValueError) as error:
                await self._finish(connection, mail, "failed", f"{type(error).__name__}: {error}"[:200])
                _log.error("mail_failed", mail=str(mail.id), error=type(error).__name__)
            else:
                await self._finish(connection, mail, "sent")
                sent += 1
        return sent

    async def _later(self, connection: Connection, mail: Taken, error: str) -> None:
        if mail.attempts >= _MOST_ATTEMPTS:
            await self._finish(connection, mail, "failed", error)
            _log.error("mail_failed", mail=str(mail.id), error=error)
            return
        await queries.put_off(connection, mail.id, back_off(mail.attempts), error)
        _log.warning("mail_put_off", mail=str(mail.id), error=error)

    async def _finish(self, connection: Connection, mail: Taken, status: str, error: str | None = None) -> None:
        await queries.finish(connection, mail.id, status, error)
        MAILS.labels(status).inc()


def back_off(attempts: int) -> float:
    """Seconds until a mail is tried again after so many attempts in vain."""
    return min(5.0 * 2.0 ** min(attempts - 1, 12), _LONGEST_WAIT)
