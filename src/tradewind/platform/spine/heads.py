"""The heads of all chains, published once a day: whoever kept a publication can tell whether history was rewritten.

A chain proves that nothing in it was changed, unless all that follows was made anew. A published digest over every
chain's head holds that too. It tells nothing of whose chains there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

import asyncpg
import orjson

from tradewind.platform.spine.events import Destination
from tradewind.platform.spine.relay import relay_lock

type _Connection = asyncpg.Connection[asyncpg.Record]

_HEADS = """
select distinct on (chain) chain, seq, hash from event_seals where sealed_at <= $1 order by chain, seq desc
"""
_NOW = "select greatest(clock_timestamp(), max(sealed_at)) from event_seals"
_PUBLISH = "insert into record_heads (day, at, chains, digest) values ($1, $2, $3, $4) on conflict do nothing"
_PUBLISHED = "select day, at, chains, digest from record_heads order by day"


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What was published on a day.

    Attributes:
        at: up to when links count.
        chains: how many there were.
        digest: SHA-256 over (chain, number of its last link, hash of that) of every chain, in the order of their ids.
    """

    day: date
    at: datetime
    chains: int
    digest: bytes

    def line(self) -> bytes:
        """As a line of JSON, for a file and for whoever asks."""
        return orjson.dumps(
            {"day": self.day, "at": self.at, "chains": self.chains, "digest": self.digest.hex()},
            option=orjson.OPT_APPEND_NEWLINE,
        )

    @classmethod
    def of_line(cls, line: bytes) -> RecordHead:
        """What `line` made.

        Raises:
            ValueError: it did not.
        """
        try:
            told = orjson.loads(line)
            at = datetime.fromisoformat(told["at"])
            return cls(date.fromisoformat(told["day"]), at, int(told["chains"]), bytes.fromhex(told["digest"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"expected day, at, chains and digest, got {line.decode(errors='replace')!r}") from error


async def publish_heads(connection: _Connection) -> None:
    """Publish the heads of today, unless they are published. No link is made meanwhile."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext($1))", relay_lock(Destination.AUDIT))
        at: datetime = await connection.fetchval(_NOW)
        chains, digest = await _heads_at(connection, at)
        await connection.execute(_PUBLISH, at.date(), at, chains, digest)


async def published_heads(connection: _Connection) -> list[RecordHead]:
    """Every publication, the first one first."""
    return [RecordHead(**row) for row in await connection.fetch(_PUBLISHED)]


async def disagreeing(connection: _Connection, published: Iterable[RecordHead]) -> RecordHead | None:
    """The first of the publications that the chains of today do not lead to; None when they lead to all."""
    for head in published:
        if await _heads_at(connection, head.at) != (head.chains, head.digest):
            return head
    return None


def read_heads(file: Path) -> list[RecordHead]:
    """The publications in a file.

    Raises:
        ValueError: a line is none.
    """
    return [RecordHead.of_line(line) for line in file.read_bytes().splitlines()]


def keep_heads(file: Path, published: Sequence[RecordHead]) -> None:
    """Append the publications that are not in the file; what is in it stays, whatever became of the table."""
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = {head.day for head in read_heads(file)} if file.exists() else set()
    with file.open("ab") as lines:
        lines.writelines(head.line() for head in published if head.day not in kept)


async def _heads_at(connection: _Connection, at: datetime) -> tuple[int, bytes]:
    """How many chains there were, and the digest of their heads."""
    digest, chains = sha256(), 0
    async with connection.transaction():
        async for row in connection.cursor(_HEADS, at):
            digest.update(row["chain"].bytes + row["seq"].to_bytes(8) + row["hash"])
            chains += 1
    return chains, digest.digest()
