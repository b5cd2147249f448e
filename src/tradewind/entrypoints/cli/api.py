"""`tradewind api`: serves the HTTP API, the WebSocket and the dashboard."""

from __future__ import annotations

import logging
import sys

import click
import uvicorn

from tradewind.entrypoints.api import create_app
from tradewind.platform.broker import broker_url
from tradewind.platform.database import Urls
from tradewind.platform.logs import configure_logs
from tradewind.platform.secrets import WeakKeyError, signing_key
from tradewind.platform.settings import Settings, get_settings

#: Time for requests under way when the process is told to stop.
_GRACE_SECONDS = 2
#: Clients send pings and nothing else.
_LARGEST_MESSAGE = 4096


def _no_news(record: logging.LogRecord) -> bool:
    """uvicorn takes a WebSocket that was refused with an HTTP answer for a mistake of ours, and says so each time."""
    return "without completing handshake" not in record.getMessage()


def server_config(settings: Settings) -> uvicorn.Config:
    """How the API is served."""
    logging.getLogger("uvicorn.error").addFilter(_no_news)
    return uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=_LARGEST_MESSAGE,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        lifespan="on",
        # Whom to believe about the client's address is for us to say: see platform/web/addresses.
        proxy_headers=False,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        log_level="warning",
    )


@click.command("api")
def command() -> None:
    """Serve the HTTP API, the WebSocket and the dashboard."""
    configure_logs()
    settings = get_settings()
    try:
        Urls.app(settings)
        broker_url(settings)
        signing_key(settings)
    except (WeakKeyError, OSError) as error:
        print(f"tradewind api: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"serving at {settings.url}", flush=True)  # uvicorn ends by the signal, not by a return
    server = uvicorn.Server(server_config(settings))
    server.run()
    if not server.started:
        sys.exit(1)
