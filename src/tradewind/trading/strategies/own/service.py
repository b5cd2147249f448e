"""Documents of a tenant's own: every version kept as it was, one of them active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from tradewind.core.signals import StrategyRef
from tradewind.core.strategy import Strategy
from tradewind.kit.ids import new_id
from tradewind.platform.database import ReadSession, Session
from tradewind.platform.spine import Event, EventType, record
from tradewind.trading.strategies.reading import read

#: More than anybody writes; each may be 32 KB.
MAX_VERSIONS = 200


class SaveRefusal(StrEnum):
    """Why a document was not kept."""

    PLAN_LIMIT = "plan_limit"
    VERSION_TAKEN = "version_taken"
    TOO_MANY_VERSIONS = "too_many_versions"


@dataclass(frozen=True, slots=True)
class OwnVersion:
    version: int
    content_hash: str
    created_at: datetime
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OwnStrategy:
    """A strategy of one's own with its versions, the newest first."""

    name: str
    active_version: int
    versions: tuple[OwnVersion, ...]

    @property
    def active(self) -> OwnVersion:
        return next(each for each in self.versions if each.version == self.active_version)


#: Holds back whoever else saves for the tenant, so that limits hold exactly.
_ALLOWED = text(
    "select e.may_open, e.max_strategies from subscriptions s join entitlements e using (tenant_id) "
    "where s.tenant_id = :tenant_id for update of s"
)
_COUNT = text("select count(*) from strategies where tenant_id = :tenant_id and deleted_at is null")
_OWN = text("select id, active_version, deleted_at from strategies where tenant_id = :tenant_id and name = :name")
_VERSIONS = text("select version, content_hash from strategy_versions where strategy_id = :id order by version")
_ADD = text("insert into strategies (id, tenant_id, name) values (:id, :tenant_id, :name)")
_KEEP = text(
    "insert into strategy_versions (id, strategy_id, tenant_id, version, content_hash, document) "
    "values (:id, :strategy_id, :tenant_id, :version, :content_hash, cast(:document as jsonb))"
)
_SET_ACTIVE = text("update strategies set active_version = :version, deleted_at = null where id = :id")
_ACTIVATE = text(
    "update strategies s set active_version = v.version from strategy_versions v "
    "where s.tenant_id = :tenant_id and s.name = :name and s.deleted_at is null "
    "and v.strategy_id = s.id and v.version = :version returning s.id, v.content_hash"
)
_DELETE = text(
    "update strategies set deleted_at = :at where tenant_id = :tenant_id and name = :name and deleted_at is null "
    "returning id"
)
_LIST = text(
    "select s.name, s.active_version, v.version, v.content_hash, v.created_at, v.document "
    "from strategies s join strategy_versions v on v.strategy_id = s.id "
    "where s.tenant_id = :tenant_id and s.deleted_at is null and (cast(:name as text) is null or s.name = :name) "
    "order by s.name, v.version desc"
)
_TEXT = text(
    "select v.document from strategies s join strategy_versions v on v.strategy_id = s.id "
    "where s.tenant_id = :tenant_id and s.name = :name and s.deleted_at is null "
    "and v.version = coalesce(cast(:version as int), s.active_version)"
)


