"""Who belongs to an organisation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import asyncpg

_MEMBERS = "select organisation_id, user_id from memberships where organisation_id = any($1)"


async def members_of(
    connection: asyncpg.Connection[asyncpg.Record], organisations: Iterable[UUID]
) -> dict[UUID, list[UUID]]:
    """The users of each of `organisations`."""
    members: dict[UUID, list[UUID]] = {}
    for row in await connection.fetch(_MEMBERS, list(organisations)):
        members.setdefault(row["organisation_id"], []).append(row["user_id"])
    return members
