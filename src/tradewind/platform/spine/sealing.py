"""The hash chain of the audit log, one per tenant, so that history cannot change unnoticed.

link = SHA-256(previous link ‖ canonical JSON of the event). Writers never wait for the chain: the relay seals events
within about a second of their commit, in the order of the outbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from uuid import UUID

import asyncpg
import orjson

from tradewind.platform.spine.recording import detail_digest
from tradewind.platform.spine.relay import Delivery

#: The chain of events that belong to no tenant.
PLATFORM_CHAIN = UUID(int=0)
_GENESIS = bytes(32)

_HEADS = """
select c.chain, s.seq, s.hash from unnest($1::uuid[]) as c(chain)
cross join lateral (select seq, hash from event_seals where chain = c.chain order by seq desc limit 1) s
"""
_INSERT = """
insert into event_seals (chain, seq, event_id, hash)
select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bytea[])
"""
# One step along the primary key per chain; `distinct` would read every link of every chain.
_FIRST_CHAIN = "select chain from event_seals order by chain limit 1"
_NEXT_CHAIN = "select chain from event_seals where chain > $1 order by chain limit 1"
_CHAIN = """
select s.seq, s.hash, s.event_id, e.id, e.tenant_id, e.type, e.subject_id, e.at, e.payload, e.detail_digest,
       e.recorded_at, d.event_id is not null as has_details, d.salt, d.ip_address, d.user_agent
from event_seals s left join events e on e.id = s.event_id left join event_details d on d.event_id = e.id
where s.chain = $1 order by s.seq
"""


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where a chain does not hold, and what is wrong there."""

    seq: int
    reason: str


async def seal(connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]) -> None:
    """Chain `deliveries`; the relay's handler of the audit log. The relay lets one sealer work at a time."""
    chains = {delivery.tenant_id or PLATFORM_CHAIN for delivery in deliveries}
    heads = {row["chain"]: (row["seq"], row["hash"]) for row in await connection.fetch(_HEADS, list(chains))}
    links: list[tuple[UUID, int, UUID, bytes]] = []
    for delivery in deliveries:
        chain = delivery.tenant_id or PLATFORM_CHAIN
        seq, previous = heads.get(chain, (0, _GENESIS))
        head = sha256(previous + _canonical(delivery)).digest()
        heads[chain] = (seq + 1, head)
        links.append((chain, seq + 1, delivery.event_id, head))
    await connection.execute(_INSERT, *map(list, zip(*links, strict=True)))


async def chains_of(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[UUID]:
    """Every chain there is."""
    chain: UUID | None = await connection.fetchval(_FIRST_CHAIN)
    while chain is not None:
        yield chain
        chain = await connection.fetchval(_NEXT_CHAIN, chain)


async def verify_chain(
    connection: asyncpg.Connection[asyncpg.Record], chain: UUID = PLATFORM_CHAIN
) -> ChainFault | None:
    """Recompute a whole chain; the first fault, or None when it holds."""
    previous, expected = _GENESIS, 1
    async with connection.transaction(readonly=True):
        async for row in connection.cursor(_CHAIN, chain):
            if row["seq"] != expected:
                return ChainFault(expected, f"expected link {expected}, got {row['seq']}: links are missing")
            if row["id"] is None:
                return ChainFault(expected, f"event {row['event_id']} is sealed but gone")
            if sha256(previous + _canonical(Delivery.of(row))).digest() != row["hash"]:
                return ChainFault(expected, f"event {row['event_id']} is not what was sealed")
            if row["has_details"]:
                digest = detail_digest(row["salt"], row["ip_address"], row["user_agent"])
                if digest != row["detail_digest"]:
                    return ChainFault(expected, f"the details of event {row['event_id']} were changed")
            previous, expected = row["hash"], expected + 1
    return None


def _canonical(event: Delivery) -> bytes:
    content = {
        "id": str(event.event_id),
        "tenant_id": str(event.tenant_id) if event.tenant_id else None,
        "type": event.type.value,
        "subject_id": str(event.subject_id),
        "at": event.at.astimezone(UTC).isoformat(),
        "payload": event.payload,
        "detail_digest": event.detail_digest.hex() if event.detail_digest else None,
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
