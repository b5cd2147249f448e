"""Who may see a signal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import asyncpg

_READERS = "select signal_id, user_id, tenant_id from user_signals where signal_id = any($1)"


class Reader(NamedTuple):
    """A user to whom a signal was delivered."""

    user_id: UUID
    tenant_id: UUID


async def readers_of(
    connection: asyncpg.Connection[asyncpg.Record], signals: Iterable[UUID]
) -> dict[UUID, list[Reader]]:
    """The users to whom each of `signals` was delivered; asked under the system role, which sees all tenants."""
    readers: dict[UUID, list[Reader]] = {}
    for row in await connection.fetch(_READERS, list(signals)):
        readers.setdefault(row["signal_id"], []).append(Reader(row["user_id"], row["tenant_id"]))
    return readers
