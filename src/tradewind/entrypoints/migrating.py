"""Bringing the schema up to date, as its owner."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from tradewind.platform.database import ReadSession, Urls
from tradewind.platform.settings import Settings

#: A migration that cannot get its lock in this time fails instead of blocking everybody behind it.
_LOCK_TIMEOUT = "5s"


class NewerSchemaError(Exception):
    """The database was migrated by a newer version of Tradewind."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


async def _as_owner[T](settings: Settings, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(Urls.owner(settings).url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"set lock_timeout = '{_LOCK_TIMEOUT}'"))
            await connection.commit()
            answer = await connection.run_sync(work)
            await connection.commit()
            return answer
    finally:
        await engine.dispose()


def _refuse_newer(connection: Connection) -> str | None:
    script = ScriptDirectory.from_config(_config())
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise NewerSchemaError(
            f"the database is at schema {current}, which this version does not know: "
            "it was written by a newer Tradewind; run that version or use another database"
        )
    return current


async def migrate(settings: Settings, revision: str = "head") -> None:
    """Upgrade to `revision`.

    Raises:
        NewerSchemaError: the database is ahead of this code.
    """

    def work(connection: Connection) -> None:
        _refuse_newer(connection)
        connection.commit()
        command.upgrade(_config(connection), revision)

    await _as_owner(settings, work)


async def downgrade(settings: Settings, revision: str) -> None:
    """Go back to `revision` ("base" = an empty schema)."""
    await _as_owner(settings, lambda connection: command.downgrade(_config(connection), revision))


@cache
def head_revision() -> str | None:
    """The schema that this code wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def revision_of(session: ReadSession) -> str | None:
    """The schema that the database has, as any role may see it."""
    revision: str | None = await session.scalar(text("select version_num from alembic_version"))
    return revision


async def is_current(settings: Settings) -> bool:
    """Whether the schema is the one this code wants."""
    return await _as_owner(settings, _refuse_newer) == head_revision()
