"""The folder in which an installation keeps everything, and the right of one process to use it.

VERSION              format of the folder and major version of its PostgreSQL
lock                 process id of the `tradewind` that uses the folder; stale when not locked
servers/             of the embedded servers: passwords.json (0600), ports.json, logs, the cluster
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from tradewind.platform.embedded.errors import (
    DiskFullError,
    EmbeddedError,
    LockedError,
    NewerDataError,
    explained,
)
from tradewind.platform.embedded.ports import free_port

DATA_FORMAT = 1
"""Number of the folder's layout; raised when an older Tradewind could no longer read it."""

POSTGRES_MAJOR = 18
"""Major version of the embedded PostgreSQL; another one cannot open the cluster's files."""

NEEDED_SPACE = 200 * 1024 * 1024
"""Bytes that must be free at start: a fresh cluster with its write-ahead log, and room to recover after a crash."""

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Passwords:
    """Generated passwords of the embedded servers."""

    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)
    system: str = field(repr=False)
    valkey: str = field(repr=False)


class DataFolder:
    """Everything about the folder that is the same whichever servers use it.

    Reading its state changes nothing on disk; only `claimed` creates and writes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.servers = self.path / "servers"

    @property
    def version_file(self) -> Path:
        return self.path / "VERSION"

    @property
    def passwords_file(self) -> Path:
        return self.servers / "passwords.json"

    @property
    def _lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def _ports_file(self) -> Path:
        return self.servers / "ports.json"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Use the folder, alone, while the block runs; make it first if there is none.

        Raises:
            NewerDataError: another version wrote it; nothing has been touched.
            NotWritableError: this user cannot write it.
            LockedError: another process uses it; the message names its process id.
            DiskFullError: fewer than `NEEDED_SPACE` bytes are free.
        """
        self.check_version()
        with ExitStack() as stack:
            with explained(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context(self._lock_file.open("a+", encoding="utf-8"))
                self._take(lock)
                check_space(self.path)
                write_file(self.version_file, _version_text(), mode=0o644)
                self._make_servers_folder()
            yield

    def check_version(self) -> None:
        """Refuse a folder that this version of Tradewind cannot read.

        Raises:
            NewerDataError: the folder's format is newer, or its cluster is of another PostgreSQL.
        """
        try:
            text = self.version_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except OSError:
            return  # unreadable: claiming the folder will say why
        except UnicodeDecodeError:
            text = "(not text)"
        try:
            values = {key: int(value) for key, value in (line.split() for line in text.splitlines())}
            data_format, postgres = values["format"], values["postgresql"]
        except (ValueError, KeyError):
            raise NewerDataError(
                f"{self.version_file} is not understood: expected 'format N' and 'postgresql N', got {text[:60]!r}; "
                "it is from another version of Tradewind, give another folder with --data"
            ) from None
        if data_format > DATA_FORMAT:
            raise NewerDataError(
                f"data folder {self.path} was written by a newer Tradewind (format {data_format}, this one reads "
                f"up to {DATA_FORMAT}); run that version or give another folder with --data"
            )
        if postgres != POSTGRES_MAJOR:
            raise NewerDataError(
                f"data folder {self.path} holds a PostgreSQL {postgres} cluster, this Tradewind has PostgreSQL "
                f"{POSTGRES_MAJOR}; run the version that wrote it or give another folder with --data"
            )

    def owner_pid(self) -> int | None:
        """The process id that the lock file names, whether that process is alive or not."""
        try:
            return int(self._lock_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def is_in_use(self) -> bool:
        """Whether a live process holds the folder's lock."""
        try:
            with self._lock_file.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def passwords(self) -> Passwords:
        """The passwords of the embedded servers, generated on first use and kept in a file only its owner reads.

        Raises:
            EmbeddedError: the file is damaged.
        """
        try:
            content = self.passwords_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            fresh = Passwords(*(secrets.token_urlsafe(24) for _ in Passwords.__slots__))
            write_file(self.passwords_file, json.dumps(asdict(fresh), indent=2) + "\n", mode=0o600)
            return fresh
        try:
            return Passwords(**json.loads(content))
        except (ValueError, TypeError):
            raise EmbeddedError(
                f"{self.passwords_file} is damaged: expected the generated passwords as JSON; restore it from a backup"
            ) from None

    def port(self, server: str) -> int:
        """A free TCP port for `server`: the one it had last time if that is free. It is remembered."""
        ports = self.ports()
        port = free_port(ports.get(server))
        if ports.get(server) != port:
            write_file(self._ports_file, json.dumps(ports | {server: port}) + "\n", mode=0o644)
        return port

    def ports(self) -> dict[str, int]:
        """The ports that servers had last, by server."""
        try:
            return {str(name): int(port) for name, port in json.loads(self._ports_file.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _take(self, lock: TextIO) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                f"data folder {self.path} is in use by another tradewind (pid {self.owner_pid() or 'unknown'}); "
                "stop that one or give another folder with --data"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()

    def _make_servers_folder(self) -> None:
        # The account that runs PostgreSQL may pass through, whatever the umask; it cannot list or read.
        if not self.servers.exists():
            self.servers.mkdir()
            self.servers.chmod(0o711)


def check_space(folder: Path) -> None:
    """Make sure that `folder` lies on a disk with room to start.

    Raises:
        DiskFullError: fewer than `NEEDED_SPACE` bytes are free; the message says how many.
    """
    free = shutil.disk_usage(folder).free
    if free < NEEDED_SPACE:
        raise DiskFullError(
            f"disk full: {free // _MIB} MiB free for {folder}, {NEEDED_SPACE // _MIB} MiB needed to start; "
            "free some space or give a folder on another disk with --data"
        )


def write_file(path: Path, content: str, *, mode: int) -> None:
    """Write a small file with exactly these permissions, all of it or nothing."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    draft.replace(path)


def _version_text() -> str:
    return f"format {DATA_FORMAT}\npostgresql {POSTGRES_MAJOR}\n"
