"""What the embedded servers have in common: a child on a port, that logs to a file and says when it is ready."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from tradewind.platform.embedded.errors import ServerFailedError, disk_full
from tradewind.platform.embedded.folder import DataFolder
from tradewind.platform.supervision import ChildSpec, Command, spawn

Report = Callable[[str], None]
"""Takes a line for the user about something out of the ordinary that takes time or needs attention."""

_POLL = 0.01  # seconds
_PORT_ATTEMPTS = 3
_LOG_LIMIT = 8 * 1024 * 1024  # bytes


def silent(_: str) -> None:
    """A `Report` for callers without a user."""


class EmbeddedServer(ABC):
    """One server. Start it from the main thread: it dies with the thread that started it."""

    name: str
    stop_signal: signal.Signals
    kill_signal: signal.Signals
    ready_within: float
    """Seconds without a sign of life after which a start has failed."""

    def __init__(self, folder: DataFolder, report: Report) -> None:
        self._report = report
        self._folder = folder
        self.log = folder.servers / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Start the server and wait until it serves.

        Raises:
            EmbeddedError: why it does not start.
        """
        if self.log.exists():
            self.log.replace(_previous(self.log))
        try:
            self._prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout: float = 5.0) -> None:
        """Stop the server and wait for its end, `timeout` seconds at most before it is killed."""
        process = self.process
        if process is None:
            return
        for number, patience in ((self.stop_signal, timeout), (self.kill_signal, 1.0), (signal.SIGKILL, None)):
            if process.poll() is not None:
                break
            process.send_signal(number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    def hand_over(self) -> tuple[ChildSpec, subprocess.Popen[bytes]]:
        """The running server for a supervisor to adopt; from now on that one restarts and stops it.

        Raises:
            RuntimeError: the server is not running.
        """
        process, self.process = self.process, None
        if process is None:
            raise RuntimeError(f"expected {self.name} to be running; start it first")
        spec = ChildSpec(
            self.name,
            self._command(),
            stage=0,  # stopped last: the others talk to it until their end
            stop_signal=self.stop_signal,
            stop_timeout=4.0,
            kill_signal=self.kill_signal,
            log=self.log,
            before_restart=self._prepare,
        )
        return spec, process

    @abstractmethod
    def _prepare(self) -> None:
        """Bring everything into the state in which the command can be executed."""

    @abstractmethod
    def _command(self) -> Command:
        """The command that serves on `self.port`."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the started process serves."""

    def _is_busy(self) -> bool:
        """Whether the process says that it is still starting up, and may take its time."""
        return False

    def _launch(self) -> None:
        """Execute the command and wait until the server serves."""
        words = ""
        for _ in range(_PORT_ATTEMPTS):
            self.port = self._folder.port(self.name)
            self.process = _spawn_logged(self._command(), self.log)
            if self._wait():
                return
            words = self.log.read_text(errors="replace").strip()
            if "no space left on device" in words.lower():
                raise disk_full(self._folder.path)
            if "address already in use" not in words.lower():
                break
        reason = words.splitlines()[-1] if words else "it said nothing"
        raise ServerFailedError(f"{self.name} did not start: {reason} (see {self.log})")

    def _wait(self) -> bool:
        """Wait until the server is ready; False if its process ended instead."""
        process = self.process
        if process is None:
            return False
        begun = time.monotonic()
        told = False
        while not self._is_ready():
            if process.poll() is not None:
                return False
            waited = time.monotonic() - begun
            if self._is_busy():
                if waited > 2.0 and not told:
                    self._report(f"{self.name} is recovering what a crash left behind; this may take a while")
                    told = True
            elif waited > self.ready_within:
                self.stop(timeout=1.0)
                raise ServerFailedError(f"{self.name} was not ready within {self.ready_within:g} s (see {self.log})")
            time.sleep(_POLL)
        return True


def _spawn_logged(command: Command, log: Path) -> subprocess.Popen[bytes]:
    """Start `command` with its output going to a fresh file that only its owner can read."""
    log.unlink(missing_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        return spawn(command, descriptor)
    finally:
        os.close(descriptor)


def trim_log(log: Path, limit: int = _LOG_LIMIT) -> None:
    """Move what a running server has logged aside once it is more than `limit` bytes.

    Content is copied and the file emptied, because the server goes on appending to the same file.
    """
    if log.exists() and log.stat().st_size > limit:
        shutil.copy(log, _previous(log))
        os.truncate(log, 0)


def _previous(log: Path) -> Path:
    return log.with_name(log.name + ".1")
