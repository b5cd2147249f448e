"""What stands in for servers of others that are not set: Telegram and the mail server, on this machine, with pages."""

from __future__ import annotations

import secrets
import string
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from tradewind.platform.embedded import DataFolder
from tradewind.platform.supervision import ChildSpec, Command, Supervisor

_TELEGRAM_CHANNEL = "@tradewind_demo"


async def start_stand_ins(
    supervisor: Supervisor, folder: DataFolder, environment: dict[str, str]
) -> list[tuple[str, str]]:
    """Start them, and put the settings that lead to them into `environment`.

    Returns:
        Title and text of a line for each: where its page is.
    """
    pages: list[tuple[str, str]] = []
    if not environment.get("TRADEWIND_TELEGRAM_TOKEN") and _is_installed("telegram"):
        port = folder.port("telegram")
        environment |= _telegram_settings(port)
        arguments = ("--port", str(port), "--channel", _TELEGRAM_CHANNEL)
        await supervisor.start(_child("telegram", environment, *arguments))
        pages.append(("Telegram", f"http://localhost:{port} (local stand-in, channel {_TELEGRAM_CHANNEL})"))
    if not environment.get("TRADEWIND_SMTP_HOST") and _is_installed("mailbox"):
        port, smtp_port = folder.port("mailbox"), folder.port("smtp")
        environment |= _smtp_settings(smtp_port)
        await supervisor.start(_child("mailbox", environment, "--port", str(port), "--smtp-port", str(smtp_port)))
        pages.append(("Mailbox", f"http://localhost:{port} (local stand-in, shows every mail)"))
    return pages


def _child(name: str, environment: Mapping[str, str], *arguments: str) -> ChildSpec:
    return ChildSpec(name, Command((sys.executable, "-m", f"emulators.{name}", *arguments), environment))


def _is_installed(name: str) -> bool:
    """Whether there is such a stand-in; they are part of the checkout, not of the product."""
    try:
        return find_spec(f"emulators.{name}") is not None
    except ModuleNotFoundError:
        return False


def _telegram_settings(port: int) -> dict[str, str]:
    alphabet = string.ascii_letters + string.digits
    return {
        # In the form that Telegram gives its tokens: bot id, colon, 35 characters.
        "TRADEWIND_TELEGRAM_TOKEN": "1000000001:" + "".join(secrets.choice(alphabet) for _ in range(35)),
        "TRADEWIND_TELEGRAM_CHANNEL": _TELEGRAM_CHANNEL,
        "TRADEWIND_TELEGRAM_API_BASE": f"http://127.0.0.1:{port}",
        # The stand-in has no limit per chat.
        "TRADEWIND_TELEGRAM_PER_SECOND": "20",
        "TRADEWIND_TELEGRAM_PER_MINUTE": "600",
    }


def _smtp_settings(port: int) -> dict[str, str]:
    return {
        "TRADEWIND_SMTP_HOST": "127.0.0.1",
        "TRADEWIND_SMTP_PORT": str(port),
        "TRADEWIND_SMTP_SECURITY": "none",
    }
