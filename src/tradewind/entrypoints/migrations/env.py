"""Run by Alembic; the connection comes from `entrypoints.migrating`."""

from __future__ import annotations

from typing import Any

from alembic import context

from tradewind.entrypoints.schema import metadata


def _compared(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Leave alone what is made by hand: the view, which reflection takes for a table."""
    return not (kind == "table" and name == "entitlements")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_type=True,
    include_object=_compared,
)
with context.begin_transaction():
    context.run_migrations()
