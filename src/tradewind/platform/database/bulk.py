"""Writing many rows with few statements.

Rows are gathered by table and written with one `insert … select from unnest(…)` each. COPY would be a little faster but
is refused on tables with row-level security, which all tenant tables have.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from tradewind.platform.database.base import Base

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class WriteMode(StrEnum):
    """What becomes of rows: new ones only, new or replaced, replaced only, or gone (give the primary key)."""

    INSERT = "insert"
    UPSERT = "upsert"
    UPDATE = "update"
    DELETE = "delete"


def _statement(table: Table, columns: Sequence[str], mode: WriteMode, then: str) -> str:
    kinds = {name: table.columns[name].type for name in columns}
    # An array of jsonb goes as text and is cast per element: it saves a codec round trip.
    is_json = {name: isinstance(kind, JSONB) for name, kind in kinds.items()}
    values = {name: f"v.{name}::jsonb" if is_json[name] else f"v.{name}" for name in columns}
    arrays = ", ".join(
        f"${index}::{'text' if is_json[name] else kinds[name].compile(_DIALECT)}[]"
        for index, name in enumerate(columns, start=1)
    )
    names = ", ".join(columns)
    source = f"unnest({arrays}) as v({names})"
    if then:
        given = f"select * from unnest({arrays}) with ordinality as v({names}, place)"
        written = f"insert into {table.name} ({names}) select {', '.join(values.values())} from given v"
        return f"with given as ({given}), written as ({written}) {then}"
    key = [column.name for column in table.primary_key.columns]
    changed = [name for name in columns if name not in key]
    same = " and ".join(f"t.{name} = v.{name}" for name in key)
    if mode is WriteMode.DELETE:
        return f"delete from {table.name} t using {source} where {same}"
    if mode is WriteMode.UPDATE:
        changes = ", ".join(f"{name} = {values[name]}" for name in changed)
        return f"update {table.name} t set {changes} from {source} where {same}"
    sql = f"insert into {table.name} ({names}) select {', '.join(values.values())} from {source}"
    if mode is WriteMode.UPSERT:
        changes = ", ".join(f"{name} = excluded.{name}" for name in changed)
        sql += f" on conflict ({', '.join(key)}) do update set {changes}"
    return sql


class Batch(NamedTuple):
    """Rows on their way, as columns."""

    statement: str
    columns: list[list[Any]]

    async def write(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await connection.execute(self.statement, *self.columns)


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return list(map(list, zip(*rows, strict=True)))


class BulkWriter:
    """Gathers rows for several tables; `flush` writes them in the order in which the targets were declared.

    One writer lives as long as its process: statements are made once and stay prepared on the connection.
    """

    def __init__(self) -> None:
        self._targets: list[tuple[str, list[tuple[Any, ...]]]] = []
        self._appending: list[tuple[str, list[tuple[Any, ...]]]] = []

    def declare(
        self, mapped: type[Base], columns: Sequence[str], mode: WriteMode = WriteMode.INSERT, *, then: str = ""
    ) -> list[tuple[Any, ...]]:
        """Prepare to write `columns` of a mapped class's table.

        For upserts and updates give each primary key once between two flushes.

        Args:
            then: with rows that are inserted, a statement that goes with them and reads them as the table `given`, the
                number of each row in its column `place`.

        Returns:
            The list to append rows to, as tuples in the order of `columns`; JSON values as text. `flush` empties it.
        """
        table = mapped.__table__
        assert isinstance(table, Table)
        rows: list[tuple[Any, ...]] = []
        target = (_statement(table, columns, mode, then), rows)
        self._targets.append(target)
        if mode is WriteMode.INSERT:
            self._appending.append(target)
        return rows

    def take(self, least: int) -> Batch | None:
        """Take out the rows of the table with the most of them, of those that are only inserted into, if there are at
        least `least`; to be written while other work goes on. Order among tables is not kept: for tables that refer to
        nothing."""
        statement, rows = max(self._appending, key=lambda target: len(target[1]))
        if len(rows) < least:
            return None
        taken = Batch(statement, _columns(rows))
        rows.clear()
        return taken

    async def flush(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Write what was gathered, inside the caller's transaction."""
        for statement, rows in self._targets:
            if rows:
                columns = _columns(rows)
                rows.clear()
                await connection.execute(statement, *columns)
