"""The real API on the loopback interface, and people who use it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import uvicorn

from tradewind.entrypoints.cli.api import server_config
from tradewind.platform.settings import Settings
from tradewind.platform.web.parts import Parts
from tradewind.platform.web.subjects import CSRF_HEADER

PASSWORD = "correct horse battery"


class _Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    raw: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)

    @property
    def code(self) -> str:
        """Of a problem."""
        code: str = self.json["code"]
        return code


class Client:
    """Somebody's HTTP client: nobody's at first, with a token or a cookie after a log-in."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.headers: dict[str, str] = {}
        # Cookies are kept as browsers do; the server is addressed by number, which they need permission for.
        self.http = aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def request(self, method: str, path: str, **options: Any) -> Answer:
        headers = {**self.headers, **options.pop("headers", {})}
        async with self.http.request(method, path, headers=headers, allow_redirects=False, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.request("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.request("POST", path, json=json, **options)

    async def ok(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of an answer that must be a success."""
        answer = await self.request(method, path, **options)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.raw.decode()}"
        return answer.json if answer.raw else None

    async def close(self) -> None:
        await self.http.close()


@dataclass
class Person:
    """A registered user with a client that is logged in by access token."""

    client: Client
    id: UUID
    email: str
    tenant_id: UUID
    account_id: UUID
    tokens: dict[str, Any] = field(default_factory=dict)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.client.get("/api/v1" + path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.client.post("/api/v1" + path, json, **options)

    async def ok(self, method: str, path: str, **options: Any) -> Any:
        return await self.client.ok(method, "/api/v1" + path, **options)


class Api:
    """A running API and its clients.

    Args:
        parts: of its process, when it runs in the test's own loop.
    """

    def __init__(self, settings: Settings, parts: Parts | None = None) -> None:
        self.base = f"http://127.0.0.1:{settings.port}"
        self.settings = settings
        self._parts = parts
        self._clients: list[Client] = []

    @property
    def parts(self) -> Parts:
        assert self._parts is not None, "only own_api has its parts at hand"
        return self._parts

    def client(self) -> Client:
        """A client of nobody."""
        client = Client(self.base)
        self._clients.append(client)
        return client

    async def register(self, email: str | None = None, **more: Any) -> Person:
        """A new user, logged in by access token."""
        client = self.client()
        email = email or f"{secrets.token_hex(8)}@tests.example"
        await client.ok("POST", "/api/v1/auth/register", json={"email": email, "password": PASSWORD, **more})
        tokens = await client.ok("POST", "/api/v1/auth/login", json={"email": email, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        me = await client.ok("GET", "/api/v1/user/me")
        accounts = await client.ok("GET", "/api/v1/trading-accounts")
        account_id = UUID(accounts["items"][0]["id"])
        return Person(client, UUID(me["user"]["id"]), email, UUID(me["tenant_id"]), account_id, tokens)

    async def browser(self, person: Person) -> Client:
        """The same person in a browser: session cookie and CSRF token."""
        client = self.client()
        credentials = {"email": person.email, "password": PASSWORD}
        opened = await client.ok("POST", "/api/v1/auth/sessions", json=credentials)
        client.headers[CSRF_HEADER] = opened["csrf_token"]
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


@asynccontextmanager
async def running_api(settings: Settings) -> AsyncIterator[Api]:
    """The API as `tradewind api` serves it, in the test's own loop."""
    with _listener() as listener:
        server = _server(settings, listener)
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        if serving.done():
            await serving
            raise RuntimeError("the API did not start")
        application: Any = server.config.app
        api = Api(application.state.settings, application.state.parts)
        try:
            yield api
        finally:
            await api.close()
            server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await serving


@contextmanager
def serving_api(settings: Settings) -> Iterator[Settings]:
    """The API as `tradewind api` serves it, in a thread of its own; answers with its settings, port included."""
    with _listener() as listener:
        server = _server(settings, listener)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), name="api", daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.002)
        if not thread.is_alive():
            raise RuntimeError("the API did not start")
        application: Any = server.config.app
        try:
            yield application.state.settings
        finally:
            server.should_exit = True
            thread.join(10)


def _listener() -> socket.socket:
    # asyncio sends small answers at once only from sockets that say they are TCP; others wait 40 ms for company.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    return listener


def _server(settings: Settings, listener: socket.socket) -> _Server:
    config = server_config(settings.model_copy(update={"port": listener.getsockname()[1]}))
    config.timeout_graceful_shutdown = 1
    return _Server(config)
