"""Documents of a tenant's own: every version kept as it was, one of them active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from tradewind.core.strategy import Strategy
from tradewind.kit.ids import new_id
from tradewind.platform.database import ReadSession, Session
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
_COUNT = text("select count(*) from strategies where tenant_id = :tenant_id")
_OWN = text("select id from strategies where tenant_id = :tenant_id and name = :name")
_VERSIONS = text("select version, content_hash from strategy_versions where strategy_id = :id order by version")
_ADD = text("insert into strategies (id, tenant_id, name) values (:id, :tenant_id, :name)")
_KEEP = text(
    "insert into strategy_versions (id, strategy_id, tenant_id, version, content_hash, document) "
    "values (:id, :strategy_id, :tenant_id, :version, :content_hash, cast(:document as jsonb))"
)
_ACTIVATE = text(
    "update strategies s set active_version = :version where s.tenant_id = :tenant_id and s.name = :name "
    "and exists (select from strategy_versions v where v.strategy_id = s.id and v.version = :version)"
)
_LIST = text(
    "select s.name, s.active_version, v.version, v.content_hash, v.created_at, v.document "
    "from strategies s join strategy_versions v on v.strategy_id = s.id "
    "where s.tenant_id = :tenant_id and (cast(:name as text) is null or s.name = :name) "
    "order by s.name, v.version desc"
)


async def save(session: Session, tenant_id: UUID, strategy: Strategy, document: str) -> SaveRefusal | None:
    """Keep `document`, which says `strategy`, as a version and make it the active one; None when it is.

    Content that is there already is only made active again, whatever the text looks like.
    """
    ref = strategy.ref
    named = {"tenant_id": tenant_id, "name": ref.name}
    allowed = (await session.execute(_ALLOWED, {"tenant_id": tenant_id})).one()
    strategy_id: UUID | None = await session.scalar(_OWN, named)
    held: dict[int, str] = {}
    if strategy_id is not None:
        held = {row.version: row.content_hash for row in (await session.execute(_VERSIONS, {"id": strategy_id})).all()}
    if held.get(ref.version) == ref.content_hash:
        await session.execute(_ACTIVATE, {**named, "version": ref.version})
        return None
    if not allowed.may_open:
        return SaveRefusal.PLAN_LIMIT
    if strategy_id is None:
        count = await session.scalar(_COUNT, {"tenant_id": tenant_id})
        if allowed.max_strategies is not None and count >= allowed.max_strategies:
            return SaveRefusal.PLAN_LIMIT
        strategy_id = new_id()
        await session.execute(_ADD, {**named, "id": strategy_id})
    if held and ref.version <= max(held):
        return SaveRefusal.VERSION_TAKEN
    if len(held) >= MAX_VERSIONS:
        return SaveRefusal.TOO_MANY_VERSIONS
    kept = {
        "id": new_id(),
        "strategy_id": strategy_id,
        "tenant_id": tenant_id,
        "version": ref.version,
        "content_hash": ref.content_hash,
        "document": orjson.dumps(read(document)).decode(),
    }
    await session.execute(_KEEP, kept)
    await session.execute(_ACTIVATE, {**named, "version": ref.version})
    return None


async def activate(session: Session, tenant_id: UUID, name: str, version: int) -> bool:
    """Make a kept version the active one, an older one too; False when there is none."""
    done = await session.execute(_ACTIVATE, {"tenant_id": tenant_id, "name": name, "version": version})
    return bool(done.rowcount)  # type: ignore[attr-defined]


async def own_strategies(session: ReadSession | Session, tenant_id: UUID, name: str | None = None) -> list[OwnStrategy]:
    """The tenant's strategies by name; only that one, if one is named."""
    rows = (await session.execute(_LIST, {"tenant_id": tenant_id, "name": name})).all()
    versions: dict[str, list[OwnVersion]] = {}
    active = {row.name: row.active_version for row in rows}
    for row in rows:
        kept = OwnVersion(row.version, row.content_hash, row.created_at, row.document)
        versions.setdefault(row.name, []).append(kept)
    return [OwnStrategy(found, active[found], tuple(held)) for found, held in versions.items()]
