"""Reads that are made many times a second: one statement or two on a bare connection.

A unit of work of the mapper costs about a millisecond of Python and eight round trips; this one costs a tenth of a
millisecond and three. The rules are the same: one read-only transaction, for one tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from tradewind.platform.database.units import Urls

_BEGIN = "begin read only"
_CONNECT_SECONDS = 10.0


class Reader:
    """One read-only transaction on one snapshot; it cannot write. May be of a replica."""

    __slots__ = ("_connection",)

    def __init__(self, connection: PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection = connection

    async def rows(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        """All rows; `$1`, `$2`, … stand for the values. The statement stays prepared on its connection."""
        return await self._connection.fetch(statement, *values)

    async def row(self, statement: str, *values: object) -> asyncpg.Record | None:
        """The first row."""
        return await self._connection.fetchrow(statement, *values)

    async def value(self, statement: str, *values: object) -> Any:
        """The first column of the first row."""
        return await self._connection.fetchval(statement, *values)


class ReadPool:
    """Connections of one role for `Reader`s. Connects nothing before it is used; `close` empties it."""

    def __init__(self, urls: Urls, *, size: int) -> None:
        self._urls = urls
        self._size = size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, tenant_id: UUID | None = None) -> AsyncIterator[Reader]:
        """One read-only transaction, for one tenant under the app role."""
        pool = self._pool or await self._open()
        async with pool.acquire() as connection:
            # One round trip, and gone with the transaction; the text of a UUID cannot be anything else.
            tenant = f"; set local app.tenant_id = '{tenant_id}'" if tenant_id is not None else ""
            await connection.execute(_BEGIN + tenant)
            try:
                yield Reader(connection)
            finally:
                await connection.execute("rollback")

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[Reader]:
        """As `reading`, on a connection of its own: for what is read while a connection of the pool is held already.

        Of those who hold one and wait for another there may be as many as the pool has, and then all wait for ever.
        """
        connection = await asyncpg.connect(
            self._urls.url, server_settings=self._urls.server_settings, timeout=_CONNECT_SECONDS
        )
        try:
            await _prepare(connection)
            await connection.execute(_BEGIN)
            yield Reader(connection)
        finally:
            await connection.close()

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def _open(self) -> asyncpg.Pool[asyncpg.Record]:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._urls.url,
                    min_size=0,
                    max_size=self._size,
                    server_settings=self._urls.server_settings,
                    timeout=_CONNECT_SECONDS,
                    init=_prepare,
                    reset=_nothing_to_reset,
                )
            return self._pool


async def _prepare(connection: Any) -> None:
    for kind in ("jsonb", "json"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=_to_json, decoder=orjson.loads, format="text"
        )


async def _nothing_to_reset(_connection: Any) -> None:
    """What a reader sets ends with its transaction; one that was left open the pool itself rolls back."""


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()
