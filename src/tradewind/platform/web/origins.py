"""Where a request comes from: which site's page had the browser make it, and which machine sent it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from tradewind.platform.settings import Settings
from tradewind.platform.spine import RequestOrigin
from tradewind.platform.web.parts import parts_of

_LONGEST_AGENT = 300


def comes_from_here(connection: HTTPConnection, *, must_tell: bool = False) -> bool:
    """Whether the request was made by a page of this site.

    Args:
        must_tell: a request that does not say where it comes from is foreign. Browsers always say so for WebSockets.
    """
    if connection.headers.get("sec-fetch-site") == "cross-site":
        return False
    origin = connection.headers.get("origin")
    if origin is None:
        return not must_tell
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(host) and host in (
        connection.headers.get("host"),
        urlsplit(parts_of(connection)[Settings].url).netloc,
    )


def served_over_https(settings: Settings) -> bool:
    """Whether browsers reach this installation over TLS only."""
    return settings.url.startswith("https://")


def origin_of(connection: HTTPConnection) -> RequestOrigin:
    """The caller's address and program, for the audit log."""
    agent = connection.headers.get("user-agent")
    return RequestOrigin(
        ip_address=connection.client.host if connection.client else None,
        user_agent=agent[:_LONGEST_AGENT] if agent else None,
    )
