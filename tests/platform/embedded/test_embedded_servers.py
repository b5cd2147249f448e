"""What the running servers allow, and to whom."""

from __future__ import annotations

import os
import socket
from uuid import uuid4

import asyncpg
import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tradewind.platform.embedded import EmbeddedServers, ServerFailedError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has other accounts run the servers")


async def test_each_role_connects_and_none_is_privileged(servers: EmbeddedServers) -> None:
    urls = servers.database
    for url, name in ((urls.owner, "tradewind_owner"), (urls.app, "tradewind_app"), (urls.system, "tradewind_system")):
        connection = await asyncpg.connect(url)
        row = await connection.fetchrow("select * from pg_roles where rolname = current_user")
        assert row["rolname"] == name
        assert row["rolcanlogin"]
        assert not any(row[f"rol{right}"] for right in ("super", "bypassrls", "createdb", "createrole", "replication"))
        await connection.close()


async def test_only_the_owner_makes_tables_and_others_need_a_grant(servers: EmbeddedServers) -> None:
    owner = await asyncpg.connect(servers.database.owner)
    app = await asyncpg.connect(servers.database.app)
    try:
        assert (
            await owner.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = current_database()")
            == "tradewind_owner"
        )
        await owner.execute("create table thing (id int)")
        for refused in ("create table other (id int)", "select * from thing"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(refused)
        await owner.execute("grant select on thing to tradewind_app")
        assert await app.fetch("select * from thing") == []
    finally:
        await owner.execute("drop table if exists thing")
        await owner.close()
        await app.close()


async def test_the_owner_can_take_the_other_roles_but_does_not_inherit_them(servers: EmbeddedServers) -> None:
    connection = await asyncpg.connect(servers.database.owner)
    for role in ("tradewind_app", "tradewind_system"):
        assert not await connection.fetchval("select pg_has_role(current_user, $1, 'usage')", role)
        await connection.execute(f"set role {role}")
        assert await connection.fetchval("select current_user") == role
        await connection.execute("reset role")
    await connection.close()


async def test_the_cluster_is_durable_checksummed_and_sorts_alike_everywhere(servers: EmbeddedServers) -> None:
    connection = await asyncpg.connect(servers.database.system)
    wanted = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "password_encryption": "scram-sha-256",
        "max_connections": "60",
        "TimeZone": "UTC",
    }
    assert {name: await connection.fetchval(f"show {name}") for name in wanted} == wanted
    database = await connection.fetchrow("select * from pg_database where datname = current_database()")
    assert (database["datlocprovider"], database["datlocale"]) == (b"b", "C.UTF-8")
    await connection.close()


@pytest.mark.parametrize("user", ["postgres", "tradewind_owner", "tradewind_app", "nobody-known"])
async def test_a_wrong_password_is_refused(servers: EmbeddedServers, user: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host="127.0.0.1", port=servers.postgres.port, user=user, password="wrong", database="tradewind"
        )


async def test_valkey_takes_its_password_only(servers: EmbeddedServers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("key", "value", ex=60)
        assert client.get("key") == b"value"
    for password in (None, "", "wrong"):
        once = Retry(NoBackoff(), 0)
        with (
            redis.Redis(port=servers.valkey.port, password=password, retry=once) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()


def test_only_loopback_listens_and_no_socket_lies_in_the_file_system(servers: EmbeddedServers) -> None:
    for server in (servers.postgres, servers.valkey):
        assert server.process is not None
        sockets = psutil.Process(server.process.pid).net_connections(kind="all")
        listening = [s for s in sockets if s.status == psutil.CONN_LISTEN or s.family == socket.AF_UNIX]
        assert [(s.laddr.ip, s.laddr.port) for s in listening] == [("127.0.0.1", server.port)]


def test_passwords_are_in_a_private_file_and_nowhere_else(servers: EmbeddedServers) -> None:
    file = servers.folder.passwords_file
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_uid == os.geteuid()
    passwords = servers.folder.passwords()
    secrets = {getattr(passwords, name) for name in ("superuser", "owner", "app", "system", "valkey")}
    assert len(secrets) == 5
    logs = [server.log.read_text() for server in (servers.postgres, servers.valkey)]
    arguments = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
    assert not [text for text in (*logs, *arguments, repr(servers), repr(passwords)) if any(s in text for s in secrets)]


@needs_root
def test_root_does_not_run_the_servers_as_root(servers: EmbeddedServers) -> None:
    for server in (servers.postgres, servers.valkey):
        assert server.process is not None
        process = psutil.Process(server.process.pid)
        assert 0 not in process.uids()
        assert 0 not in process.gids()


async def test_a_database_is_copied_from_a_template_and_dropped(servers: EmbeddedServers) -> None:
    template, copy = (f"{word}_{uuid4().hex}" for word in ("template", "copy"))
    urls = servers.admin.create_database(template)
    owner = await asyncpg.connect(urls.owner)
    await owner.execute("create table thing as select 42 as answer; grant select on thing to tradewind_app")
    await owner.close()

    copied = servers.admin.create_database(copy, template)
    app = await asyncpg.connect(copied.app)
    assert await app.fetchval("select answer from thing") == 42
    with pytest.raises(ServerFailedError, match="already exists"):
        servers.admin.create_database(copy, template)

    servers.admin.drop_database(copy)  # although somebody is connected
    servers.admin.drop_database(copy)  # and although it is gone
    servers.admin.drop_database(template)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(copied.owner)
    app.terminate()


def test_odd_names_of_databases_are_names_and_not_sql(servers: EmbeddedServers) -> None:
    name = """o'dd "name"; drop database tradewind; -- \\ :x"""
    servers.admin.create_database(name)
    servers.admin.drop_database(name)
    servers.admin.bootstrap()
