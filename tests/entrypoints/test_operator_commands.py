"""`tradewind migrate`, `seed` and `api` as an operator uses them."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner, Result
from redis.asyncio import Redis
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.http import Api, Client
from tests.support.servers import Databases
from tradewind.entrypoints.cli import main
from tradewind.entrypoints.schema import metadata
from tradewind.platform.embedded import DatabaseUrls, free_port
from tradewind.platform.settings import Settings, get_settings


@pytest.fixture
def empty(server: Databases) -> Iterator[DatabaseUrls]:
    """A database without anything."""
    name = f"empty_{secrets.token_hex(8)}"
    yield server.create_empty(name)
    server.drop(name)


async def run(*arguments: str, urls: DatabaseUrls, data: Path, **more: str) -> Result:
    """A command with these settings, in this process: the interpreter's start would be most of the time."""
    given = {
        "TRADEWIND_DATABASE_URL": urls.owner,
        "TRADEWIND_DATABASE_APP_URL": urls.app,
        "TRADEWIND_DATABASE_SYSTEM_URL": urls.system,
        "TRADEWIND_DATA": str(data),
        **more,
    }
    get_settings.cache_clear()
    try:
        return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=given)
    finally:
        get_settings.cache_clear()


def urls_of(settings: Settings) -> DatabaseUrls:
    assert settings.database_url
    assert settings.database_app_url
    assert settings.database_system_url
    return DatabaseUrls(settings.database_url, settings.database_app_url, settings.database_system_url)


# ------------------------------------------------------------------------------------------------------------- migrate


async def test_migrate_makes_an_empty_database_current(empty: DatabaseUrls, tmp_path: Path) -> None:
    assert (await run("migrate", "--check", urls=empty, data=tmp_path)).exit_code == 3
    made = await run("migrate", urls=empty, data=tmp_path)
    assert made.exit_code == 0, made.output
    assert (await run("migrate", "--check", urls=empty, data=tmp_path)).exit_code == 0
    connection = await asyncpg.connect(empty.system)
    assert await connection.fetchval("select count(*) from plans") == 4
    strategies = await connection.fetch(
        "select s.name, v.version, v.document from strategies s "
        "join strategy_versions v on v.strategy_id = s.id where s.tenant_id is null"
    )
    await connection.close()
    assert {row["name"] for row in strategies} >= {"ema_trend"}
    again = await run("migrate", urls=empty, data=tmp_path)
    assert again.exit_code == 0, "again changes nothing"


async def test_a_newer_schema_is_left_alone(empty: DatabaseUrls, tmp_path: Path) -> None:
    connection = await asyncpg.connect(empty.owner)
    await connection.execute("create table alembic_version (version_num text primary key)")
    await connection.execute("insert into alembic_version values ('9999')")
    for arguments in (("migrate",), ("migrate", "--check")):
        answer = await run(*arguments, urls=empty, data=tmp_path)
        assert answer.exit_code == 1
        assert "9999" in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 1, "one line, no trace"
    assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 1
    await connection.close()


async def test_a_strategy_that_was_changed_without_a_new_version_is_refused(settings: Settings, tmp_path: Path) -> None:
    # Only the owner of the table can do this at all: nobody changes a version.
    owner, system = [await asyncpg.connect(url) for url in (settings.database_url, settings.database_system_url)]
    await owner.execute("alter table strategy_versions disable trigger append_only")
    await system.execute("update strategy_versions set content_hash = 'other ' || content_hash")
    answer = await run("migrate", urls=urls_of(settings), data=tmp_path)
    await system.execute("update strategy_versions set content_hash = substr(content_hash, 7)")
    await owner.execute("alter table strategy_versions enable trigger append_only")
    for connection in (owner, system):
        await connection.close()
    assert answer.exit_code == 1
    assert "new version" in answer.stderr


