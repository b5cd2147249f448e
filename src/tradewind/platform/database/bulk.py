"""Writing many rows with few statements.

Rows are gathered by table and written with one `insert … select from unnest(…)` each. COPY would be a little faster but
is refused on tables with row-level security, which all tenant tables have.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import DateTime, Numeric, Table
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


#: What goes as text and is cast by the statement: cheaper than the driver's own way, by half for numbers and times.
_AS_TEXT = (JSONB, Numeric, DateTime)


def _statement(table: Table, columns: Sequence[str], mode: WriteMode, then: str) -> str:
    kinds = {name: table.columns[name].type for name in columns}
    types = {name: kind.compile(_DIALECT) for name, kind in kinds.items()}
    as_text = {name for name, kind in kinds.items() if isinstance(kind, _AS_TEXT)}
    values = {name: f"v.{name}::{types[name]}" if name in as_text else f"v.{name}" for name in columns}
    arrays = ", ".join(
        f"${index}::{'text' if name in as_text else types[name]}[]" for index, name in enumerate(columns, start=1)
    )
    names = ", ".join(columns)
    source = f"unnest({arrays}) as v({names})"
    if then:
        given = f"select * from unnest({arrays}) with ordinality as v({names}, place)"
        written = f"insert into {table.name} ({names}) select {', '.join(values.values())} from given v"
        return f"with given as ({given}), written as ({written}) {then}"
    key = [column.name for column in table.primary_key.columns]
    changed = [name for name in columns if name not in key]
    same = " and ".join(f"t.{name} = {values[name]}" for name in key)
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


class _Target(NamedTuple):
    """Rows for one table; `as_text` says of each column whether it goes as text."""

    statement: str
    as_text: tuple[bool, ...]
    rows: list[tuple[Any, ...]]

    def take(self) -> Batch:
        """The rows as columns; there are none afterwards."""
        columns = [
            [None if value is None else str(value) for value in column] if as_text else list(column)
            for as_text, column in zip(self.as_text, zip(*self.rows, strict=True), strict=True)
        ]
        self.rows.clear()
        return Batch(self.statement, columns)


class BulkWriter:
    """Gathers rows for several tables; `flush` writes them in the order in which the targets were declared.

    One writer lives as long as its process: statements are made once and stay prepared on the connection.
    """

    def __init__(self) -> None:
        self._targets: list[_Target] = []
        self._appending: list[_Target] = []

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
        as_text = tuple(isinstance(table.columns[name].type, _AS_TEXT) for name in columns)
        target = _Target(_statement(table, columns, mode, then), as_text, [])
        self._targets.append(target)
        if mode is WriteMode.INSERT:
            self._appending.append(target)
        return target.rows

    def take(self, least: int) -> Batch | None:
        """Take out the rows of the table with the most of them, of those that are only inserted into, if there are at
        least `least`; to be written while other work goes on. Order among tables is not kept: for tables that refer to
        nothing."""
        fullest = max(self._appending, key=lambda target: len(target.rows))
        return fullest.take() if len(fullest.rows) >= least else None

    async def flush(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Write what was gathered, inside the caller's transaction."""
        for target in self._targets:
            if target.rows:
                await target.take().write(connection)
