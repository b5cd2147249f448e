"""Keeps named children running and takes all of them down together."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tradewind.platform.supervision.console import Console
from tradewind.platform.supervision.process import Command, spawn

STOP_BUDGET = 5.0
"""Seconds in which `Supervisor.stop` takes everything down, whatever the children do."""

_FORCE_RESERVE = 1.0  # seconds of the budget kept for killing what did not stop
_LAST_WORDS = 20  # lines of output kept per child for its obituary
_LAST_OUTPUT = 0.2  # seconds to read what a child printed before it ended
_LONGEST_LINE = 64 * 1024  # bytes; longer lines are forwarded in pieces
_PROBE_INTERVAL = 0.05  # seconds


class ChildError(Exception):
    """A child that had to succeed did not. The message is one line; `output` holds its last lines."""

    def __init__(self, message: str, output: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.output = output


@dataclass(frozen=True, slots=True)
class Restarts:
    """When a child that died is started again: exponential back-off, forgotten after a while of health."""

    first: float = 0.5  # seconds
    longest: float = 30.0  # seconds
    healthy_after: float = 60.0  # seconds

    def delay(self, previous: float | None, uptime: float) -> float:
        """Seconds to wait, given the wait before the life that just ended after `uptime` seconds."""
        if previous is None or uptime >= self.healthy_after:
            return self.first
        return min(previous * 2, self.longest)


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A child to supervise. Children of a higher `stage` are stopped before those of a lower one."""

    name: str
    command: Command
    stage: int = 1
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 3.0  # seconds until `kill_signal`
    kill_signal: signal.Signals = signal.SIGKILL
    log: Path | None = None
    """File that the child's output is appended to; None forwards it to the console."""
    before_restart: Callable[[], None] | None = None
    """Clears away what the child's death left behind; nothing else happens meanwhile. What it raises counts as a
    failed start."""


@dataclass(slots=True)
class _Child:
    spec: ChildSpec
    process: subprocess.Popen[bytes]
    started: float
    exits: int = 0
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_WORDS))
    reader: asyncio.Task[None] | None = None
    keeper: asyncio.Task[None] | None = None


