"""How fast the API answers an authenticated read, limits counted, against bare FastAPI with the same database."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import asyncpg
import orjson
import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import SecretStr

from benchmarks.measure import Figure
from tradewind.billing import PlanCode, grant_plan
from tradewind.entrypoints.cli.api import server_config
from tradewind.entrypoints.cli.migrate import bring_up_to_date
from tradewind.kit.clock import WallClock
from tradewind.platform.database import Database, Urls
from tradewind.platform.embedded import free_port, temporary_servers
from tradewind.platform.logs import configure_logs
from tradewind.platform.settings import Settings

_HOST = "127.0.0.1"
_SECONDS = 6.0
_ROUNDS = 3
_POOL = 10
_PATIENCE = 30.0
_READ = "/api/v1/backtests"
_TENANT = "select m.organisation_id from memberships m join users u on u.id = m.user_id where u.email = $1"
_PLAN = "select code, max_alerts, auto_trading from plans where code = $1"
_CREDENTIALS = {"email": "reader@bench.example", "password": "many requests a second"}


class Load(NamedTuple):
    """What many connections got that ask again as soon as they are answered.

    Attributes:
        p50, p99: milliseconds.
        failed: connections that broke, and answers other than 200.
    """

    per_second: float
    p50: float
    p99: float
    failed: int


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(length)


async def _ask(port: int, request: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(_HOST, port)
    writer.write(request)
    try:
        return await _answer(reader)
    finally:
        writer.close()


async def _load(port: int, request: bytes, connections: int, seconds: float) -> Load:
    spent: list[float] = []
    failed = 0
    opened = await asyncio.gather(*(asyncio.open_connection(_HOST, port) for _ in range(connections)))
    began = time.perf_counter()

    async def ask_again_and_again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal failed
        while (asked := time.perf_counter()) < began + seconds:
            writer.write(request)
            try:
                status, _ = await _answer(reader)
            except (OSError, asyncio.IncompleteReadError):
                failed += 1
                return
            spent.append((time.perf_counter() - asked) * 1000)
            failed += status != 200

    await asyncio.gather(*(ask_again_and_again(*each) for each in opened))
    took = time.perf_counter() - began
    for _, writer in opened:
        writer.close()
    cuts = statistics.quantiles(spent, n=100)
    return Load(len(spent) / took, cuts[49], cuts[98], failed)


def _loaded(port: int, request: bytes, connections: int, seconds: float) -> Load:
    return uvloop.run(_load(port, request, connections, seconds))


def _serve_bare(url: str, port: int) -> None:
    """What one writes without us: one SELECT by primary key, nobody asked who he is."""
    pool: Any = None

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        nonlocal pool
        async with asyncpg.create_pool(url, min_size=_POOL, max_size=_POOL) as pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/plans/{code}")
    async def get_plan(code: str) -> dict[str, Any]:
        async with pool.acquire() as connection:
            return dict(await connection.fetchrow(_PLAN, code))

    uvicorn.run(app, host=_HOST, port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning")


def _serve(settings: Settings) -> None:
    configure_logs()
    uvicorn.Server(server_config(settings)).run()


def _request(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {_HOST}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def _credential(settings: Settings) -> str:
    """The header of somebody new on the largest plan."""
    tokens: dict[str, str] = {}
    for path in ("/api/v1/auth/register", "/api/v1/auth/login"):
        status, answer = await _ask(
            settings.port,
            _request(path, "Content-Type: application/json", method="POST", body=orjson.dumps(_CREDENTIALS)),
        )
        assert status < 300, answer
        tokens = orjson.loads(answer)
    database = Database(Urls.system(settings))
    connection = await database.connect()
    tenant_id = await connection.fetchval(_TENANT, _CREDENTIALS["email"])
    await connection.close()
    async with database.writing() as session:
        await grant_plan(session, tenant_id, PlanCode.ENTERPRISE, WallClock())
    await database.close()
    return f"Authorization: Bearer {tokens['access_token']}"


async def _ready(port: int) -> None:
    until = time.perf_counter() + _PATIENCE
    while True:
        try:
            await _ask(port, _request("/healthz"))
        except OSError:
            if time.perf_counter() > until:
                raise
            await asyncio.sleep(0.1)
        else:
            return


@contextlib.contextmanager
def _serving(target: Callable[..., None], *given: object, port: int) -> Iterator[None]:
    process = get_context("spawn").Process(target=target, args=given)
    process.start()
    try:
        asyncio.run(_ready(port))
        yield
    finally:
        process.terminate()
        process.join(_PATIENCE)


def run() -> Iterator[Figure]:
    """Both in turns, so that what else the machine does falls on both; the load comes from a process of its own."""
    with temporary_servers(durable=True) as servers, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as loader:
        urls = servers.database
        settings = Settings(
            data=servers.folder.path,
            port=free_port(),
            database_url=urls.owner,
            database_app_url=urls.app,
            database_system_url=urls.system,
            redis_url=servers.redis_url,
            secret_key=SecretStr("k" * 40),
            rate_fair_use=1_000_000_000,
        )
        asyncio.run(bring_up_to_date(settings))
        bare_port = free_port()

        def loaded(port: int, request: bytes, connections: int) -> Load:
            return loader.submit(_loaded, port, request, connections, _SECONDS).result()

        with _serving(_serve_bare, urls.app, bare_port, port=bare_port), _serving(_serve, settings, port=settings.port):
            read = _request(_READ, asyncio.run(_credential(settings)))
            rounds = [
                (loaded(bare_port, _request("/plans/PRO"), 64), loaded(settings.port, read, 64)) for _ in range(_ROUNDS)
            ]
            bare, ours = max(rounds, key=lambda each: each[1].per_second / each[0].per_second)
            crowd = loaded(settings.port, read, 1_000)
    assert not bare.failed
    yield Figure(
        "API: authenticated read of one query under row-level security, 64 connections, one process",
        ours.per_second,
        "requests/s",
        "≥ 2 × bare FastAPI",
        ours.per_second >= 2 * bare.per_second and not ours.failed,
        f"Python: routing, dependencies, three statements; p50 {ours.p50:.0f} ms, {ours.failed} failed",
        bare.per_second,
        "bare FastAPI, one SELECT by asyncpg, nobody asked who he is",
    )
    yield Figure("API: the same, p99", ours.p99, "ms", "≤ 30", ours.p99 <= 30, "the queue", bare.p99, "the same, ms")
    yield Figure(
        "API: 1,000 connections, p99",
        crowd.p99,
        "ms",
        "≤ 600, no error",
        crowd.p99 <= 600 and not crowd.failed,
        f"{crowd.per_second:,.0f} requests/s, {crowd.failed} failed",
    )
