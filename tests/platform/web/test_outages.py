"""When the database or the broker is away: callers are told to come back, at once and without our insides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.support.http import PASSWORD, Answer, Api, Client, running_api
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings


class Line:
    """A TCP line to a server that can be cut, or go silent."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._up = True
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._open: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        """While it is there; gives its port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            self.cut()
            self.speak()
            server.close()

    def cut(self) -> None:
        """Nothing is there any more."""
        self._up = False
        for writer in list(self._open):
            writer.close()

    def mend(self) -> None:
        self._up = True

    def hush(self) -> None:
        """Everything is taken and nothing comes."""
        self._speaking.clear()

    def speak(self) -> None:
        self._speaking.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._up:
            writer.close()
            return
        there, back = await asyncio.open_connection(*self._target)
        self._open |= {writer, back}
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        self._open -= {writer, back}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._speaking.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


def _through(url: str | None, port: int) -> str:
    assert url is not None
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def _line_to(url: str | None) -> Line:
    parts = urlsplit(url or "")
    assert parts.hostname is not None
    assert parts.port is not None
    return Line(parts.hostname, parts.port)


@pytest.fixture
async def to_database(settings: Settings, broker: Redis) -> AsyncIterator[tuple[Api, Line]]:
    """An API, and its line to the database."""
    line = _line_to(settings.database_app_url)
    async with line.laid() as port:
        url = _through(settings.database_app_url, port)
        async with running_api(settings.model_copy(update={"database_app_url": url})) as api:
            yield api, line


@pytest.fixture
async def to_broker(settings: Settings, broker: Redis) -> AsyncIterator[tuple[Api, Line]]:
    """An API, and its line to the broker."""
    line = _line_to(settings.redis_url)
    async with line.laid() as port:
        changed = settings.model_copy(update={"redis_url": _through(settings.redis_url, port)})
        async with running_api(changed) as api:
            yield api, line


def assert_come_back(answer: Answer) -> None:
    assert (answer.status, answer.code) == (503, "not_ready")
    assert int(answer.headers["Retry-After"]) > 0
    for inside in ("127.0.0.1", "onnect", "asyncpg", "redis"):
        assert inside not in answer.json["detail"]


async def refused(client: Client, path: str) -> Answer:
    """The answer with which a handshake is refused."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    return await client.get(path, headers=upgrade)


async def test_without_a_database_everybody_is_told_to_come_back(to_database: tuple[Api, Line]) -> None:
    api, line = to_database
    person = await api.register()
    ticket = (await person.ok("POST", "/auth/ws-ticket"))["ticket"]
    line.cut()
    for path in ("/user/me", "/user/stats", "/positions", "/orders", "/market/status"):
        assert_come_back(await person.get(path))
    assert_come_back(await person.post("/auth/login", {"email": person.email, "password": PASSWORD}))
    assert_come_back(await person.post(f"/signals/{person.id}/execute"))
    assert_come_back(await refused(api.client(), f"/ws/user/stats?ticket={ticket}"))
    checks = (await api.client().get("/readyz")).json["checks"]
    assert (checks["database"], checks["broker"]) == ("unreachable", "ok")
    line.mend()
    assert (await person.get("/user/me")).status == 200
    assert (await person.get("/user/stats")).status == 200


async def test_without_a_broker_nobody_logs_in_because_nobody_counts(to_broker: tuple[Api, Line]) -> None:
    api, line = to_broker
    person = await api.register()
    credentials = {"email": person.email, "password": PASSWORD}
    line.cut()
    for path in ("login", "sessions"):
        assert_come_back(await api.client().post(f"/api/v1/auth/{path}", credentials))
    assert_come_back(await api.client().post("/api/v1/auth/forgot-password", {"email": person.email}))
    assert (await person.get("/positions")).status == 200, "who is inside stays there"
    line.mend()
    assert (await api.client().post("/api/v1/auth/login", credentials)).status == 200


async def test_a_refused_handshake_is_a_problem_with_its_request_id(to_database: tuple[Api, Line]) -> None:
    api, _ = to_database
    answer = await refused(api.client(), "/ws/user/stats?ticket=made-up")
    assert (answer.status, answer.code) == (401, "not_authenticated")
    assert answer.headers["X-Request-ID"] == answer.json["request_id"]


async def test_readiness_does_not_wait_for_a_database_that_says_nothing(to_database: tuple[Api, Line]) -> None:
    api, line = to_database
    await api.register()
    line.hush()
    async with asyncio.timeout(8):
        answer = await api.client().get("/readyz")
    assert answer.status == 503
    assert answer.json["checks"] == {"database": "silent", "broker": "ok", "engine": "silent"}
    assert (await api.client().get("/healthz")).status == 200


async def test_without_a_broker_tickets_are_to_be_asked_for_later(to_broker: tuple[Api, Line]) -> None:
    api, line = to_broker
    person = await api.register()
    line.cut()
    assert_come_back(await person.post("/auth/ws-ticket"))
    assert_come_back(await refused(person.client, "/ws/user/stats?ticket=made-up"))
    async with person.client.http.ws_connect("/ws/user/stats", headers=person.client.headers) as socket:
        assert (await socket.receive()).type is aiohttp.WSMsgType.TEXT, "others need no broker"
    line.mend()
    assert (await person.post("/auth/ws-ticket")).status == 201


async def test_a_request_that_was_under_way_is_told_to_come_back_too(
    to_database: tuple[Api, Line], system_database: Database
) -> None:
    api, line = to_database
    person = await api.register()
    connection = await system_database.connect()
    async with connection.transaction(), asyncio.timeout(20):
        await connection.execute("lock table trading_accounts in access exclusive mode")
        asked = [asyncio.create_task(person.get(path)) for path in ("/user/stats", "/trading-accounts")]
        while await connection.fetchval("select count(*) from pg_locks where not granted") < len(asked):
            pass
        line.cut()
        for answer in await asyncio.gather(*asked):
            assert_come_back(answer)
    await connection.close()
