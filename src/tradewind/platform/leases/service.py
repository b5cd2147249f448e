"""Leases with fencing tokens: one holder at a time, and one who was too slow cannot write any more."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass

import asyncpg

_TAKE = """
insert into leases as l (name, holder, token, expires_at)
values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
on conflict (name) do update
set holder = excluded.holder, token = l.token + 1, expires_at = excluded.expires_at
where l.expires_at < clock_timestamp() or l.holder = any($4)
returning token
"""
_RENEW = """
update leases set expires_at = clock_timestamp() + make_interval(secs => $3)
where name = $1 and token = $2
"""
_RELEASE = "update leases set expires_at = clock_timestamp() where name = $1 and token = $2"


class LeaseLostError(Exception):
    """Somebody else holds the lease now; whoever gets this must stop writing at once."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was taken. `renew` inside a transaction fences it: the transaction fails when the lease is lost."""

    name: str
    token: int
    seconds: float

    async def renew(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Hold on to it for another term.

        Raises:
            LeaseLostError: it was taken over.
        """
        if await connection.execute(_RENEW, self.name, self.token, self.seconds) != "UPDATE 1":
            raise LeaseLostError(f"the lease {self.name} was taken over; this process stops")

    async def release(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await connection.execute(_RELEASE, self.name, self.token)


async def take_lease(
    connection: asyncpg.Connection[asyncpg.Record], name: str, *, seconds: float = 6.0, poll: float = 0.25
) -> Lease:
    """Wait until the lease is free or its holder is known to be dead, then take it.

    Dead without waiting is a holder on this machine whose process is gone, so that a restart after a kill is quick.
    """
    host = socket.gethostname()
    while True:
        row = await connection.fetchrow("select holder from leases where name = $1", name)
        dead = [row["holder"]] if row and _is_dead(row["holder"], host) else []
        token = await connection.fetchval(_TAKE, name, f"{host}:{os.getpid()}", seconds, dead)
        if token is not None:
            return Lease(name, token, seconds)
        await asyncio.sleep(poll)


def _is_dead(holder: str, host: str) -> bool:
    where, _, pid = holder.rpartition(":")
    if where != host or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()