async def test_models_and_migrations_agree(settings: Settings) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _, name, kind, *__: not (kind == "table" and name == "entitlements"),
            },
        )
        return list(compare_metadata(context, metadata))

    assert settings.database_url
    engine = create_async_engine(settings.database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.parametrize("command", ["migrate", "seed", "api", "engine", "worker", "beat"])
def test_without_a_database_it_says_what_to_set(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("TRADEWIND_DATABASE", "TRADEWIND_REDIS"))]:
        monkeypatch.delenv(name)
    answer = subprocess.run(
        [sys.executable, "-m", "tradewind", command],
        env={**os.environ, "TRADEWIND_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 78, "nothing that starting again could mend"
    assert "TRADEWIND_REDIS_URL" in answer.stderr or "TRADEWIND_DATABASE_URL" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, "one line, no trace"


def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_PORT", "abc")
    get_settings.cache_clear()
    answer = CliRunner().invoke(main, ["migrate"])
    assert answer.exit_code == 78
    assert "TRADEWIND_PORT" in answer.stderr
    assert "'abc'" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, "one line, no trace"


# ---------------------------------------------------------------------------------------------------------------- seed


async def logs_in(api: Api, password: str) -> bool:
    credentials = {"email": "demo@tradewind.example", "password": password}
    return (await api.client().post("/api/v1/auth/login", credentials)).status == 200


async def test_the_demo_user_can_log_in_and_trades_by_himself(settings: Settings, own_api: Api, tmp_path: Path) -> None:
    first = await run("seed", urls=urls_of(settings), data=tmp_path)
    assert first.exit_code == 0, first.output
    file = tmp_path / "demo-login.txt"
    assert file.stat().st_mode & 0o777 == 0o600
    password = re.search(r"^password: (\S+)$", file.read_text(), re.MULTILINE)
    assert password is not None
    assert password[1] in first.stdout, "told once"
    assert await logs_in(own_api, password[1])
    client = own_api.client()
    credentials = {"email": "demo@tradewind.example", "password": password[1]}
    tokens = await client.ok("POST", "/api/v1/auth/login", json=credentials)
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    plan = (await client.ok("GET", "/api/v1/user/me"))["plan"]
    assert (plan["code"], plan["status"], plan["auto_trading"]) == ("ENTERPRISE", "active", True)
    (account,) = (await client.ok("GET", "/api/v1/trading-accounts"))["items"]
    assert (account["is_demo"], account["auto_trading"]) == (True, True)

    again = await run("seed", urls=urls_of(settings), data=tmp_path)
    assert again.exit_code == 0
    assert password[1] not in again.stdout
    assert await logs_in(own_api, password[1])


async def test_a_given_password_is_used_and_never_written(settings: Settings, own_api: Api, tmp_path: Path) -> None:
    urls, given = urls_of(settings), "given by the operator"
    answer = await run("seed", urls=urls, data=tmp_path, TRADEWIND_DEMO_PASSWORD=given)
    assert given not in answer.stdout + answer.stderr
    assert given not in (tmp_path / "demo-login.txt").read_text()
    assert await logs_in(own_api, given)
    without = await run("seed", urls=urls, data=tmp_path)
    assert without.exit_code == 0
    assert not await logs_in(own_api, given), "without it a password is generated"


# ----------------------------------------------------------------------------------------------------------------- api


async def test_the_api_serves_and_stops_in_time(settings: Settings, broker: Redis, tmp_path: Path) -> None:
    urls, port = urls_of(settings), free_port()
    environment = os.environ | {
        "TRADEWIND_DATABASE_URL": urls.owner,
        "TRADEWIND_DATABASE_APP_URL": urls.app,
        "TRADEWIND_DATABASE_SYSTEM_URL": urls.system,
        "TRADEWIND_REDIS_URL": str(settings.redis_url),
        "TRADEWIND_PORT": str(port),
        "TRADEWIND_DATA": str(tmp_path),
    }
    process = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "tradewind", "api"], env=environment, stdout=subprocess.PIPE, text=True
    )
    served = Api(settings.model_copy(update={"port": port}))
    try:
        await _until_served(served.client(), process)
        person = await served.register()
        async with person.client.http.ws_connect(
            f"{served.base}/ws/user/stats", headers=person.client.headers
        ) as socket:
            await socket.receive(timeout=10)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            while not socket.closed:
                await socket.receive(timeout=10)
            assert socket.close_code == 1012
        process.wait(10)
        assert time.monotonic() - began < 3
    finally:
        process.kill()
        await served.close()
    output = process.communicate()[0]
    assert f"http://localhost:{port}" in output
    assert (tmp_path / "secrets" / "signing-key").stat().st_mode & 0o777 == 0o600


async def _until_served(client: Client, process: subprocess.Popen[str]) -> None:
    async with asyncio.timeout(30):
        while process.poll() is None:
            try:
                await client.get("/healthz")
            except OSError:
                await asyncio.sleep(0.02)
            else:
                return
    raise AssertionError("the API ended instead of serving")
