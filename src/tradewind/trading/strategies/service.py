"""Keeping the built-in strategies where statements and other processes can see them."""

from __future__ import annotations

import orjson
from sqlalchemy import text

from tradewind.kit.ids import derive_id
from tradewind.platform.database import Session
from tradewind.trading.strategies.builtin import builtin_strategies, builtin_text
from tradewind.trading.strategies.reading import read


class ChangedVersionError(Exception):
    """A built-in strategy says something else than was stored under the same version."""


_STRATEGY = text("insert into strategies (id, name) values (:id, :name) on conflict (tenant_id, name) do nothing")
_VERSION = text(
    "insert into strategy_versions (id, strategy_id, version, content_hash, document) "
    "values (:id, :strategy_id, :version, :content_hash, cast(:document as jsonb)) "
    "on conflict (strategy_id, version) do nothing"
)
_STORED = text("select content_hash from strategy_versions where strategy_id = :strategy_id and version = :version")


async def sync_builtin_strategies(session: Session) -> None:
    """Store what is not stored yet; run as the system role by `migrate`. Versions are never changed.

    Raises:
        ChangedVersionError: a document was changed without a new version.
    """
    for name, strategy in builtin_strategies().items():
        blueprint = strategy.blueprint
        strategy_id = derive_id("strategy", name)
        named = {"strategy_id": strategy_id, "version": blueprint.version}
        await session.execute(_STRATEGY, {"id": strategy_id, "name": name})
        await session.execute(
            _VERSION,
            named
            | {
                "id": derive_id("strategy version", name, blueprint.version),
                "content_hash": blueprint.document_hash,
                "document": orjson.dumps(read(builtin_text(name))).decode(),
            },
        )
        stored = await session.scalar(_STORED, named)
        if stored != blueprint.document_hash:
            raise ChangedVersionError(
                f"strategy {name}: version {blueprint.version} is stored with other content ({str(stored)[:12]}…, now "
                f"{blueprint.document_hash[:12]}…); give the changed document a new version"
            )
