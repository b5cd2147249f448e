"""One PostgreSQL for a whole test run, and one Valkey per process.

The first process that needs the database starts this module as a process of its own, which lives as long as the test
run does: workers of pytest-xdist come and go at different times, and a server dies with whoever started it. It makes a
template that is migrated once; a test's database is a copy of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from filelock import FileLock

from tradewind.platform.embedded import DatabaseUrls, DataFolder, ValkeyServer
from tradewind.platform.embedded.roles import Administrator, database_urls

#: The process id of the test run; set by the first pytest process, inherited by its workers.
RUN_VARIABLE = "TRADEWIND_TEST_RUN"
TEMPLATE = "tradewind_template"
#: Has rows of the platform and rows of tenants.
STRATEGIES = ("strategies", "strategy_versions")
#: What a migrated database has from the start; tests that change it put it back.
KEPT = {"alembic_version", "plans", *STRATEGIES}
_DISCONNECT_OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
_READY_WITHIN = 60.0


def note_test_run() -> None:
    """Call it in every pytest process, first in the one that starts the others."""
    os.environ.setdefault(RUN_VARIABLE, str(os.getpid()))


def run_folder() -> Path:
    """The folder of this test run."""
    return Path(tempfile.gettempdir()) / f"tradewind-tests-{os.getuid()}-{os.environ[RUN_VARIABLE]}"


class Databases:
    """Makes databases on the run's PostgreSQL."""

    def __init__(self, folder: DataFolder, psql: Path) -> None:
        self._port = folder.ports()["postgres"]
        self._passwords = folder.passwords()
        self._admin = Administrator(psql, self._port, self._passwords)

    def create(self, name: str) -> DatabaseUrls:
        """A copy of the template."""
        self._admin.create_database(name, TEMPLATE)
        return database_urls(self._port, self._passwords, name)

    async def empty_out(self, name: str) -> None:
        """Take out of a copy of the template what a test has put in; a new copy would take twenty times as long."""
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._port, user="postgres", password=self._passwords.superuser, database=name
        )
        try:
            await connection.execute(_DISCONNECT_OTHERS)
            tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            emptied = {row["tablename"] for row in tables} - KEPT
            # As a replica: foreign keys and the triggers that keep history from being changed do not fire.
            statements = ["set session_replication_role = replica", *(f"delete from {table}" for table in emptied)]
            # What comes with the platform has no tenant.
            statements += [f"delete from {table} where tenant_id is not null" for table in STRATEGIES]
            await connection.execute("; ".join(statements))
        finally:
            await connection.close()

    def create_empty(self, name: str) -> DatabaseUrls:
        """A database without anything."""
        self._admin.create_database(name)
        return database_urls(self._port, self._passwords, name)

    def drop(self, name: str) -> None:
        self._admin.drop_database(name)


def databases() -> Databases:
    """The run's databases; starts their server if nobody has yet."""
    folder = run_folder()
    folder.mkdir(mode=0o711, exist_ok=True)
    ready = folder / "ready.json"
    with FileLock(folder / "starting.lock"):
        if not ready.exists():
            _start(folder, ready)
    told = json.loads(ready.read_text())
    return Databases(DataFolder(Path(told["data"])), Path(told["psql"]))


def _start(folder: Path, ready: Path) -> None:
    log = folder / "servers.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.servers", os.environ[RUN_VARIABLE], str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
    deadline = time.monotonic() + _READY_WITHIN
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the servers for tests did not start:\n{log.read_text()}")
        time.sleep(0.02)


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey of this process's own: what is published there must not reach other tests."""
    home = Path(tempfile.mkdtemp(prefix="tradewind-valkey-"))
    home.chmod(0o711)
    folder = DataFolder(home / "data")
    try:
        with folder.claimed():
            server = ValkeyServer(folder)
            server.start()
            try:
                yield server.url
            finally:
                server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _serve(run: int, folder: Path) -> None:
    """Run PostgreSQL until the test run is over, then leave nothing behind."""
    from tradewind.entrypoints.cli.migrate import bring_up_to_date
    from tradewind.platform.embedded import temporary_servers
    from tradewind.platform.settings import Settings

    # Whoever ends first: the run may be over before we are ready.
    watched = os.pidfd_open(run)
    try:
        with temporary_servers(max_connections=300, shared_buffers_mib=128) as servers:
            urls = servers.admin.create_database(TEMPLATE)
            settings = Settings(
                database_url=urls.owner, database_app_url=urls.app, database_system_url=urls.system, redis_url=None
            )
            asyncio.run(bring_up_to_date(settings))
            psql = servers.postgres.admin._psql
            draft = folder / "ready.draft"
            draft.write_text(json.dumps({"data": str(servers.folder.path), "psql": str(psql)}))
            draft.replace(folder / "ready.json")
            select.select([watched], [], [])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]))
