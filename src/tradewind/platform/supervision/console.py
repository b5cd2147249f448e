"""Lines from many children on one output, without ever making the supervisor wait for whoever reads it."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from typing import Self

_CAPACITY = 10_000  # lines
_DRAIN_SECONDS = 0.5


class Console:
    """Writes lines to a file descriptor from a thread of its own.

    A paused terminal or a pipe that nobody reads must not stop children from being restarted or stopped, so
    lines beyond the queue's capacity are dropped and counted. A closed output is not an error either.
    """

    def __init__(self, descriptor: int = 1, *, quiet: bool = False) -> None:
        """`quiet` leaves out what children print; `say` is always written."""
        self._descriptor = descriptor
        self._quiet = quiet
        self._lines: queue.Queue[bytes | None] = queue.Queue(_CAPACITY)
        self._dropped = 0
        self._writer = threading.Thread(target=self._write, name="console", daemon=True)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write out what is queued; give up after half a second if nobody reads."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=_DRAIN_SECONDS)
            self._writer.join(_DRAIN_SECONDS)

    def say(self, text: str) -> None:
        """Write `text`, one or more lines, as the supervisor's own words."""
        self._put(text.encode() + b"\n")

    def forward(self, name: str, line: bytes) -> None:
        """Write one line (without its end) that the child `name` printed."""
        if not self._quiet:
            self._put(b"%-8s | %s\n" % (name.encode(), line))

    def _put(self, line: bytes) -> None:
        try:
            if self._dropped:
                self._lines.put_nowait(b"(%d lines dropped: the output was not read)\n" % self._dropped)
                self._dropped = 0
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            # Not sys.stdout: a thread blocked inside it would hold its lock when the interpreter shuts down.
            with suppress(OSError):
                while line:
                    line = line[os.write(self._descriptor, line) :]
