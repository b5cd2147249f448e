"""At most once: a request that is made again with the same Idempotency-Key gets the first one's answer.

The answer is stored in the transaction that did the work, so there is no moment at which one is there without the
other; a request that failed has left nothing and may be tried again. Cache-like stores cannot promise that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, text

from tradewind.platform.database import Session
from tradewind.platform.idempotency.models import IdempotencyRow


class Conflict(StrEnum):
    """Why a key cannot be used now."""

    IN_FLIGHT = "in_flight"
    OTHER_REQUEST = "other_request"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What the first request was answered; `body` is JSON text, byte for byte."""

    status: int
    body: str


_BODY = "body"
# Held until the transaction ends; a second request with the key finds it taken instead of waiting.
_CLAIM = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


async def claim(session: Session, tenant_id: UUID, key: str, fingerprint: bytes) -> StoredAnswer | Conflict | None:
    """Take `key` for this transaction.

    Args:
        fingerprint: SHA-256 over what makes the request the same one.

    Returns:
        None when the work is to be done (and then stored with `store`), else the stored answer or what is in the way.
    """
    if not await session.scalar(_CLAIM, {"name": f"idempotency:{tenant_id}:{key}"}):
        return Conflict.IN_FLIGHT
    row = await session.scalar(
        select(IdempotencyRow).where(IdempotencyRow.tenant_id == tenant_id, IdempotencyRow.key == key)
    )
    if row is None:
        return None
    if row.fingerprint != fingerprint or row.status is None:
        return Conflict.OTHER_REQUEST
    assert row.response is not None
    return StoredAnswer(row.status, row.response[_BODY])


async def store(session: Session, tenant_id: UUID, key: str, fingerprint: bytes, answer: StoredAnswer) -> None:
    """Keep the answer with the work."""
    session.add(
        IdempotencyRow(
            tenant_id=tenant_id,
            key=key,
            fingerprint=fingerprint,
            status=answer.status,
            # As text within the JSON: a jsonb column would change the order of the keys.
            response={_BODY: answer.body},
        )
    )
    await session.flush()