class Supervisor:
    """Starts children, restarts those that die, and stops all when its block is left or a signal arrives.

    SIGINT, SIGTERM and SIGHUP end the block early and quietly; a second one kills without waiting. Must run in
    the main thread (see `spawn`).

        async with Supervisor(console) as supervisor:
            await supervisor.run(migrate)
            await supervisor.start(api, ready=answers)
            await supervisor.forever()
    """

    def __init__(self, console: Console, restarts: Restarts | None = None) -> None:
        self._console = console
        self._restarts = restarts or Restarts()
        self._children: dict[str, _Child] = {}
        self._body: asyncio.Task[object] | None = None
        self._signals = stop_signals()
        self._signalled = False
        self._stopping = False
        self._hurry = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._body = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.add_signal_handler(number, self._on_signal)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        await self.stop()
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.remove_signal_handler(number)
        if self._signalled and kind is asyncio.CancelledError and self._body is not None:
            self._body.uncancel()
            return True
        return False

    async def run(self, spec: ChildSpec) -> None:
        """Run a child to its end.

        Raises:
            ChildError: it could not be started or its exit code is not 0.
        """
        child = self._launch(spec)
        await _ended(child.process)
        code = await self._bury(child)
        del self._children[spec.name]
        if code != 0:
            raise ChildError(f"{spec.name} {_describe(code)}", tuple(child.last_words))

    async def start(
        self, spec: ChildSpec, ready: Callable[[], Awaitable[bool]] | None = None, within: float = 30.0
    ) -> None:
        """Start a child, wait until `ready` says so, and keep it running from then on.

        Raises:
            ChildError: it could not be started, ended before it was ready, or took longer than `within` seconds.
        """
        child = self._launch(spec)
        if ready is not None:
            deadline = time.monotonic() + within
            while not await ready():
                if _has_ended(child.process):
                    code = await self._bury(child)
                    del self._children[spec.name]
                    raise ChildError(f"{spec.name} {_describe(code)} before it was ready", tuple(child.last_words))
                if time.monotonic() > deadline:
                    raise ChildError(f"{spec.name} was not ready within {within:g} s", tuple(child.last_words))
                await asyncio.sleep(_PROBE_INTERVAL)
        child.keeper = asyncio.create_task(self._keep(child))

    def adopt(self, spec: ChildSpec, process: subprocess.Popen[bytes]) -> None:
        """Keep a child running that `spawn` has already started from `spec.command`."""
        child = _Child(spec, process, time.monotonic())
        self._children[spec.name] = child
        child.keeper = asyncio.create_task(self._keep(child))

    def exits(self) -> dict[str, int]:
        """How often each child that is kept running has ended so far, by name."""
        return {name: child.exits for name, child in self._children.items()}

    def pids(self) -> dict[str, int]:
        """The process id of each child that is alive, by name."""
        return {name: c.process.pid for name, c in self._children.items() if not _has_ended(c.process)}

    def last_words(self, name: str) -> tuple[str, ...]:
        """The last lines that the child `name` printed; none if its output goes to a file."""
        return tuple(self._children[name].last_words)

    async def forever(self) -> None:
        """Keep the children running until a signal ends the supervisor's block."""
        await asyncio.gather(*(c.keeper for c in self._children.values() if c.keeper is not None))

    async def stop(self) -> None:
        """Stop all children, highest stage first, within `STOP_BUDGET` seconds; nothing of them is left."""
        self._stopping = True
        deadline = time.monotonic() + STOP_BUDGET - _FORCE_RESERVE
        children = list(self._children.values())
        keepers = [child.keeper for child in children if child.keeper is not None]
        for keeper in keepers:
            keeper.cancel()
        if keepers:
            await asyncio.wait(keepers)
        for stage in sorted({child.spec.stage for child in children}, reverse=True):
            await asyncio.gather(*(self._stop(c, deadline) for c in children if c.spec.stage == stage))
        self._children.clear()

    def _on_signal(self) -> None:
        if self._stopping or self._signalled:
            self._hurry.set()
            return
        self._signalled = True
        if self._body is not None:
            self._body.cancel()

    def _launch(self, spec: ChildSpec) -> _Child:
        if spec.name in self._children:
            raise ValueError(f"expected a new name, got {spec.name!r}, which is running; give each child its own")
        try:
            process = self._spawn(spec)
        except OSError as error:
            raise ChildError(f"{spec.name} could not be started: {error}") from error
        child = _Child(spec, process, time.monotonic())
        self._children[spec.name] = child
        self._forward(child)
        return child

    @staticmethod
    def _spawn(spec: ChildSpec) -> subprocess.Popen[bytes]:
        with ExitStack() as stack:
            log = None if spec.log is None else stack.enter_context(spec.log.open("ab"))
            return spawn(spec.command, subprocess.PIPE if log is None else log)

    def _forward(self, child: _Child) -> None:
        if child.process.stdout is not None:
            child.reader = asyncio.create_task(self._read(child, child.process.stdout.fileno()))

    async def _read(self, child: _Child, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)
        pending = b""
        readable = asyncio.Event()
        loop.add_reader(descriptor, readable.set)
        try:
            while True:
                await readable.wait()
                readable.clear()
                try:
                    chunk = os.read(descriptor, _LONGEST_LINE)
                except BlockingIOError:
                    continue
                *lines, pending = (pending + chunk).split(b"\n")
                if pending and (not chunk or len(pending) >= _LONGEST_LINE):
                    lines.append(pending)
                    pending = b""
                for line in lines:
                    text = line.rstrip(b"\r")
                    child.last_words.append(text.decode(errors="replace"))
                    self._console.forward(child.spec.name, text)
                if not chunk:
                    return
        finally:
            loop.remove_reader(descriptor)

    async def _keep(self, child: _Child) -> None:
        """Start the child again whenever it ends."""
        delay: float | None = None
        while True:
            await _ended(child.process)
            child.exits += 1
            code = await self._bury(child)
            delay = self._restarts.delay(delay, time.monotonic() - child.started)
            where = "" if child.spec.log is None else f" (see {child.spec.log})"
            self._console.say(f"{child.spec.name} {_describe(code)}{where}; starting it again in {delay:g} s")
            while True:
                await asyncio.sleep(delay)
                try:
                    if child.spec.before_restart is not None:
                        child.spec.before_restart()
                    child.process = self._spawn(child.spec)
                except Exception as error:
                    delay = self._restarts.delay(delay, 0.0)
                    self._console.say(f"{child.spec.name} could not be started: {error}; again in {delay:g} s")
                else:
                    break
            child.started = time.monotonic()
            self._forward(child)

    async def _stop(self, child: _Child, deadline: float) -> None:
        process, spec = child.process, child.spec
        if not _has_ended(process):
            os.kill(process.pid, spec.stop_signal)
            patience = min(spec.stop_timeout, max(0.0, deadline - time.monotonic()))
            if not await self._ends_within(patience, process) and spec.kill_signal is not signal.SIGKILL:
                os.kill(process.pid, spec.kill_signal)
                await self._ends_within(_FORCE_RESERVE / 2, process)
        await self._bury(child)

    async def _ends_within(self, patience: float, process: subprocess.Popen[bytes]) -> bool:
        """Whether the process ends within `patience` seconds, or before a second signal asks to hurry."""
        waiters = [asyncio.create_task(_ended(process)), asyncio.create_task(self._hurry.wait())]
        await asyncio.wait(waiters, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        for waiter in waiters:
            waiter.cancel()
        await asyncio.wait(waiters)
        return _has_ended(process)

    @staticmethod
    async def _bury(child: _Child) -> int:
        """Kill what is left of the child and its process group; return its exit code."""
        process = child.process
        if process.returncode is None:
            # Before the child is reaped, while the kernel cannot have given the group's id to anybody else.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await _ended(process)
        code = process.wait()
        if child.reader is not None:
            # A descendant that left the group may hold the pipe open; its words are not worth waiting for.
            await asyncio.wait({child.reader}, timeout=_LAST_OUTPUT)
            child.reader.cancel()
            await asyncio.wait({child.reader})
            child.reader = None
        if process.stdout is not None:
            process.stdout.close()
        return code


def stop_signals() -> list[signal.Signals]:
    """The signals that mean "stop"; SIGHUP does not where nohup asked to survive the terminal.

    An ignored SIGINT says nothing: that is how shells start their background jobs.
    """
    hang_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hang_up]


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has ended; it is not reaped, so that its process id stays its own."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has ended, without reaping it.

    Watches a pidfd and not the output pipe, which a grandchild may hold open long after.
    """
    if _has_ended(process):
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    descriptor = os.pidfd_open(process.pid)
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _describe(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
