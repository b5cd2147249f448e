"""What is done about the platform's own tables from time to time: forget what is old, verify the audit chains."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from tradewind.platform.metrics import CHAIN_FAULTS
from tradewind.platform.spine import ChainFault, chains_of, verify_chain

_log = structlog.get_logger()

#: How long a client may ask to resume, and how long a request may be repeated under its key.
FRAMES_KEPT = timedelta(days=7)
IDEMPOTENCY_KEYS_KEPT = timedelta(hours=24)

_PRUNE_FRAMES = "delete from frames where created_at < clock_timestamp() - $1::interval"
_PRUNE_KEYS = "delete from idempotency_keys where created_at < clock_timestamp() - $1::interval"


async def prune(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """Forget frames and idempotency keys that are too old to be asked for; how many rows."""
    frames: str = await connection.execute(_PRUNE_FRAMES, FRAMES_KEPT)
    keys: str = await connection.execute(_PRUNE_KEYS, IDEMPOTENCY_KEYS_KEPT)
    return sum(int(status.rsplit(" ", 1)[-1]) for status in (frames, keys))


async def verify_chains(connection: asyncpg.Connection[asyncpg.Record]) -> dict[UUID, ChainFault]:
    """Recompute every tenant's audit chain; those that do not hold, which are logged and counted, too."""
    faults: dict[UUID, ChainFault] = {}
    async for chain in chains_of(connection):
        fault = await verify_chain(connection, chain)
        if fault is not None:
            faults[chain] = fault
            CHAIN_FAULTS.inc()
            _log.error("audit_chain_broken", chain=str(chain), seq=fault.seq, reason=fault.reason)
    return faults