async def save(
    session: Session, tenant_id: UUID, strategy: Strategy, document: str, at: datetime
) -> SaveRefusal | None:
    """Keep `document`, which says `strategy`, as a version and make it the active one; None when it is.

    Content that is there already is only made active again, whatever the text looks like. A name that was deleted comes
    back with the versions that it had.

    Args:
        at: wall time.
    """
    ref = strategy.ref
    named = {"tenant_id": tenant_id, "name": ref.name}
    allowed = (await session.execute(_ALLOWED, {"tenant_id": tenant_id})).one()
    own = (await session.execute(_OWN, named)).one_or_none()
    held: dict[int, str] = {}
    if own is not None:
        held = {row.version: row.content_hash for row in (await session.execute(_VERSIONS, {"id": own.id})).all()}
    known = held.get(ref.version) == ref.content_hash
    if own is None or own.deleted_at is not None:
        count = await session.scalar(_COUNT, {"tenant_id": tenant_id})
        if allowed.max_strategies is not None and count >= allowed.max_strategies:
            return SaveRefusal.PLAN_LIMIT
    elif known and own.active_version == ref.version:
        return None
    elif known:
        await session.execute(_SET_ACTIVE, {"id": own.id, "version": ref.version})
        await _record(session, EventType.STRATEGY_ACTIVATED, tenant_id, own.id, at, ref)
        return None
    if not allowed.may_open:
        return SaveRefusal.PLAN_LIMIT
    if not known and held and ref.version <= max(held):
        return SaveRefusal.VERSION_TAKEN
    if not known and len(held) >= MAX_VERSIONS:
        return SaveRefusal.TOO_MANY_VERSIONS
    strategy_id: UUID = new_id() if own is None else own.id
    if own is None:
        await session.execute(_ADD, {**named, "id": strategy_id})
    if not known:
        kept = {
            "id": new_id(),
            "strategy_id": strategy_id,
            "tenant_id": tenant_id,
            "version": ref.version,
            "content_hash": ref.content_hash,
            "document": orjson.dumps(read(document)).decode(),
        }
        await session.execute(_KEEP, kept)
    await session.execute(_SET_ACTIVE, {"id": strategy_id, "version": ref.version})
    await _record(session, EventType.STRATEGY_SAVED, tenant_id, strategy_id, at, ref)
    return None


async def activate(session: Session, tenant_id: UUID, name: str, version: int, at: datetime) -> bool:
    """Make a kept version the active one, an older one too; False when there is none."""
    named = {"tenant_id": tenant_id, "name": name, "version": version}
    found = (await session.execute(_ACTIVATE, named)).one_or_none()
    if found is None:
        return False
    ref = StrategyRef(name, version, found.content_hash)
    await _record(session, EventType.STRATEGY_ACTIVATED, tenant_id, found.id, at, ref)
    return True


async def delete(session: Session, tenant_id: UUID, name: str, at: datetime) -> bool:
    """Put a strategy out of sight; False when there is none. What was tested with it keeps its document."""
    strategy_id = await session.scalar(_DELETE, {"tenant_id": tenant_id, "name": name, "at": at})
    if strategy_id is None:
        return False
    await record(session, Event(EventType.STRATEGY_DELETED, tenant_id, strategy_id, at, {"name": name}))
    return True


async def _record(
    session: Session, kind: EventType, tenant_id: UUID, strategy_id: UUID, at: datetime, ref: StrategyRef
) -> None:
    payload = {"name": ref.name, "version": ref.version, "content_hash": ref.content_hash}
    await record(session, Event(kind, tenant_id, strategy_id, at, payload))


async def own_document(session: Session, tenant_id: UUID, name: str, version: int | None) -> str | None:
    """The text of a version as JSON, of the active one where none is named; None when there is none."""
    document = await session.scalar(_TEXT, {"tenant_id": tenant_id, "name": name, "version": version})
    return None if document is None else orjson.dumps(document).decode()


async def own_strategies(session: ReadSession | Session, tenant_id: UUID, name: str | None = None) -> list[OwnStrategy]:
    """The tenant's strategies by name; only that one, if one is named."""
    rows = (await session.execute(_LIST, {"tenant_id": tenant_id, "name": name})).all()
    versions: dict[str, list[OwnVersion]] = {}
    active = {row.name: row.active_version for row in rows}
    for row in rows:
        kept = OwnVersion(row.version, row.content_hash, row.created_at, row.document)
        versions.setdefault(row.name, []).append(kept)
    return [OwnStrategy(found, active[found], tuple(held)) for found, held in versions.items()]
