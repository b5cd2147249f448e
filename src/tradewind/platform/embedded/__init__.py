"""A real PostgreSQL and a real Valkey inside a data folder, without Docker or system servers.

with embedded_servers(Path(".tradewind/simulated")) as servers:
    connection = await asyncpg.connect(servers.database.owner)
"""

from tradewind.platform.embedded.errors import (
    DiskFullError,
    EmbeddedError,
    LockedError,
    NewerDataError,
    NotWritableError,
    PortTakenError,
    ServerFailedError,
)
from tradewind.platform.embedded.folder import DataFolder, check_space
from tradewind.platform.embedded.placement import (
    ClusterPlace,
    installed_binaries,
    orphaned_clusters,
    unprivileged_account,
)
from tradewind.platform.embedded.ports import free_port, holder, is_free, next_free
from tradewind.platform.embedded.postgres import PostgresServer
from tradewind.platform.embedded.roles import Administrator, DatabaseUrls
from tradewind.platform.embedded.server import EmbeddedServer, trim_log
from tradewind.platform.embedded.servers import (
    EmbeddedServers,
    ServerUrls,
    embedded_servers,
    running_servers,
    temporary_servers,
)
from tradewind.platform.embedded.valkey import ValkeyServer

__all__ = [
    "Administrator",
    "ClusterPlace",
    "DataFolder",
    "DatabaseUrls",
    "DiskFullError",
    "EmbeddedError",
    "EmbeddedServer",
    "EmbeddedServers",
    "LockedError",
    "NewerDataError",
    "NotWritableError",
    "PortTakenError",
    "PostgresServer",
    "ServerFailedError",
    "ServerUrls",
    "ValkeyServer",
    "check_space",
    "embedded_servers",
    "free_port",
    "holder",
    "installed_binaries",
    "is_free",
    "next_free",
    "orphaned_clusters",
    "running_servers",
    "temporary_servers",
    "trim_log",
    "unprivileged_account",
]
