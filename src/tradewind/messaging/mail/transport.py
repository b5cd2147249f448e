"""The line to the mail server, and what its refusals mean."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from types import TracebackType
from typing import Self

import aiosmtplib

from tradewind.platform.settings import Settings, SmtpSecurity

_TIMEOUT = 15.0


class MailUnavailableError(Exception):
    """Not now: the server is away, busy, or does not let us in. Try again later."""


class MailRefusedError(Exception):
    """Never: the server will not have this mail."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go."""

    host: str
    port: int
    security: SmtpSecurity
    user: str | None
    password: str | None = field(repr=False)
    sender: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """The server of the settings; None when none is set."""
        if settings.smtp_host is None:
            return None
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.smtp_user,
            password,
            settings.mail_from,
        )

    def line(self) -> Line:
        """A connection, for use in an `async with`."""
        return Line(self)


class Line:
    """One connection to the server."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security is SmtpSecurity.TLS,
            start_tls=server.security is SmtpSecurity.STARTTLS,
            tls_context=ssl.create_default_context() if server.security is not SmtpSecurity.NONE else None,
            timeout=_TIMEOUT,
        )

    async def __aenter__(self) -> Self:
        """
        Raises:
            MailUnavailableError: no connection, no TLS where it is asked for, or no log-in.
        """
        try:
            await self._client.connect()
            if self._server.user is not None:
                await self._client.login(self._server.user, self._server.password or "")
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise MailUnavailableError(_told(error)) from error
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            await self._client.quit()
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()

    async def send(self, message: EmailMessage) -> None:
        """Hand one mail over.

        Raises:
            MailRefusedError: the server said 5xx.
            MailUnavailableError: anything else went wrong.
        """
        sender, recipient = parseaddr(self._server.sender)[1], parseaddr(message["To"])[1]
        try:
            await self._client.sendmail(sender, [recipient], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code if error.recipients else 0
            raise _refusal(code, error) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailableError(_told(error)) from error


def _refusal(code: int, error: Exception) -> MailRefusedError | MailUnavailableError:
    # 530 to 538 are about our own log-in, which somebody will mend.
    final = 500 <= code < 600 and not 530 <= code <= 538
    return (MailRefusedError if final else MailUnavailableError)(_told(error))


def _told(error: Exception) -> str:
    """What went wrong, without addresses: servers repeat them in their answers."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"
