"""TCP ports on the loopback interface: which are free, and who holds those that are not."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes the ports of outgoing connections (32768-60999): one of those could
# take the port between the look and the server's start.
_FIRST, _LAST = 20_000, 32_000
_LISTEN = "0A"  # TCP_LISTEN in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback interface now.

    ::1 counts too where it exists: browsers may try it first for http://localhost.

    Raises:
        PermissionError: a port below 1024, and this user may not listen there.
    """
    for family, address in ((socket.AF_INET, LOOPBACK), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # As servers do: a port with connections in TIME_WAIT is free.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except PermissionError:
            raise
        except OSError:
            if family is socket.AF_INET or _accepts(family, address, port):
                return False
    return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` if it is free, otherwise any port that is.

    Raises:
        OSError: none is free.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    for port in secrets.SystemRandom().sample(range(_FIRST, _LAST), 200):
        if is_free(port):
            return port
    raise OSError(f"no free TCP port on {LOOPBACK} among 200 tried between {_FIRST} and {_LAST}")


def next_free(port: int) -> int | None:
    """The first free port after `port`, among the next hundred."""
    return next((p for p in range(port + 1, min(port + 101, 65_536)) if is_free(p)), None)


def holder(port: int) -> Holder | None:
    """Who listens on `port`; None if that cannot be told (another user's process, or nobody)."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    if not sockets:
        return None
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if any(str(descriptor.readlink()) in sockets for descriptor in (process / "fd").iterdir()):
                return Holder(int(process.name), (process / "comm").read_text().strip())
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return None


def _accepts(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.2)
            probe.connect((address, port))
    except OSError:
        return False
    return True


def _listening(port: int) -> set[str]:
    """Inodes of the sockets that listen on `port`, any address."""
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            _, local, _, state, *rest = row.split()
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                inodes.add(rest[5])
    return inodes
