"""Starting one child process that dies with its parent, whatever kills the parent."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Account:
    """A system account to run a child as; only root can take another than its own."""

    uid: int
    gid: int
    name: str

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The account of that name, or None if this machine has none."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return cls(entry.pw_uid, entry.pw_gid, entry.pw_name)

    @classmethod
    def owning(cls, path: Path) -> Self:
        """The account that owns `path`."""
        status = path.stat()
        try:
            name = pwd.getpwuid(status.st_uid).pw_name
        except KeyError:
            name = f"uid {status.st_uid}"
        return cls(status.st_uid, status.st_gid, name)

    def can_reach(self, *paths: Path) -> bool:
        """Whether this account may enter (a folder) or execute (a file) each of `paths`.

        Asked of the kernel under that account, because permission bits do not tell of ACLs and mounts.

        Raises:
            OSError: this process may not act as that account.
        """
        answer = subprocess.run(
            ["/bin/sh", "-c", 'for path; do test -x "$path" || exit 1; done', "sh", *map(str, paths)],
            cwd="/",
            env={},
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return answer.returncode == 0


@dataclass(frozen=True, slots=True)
class Command:
    """What to execute: the program with its whole environment, and what becomes of it when the parent dies.

    Secrets go into `env` or `stdin`; everybody on the machine can read `argv`.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path | None = None
    account: Account | None = None
    stdin: bytes = field(default=b"", repr=False)
    death_signal: signal.Signals = signal.SIGKILL


def spawn(command: Command, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, with stdout and stderr going to `output`.

    The session keeps the terminal's Ctrl-C from the child; its process group id is its pid. The kernel sends
    the child `command.death_signal` when the calling THREAD ends, hence only the main thread may call this.

    Raises:
        RuntimeError: called from another thread than the main one.
        OSError: the program cannot be executed.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            f"expected the main thread, got {threading.current_thread().name}: a child dies with the thread "
            "that started it; start children from the main thread"
        )
    account = command.account
    stdin = _readable_by(account, command.stdin) if command.stdin else None
    try:
        return subprocess.Popen(
            command.argv,
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            # Runs after the account is dropped, and must: a change of credentials clears the death signal.
            preexec_fn=_death_signal(command.death_signal),  # noqa: PLW1509 - spawn() allows one thread only
        )
    finally:
        if stdin is not None:
            os.close(stdin)


def _death_signal(number: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def arm() -> None:
        if _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        # The parent may have died between fork and prctl; then no signal will ever come.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return arm


def _readable_by(account: Account | None, content: bytes) -> int:
    """A file descriptor on `content` in memory; owned by `account`, so that it may open /proc/self/fd/0 too."""
    descriptor = os.memfd_create("stdin", os.MFD_CLOEXEC)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    if account is not None:
        os.fchown(descriptor, account.uid, account.gid)
    return descriptor
