"""The embedded servers of a data folder together, as `tradewind up`, `tradewind replay` and the tests want them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tradewind.platform.embedded.errors import explained
from tradewind.platform.embedded.folder import DataFolder
from tradewind.platform.embedded.placement import ClusterPlace
from tradewind.platform.embedded.postgres import PostgresServer
from tradewind.platform.embedded.roles import Administrator, DatabaseUrls, database_urls
from tradewind.platform.embedded.server import Report, silent
from tradewind.platform.embedded.valkey import ValkeyServer, valkey_url


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """Both servers, running."""

    folder: DataFolder
    postgres: PostgresServer
    valkey: ValkeyServer

    @property
    def admin(self) -> Administrator:
        """Makes and drops databases, for tests."""
        return self.postgres.admin

    @property
    def database(self) -> DatabaseUrls:
        """The URLs of the database `tradewind`."""
        return self.admin.urls()

    @property
    def redis_url(self) -> str:
        return self.valkey.url


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """Where the embedded servers of a data folder can be reached; URLs with passwords."""

    database: DatabaseUrls
    redis: str = field(repr=False)


def running_servers(folder: DataFolder) -> ServerUrls | None:
    """Where another process runs the servers of this folder; None if no process uses it.

    Raises:
        PermissionError: this user may not read the folder's passwords.
    """
    ports = folder.ports()
    if not (folder.is_in_use() and folder.passwords_file.exists() and {"postgres", "valkey"} <= ports.keys()):
        return None
    passwords = folder.passwords()
    return ServerUrls(database_urls(ports["postgres"], passwords), valkey_url(ports["valkey"], passwords.valkey))


@contextmanager
def embedded_servers(
    data: Path,
    *,
    durable: bool = True,
    max_connections: int = 60,
    shared_buffers_mib: int = 96,
    report: Report = silent,
) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey on the data folder `data` while the block runs. Use it in the main thread.

    Args:
        durable: False turns fsync and synchronous_commit off: for tests and replay only.
        max_connections: of PostgreSQL; each takes some memory even when unused.
        shared_buffers_mib: PostgreSQL's cache in MiB.
        report: takes lines for the user about what is out of the ordinary.

    Raises:
        EmbeddedError: why they cannot be started, in one line.
    """
    folder = DataFolder(data)
    with folder.claimed():
        with explained(folder.path):
            postgres = PostgresServer(
                folder,
                durable=durable,
                max_connections=max_connections,
                shared_buffers_mib=shared_buffers_mib,
                report=report,
            )
            valkey = ValkeyServer(folder, report=report)
        try:
            with explained(folder.path):
                postgres.start()
                valkey.start()
            yield EmbeddedServers(folder, postgres, valkey)
        finally:
            valkey.stop()
            postgres.stop()


@contextmanager
def temporary_servers(
    *,
    durable: bool = False,
    max_connections: int = 60,
    shared_buffers_mib: int = 96,
    report: Report = silent,
) -> Iterator[EmbeddedServers]:
    """Like `embedded_servers`, on a fresh data folder that is deleted with its database when the block ends.

    A folder from `tempfile` alone would not do: it is private, so that root's database would be kept elsewhere,
    and stay there.
    """
    home = Path(tempfile.mkdtemp(prefix="tradewind-"))
    data = home / "data"
    try:
        home.chmod(0o711)
        with embedded_servers(
            data,
            durable=durable,
            max_connections=max_connections,
            shared_buffers_mib=shared_buffers_mib,
            report=report,
        ) as servers:
            yield servers
    finally:
        ClusterPlace(DataFolder(data)).remove()
        shutil.rmtree(home)
