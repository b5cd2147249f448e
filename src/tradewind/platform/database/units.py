"""Units of work: where transactions begin and end, under which role and for which tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from tradewind.platform.database.roles import APP, SYSTEM
from tradewind.platform.settings import SettingError, Settings

#: After so long a server that does not answer is given up. Through sessions go requests of people; what may take its
#: time (the engine, audits) has a connection of its own.
_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 30.0


class Session(AsyncSession):
    """A session that may write; its unit of work commits."""


class ReadSession(AsyncSession):
    """A session for reading; a distinct type, so that a signature shows that it cannot write. May go to a replica."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the database is, by role. `role` is taken on after login when one login serves several roles."""

    url: str
    role: str | None

    @classmethod
    def app(cls, settings: Settings) -> Self:
        return cls._of(settings.database_app_url, settings, APP)

    @classmethod
    def system(cls, settings: Settings) -> Self:
        return cls._of(settings.database_system_url, settings, SYSTEM)

    @classmethod
    def owner(cls, settings: Settings) -> Self:
        return cls(_required(settings), None)

    @classmethod
    def _of(cls, own: str | None, settings: Settings, role: str) -> Self:
        return cls(own, None) if own else cls(_required(settings), role)

    @property
    def server_settings(self) -> dict[str, str]:
        applied = {"jit": "off", "timezone": "UTC"}
        return applied | {"role": self.role} if self.role else applied


def _required(settings: Settings) -> str:
    if settings.database_url is None:
        raise SettingError(
            "no database: set TRADEWIND_DATABASE_URL, or start the command through `tradewind up`, which brings one"
        )
    return settings.database_url


class Database:
    """Connections of one role.

    The constructor connects nothing; the pool fills on first use and empties with `close`.
    """

    def __init__(self, urls: Urls, *, pool_size: int = 5) -> None:
        self._urls = urls
        self.engine: AsyncEngine = create_async_engine(
            urls.url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            connect_args={
                "server_settings": urls.server_settings,
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _STATEMENT_SECONDS,
            },
            hide_parameters=True,  # password hashes and session digests are among them; logs are not the place
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
        self._writers = async_sessionmaker(self.engine, class_=Session, expire_on_commit=False)
        self._readers = async_sessionmaker(self.engine, class_=ReadSession, expire_on_commit=False)

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def writing(self, tenant_id: UUID | None = None) -> AsyncIterator[Session]:
        """One transaction, for one tenant under the app role; commits at the end, rolls back on an error."""
        async with self._writers() as session, session.begin():
            await enter_tenant(session, tenant_id)
            yield session

    @asynccontextmanager
    async def reading(self, tenant_id: UUID | None = None) -> AsyncIterator[ReadSession]:
        """One read-only transaction on one snapshot."""
        async with self._readers() as session, session.begin():
            await session.execute(text("set transaction read only"))
            await enter_tenant(session, tenant_id)
            yield session

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A bare connection of its own, for loops that hold one: the engine, the relay, listeners."""
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            self._urls.url, server_settings=self._urls.server_settings
        )
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_to_json, decoder=orjson.loads, format="text"
        )
        return connection


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


async def enter_tenant(session: AsyncSession, tenant_id: UUID | None) -> None:
    """Make the rest of the transaction the tenant's; None = nobody's."""
    if tenant_id is not None:
        await session.execute(text("select set_config('app.tenant_id', :tenant, true)"), {"tenant": str(tenant_id)})


async def enter_person(session: AsyncSession, user_id: UUID) -> None:
    """Let the rest of the transaction see what is that person's own: his second factors."""
    await session.execute(text("select set_config('app.user_id', :person, true)"), {"person": str(user_id)})


@asynccontextmanager
async def provisionally(session: AsyncSession, *, keep: bool) -> AsyncIterator[None]:
    """Work within the transaction that is kept or taken back; it costs the same, so that time does not tell which."""
    savepoint = await session.begin_nested()
    yield
    await (savepoint.commit() if keep else savepoint.rollback())
