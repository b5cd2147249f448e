"""Writing many rows with few statements.

Rows are gathered by table and written with one statement each, which takes them as one JSON array of arrays and casts
their values: for both sides that is less work than an array per column. COPY would be a little faster but is refused on
tables with row-level security, which all tenant tables have.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import asyncpg
import orjson
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from tradewind.platform.database.base import Base

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
#: In one statement: what they become as jsonb must stay far below 256 MB.
_MOST_ROWS = 5000


class WriteMode(StrEnum):
    """What becomes of rows: new ones only, new or replaced, replaced only, or gone (give the primary key)."""

    INSERT = "insert"
    UPSERT = "upsert"
    UPDATE = "update"
    DELETE = "delete"


def _statement(table: Table, columns: Sequence[str], mode: WriteMode, then: str) -> str:
    names = ", ".join(columns)
    values = ", ".join(
        f"(r ->> {index})::{table.columns[name].type.compile(_DIALECT)} as {name}" for index, name in enumerate(columns)
    )
    source = f"(select {values} from jsonb_array_elements($1::text::jsonb) as r) v"
    if then:
        given = f"select {values}, place from jsonb_array_elements($1::text::jsonb) with ordinality as t(r, place)"
        written = f"insert into {table.name} ({names}) select {names} from given"
        return f"with given as ({given}), written as ({written}) {then}"
    key = [column.name for column in table.primary_key.columns]
    changed = [name for name in columns if name not in key]
    same = " and ".join(f"t.{name} = v.{name}" for name in key)
    if mode is WriteMode.DELETE:
        return f"delete from {table.name} t using {source} where {same}"
    if mode is WriteMode.UPDATE:
        changes = ", ".join(f"{name} = v.{name}" for name in changed)
        return f"update {table.name} t set {changes} from {source} where {same}"
    sql = f"insert into {table.name} ({names}) select {names} from {source}"
    if mode is WriteMode.UPSERT:
        changes = ", ".join(f"{name} = excluded.{name}" for name in changed)
        sql += f" on conflict ({', '.join(key)}) do update set {changes}"
    return sql


class Batch(NamedTuple):
    """Rows on their way, as a JSON array of arrays."""

    statement: str
    rows: str

    async def write(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        await connection.execute(self.statement, self.rows)


class _Target(NamedTuple):
    """Rows for one table."""

    statement: str
    rows: list[tuple[Any, ...]]

    def take(self) -> Batch:
        """Take out the oldest rows, as many as one statement may have."""
        taken = self.rows[:_MOST_ROWS]
        del self.rows[:_MOST_ROWS]
        return Batch(self.statement, orjson.dumps(taken, default=str).decode())


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
        target = _Target(_statement(table, columns, mode, then), [])
        self._targets.append(target)
        if mode is WriteMode.INSERT:
            self._appending.append(target)
        return target.rows

    def take(self, least: int) -> Batch | None:
        """Take out rows of the table with the most of them, of those that are only inserted into, if there are at
        least `least`; to be written while other work goes on. Order among tables is not kept: for tables that refer to
        nothing."""
        fullest = max(self._appending, key=lambda target: len(target.rows))
        return fullest.take() if len(fullest.rows) >= least else None

    async def flush(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Write what was gathered, inside the caller's transaction."""
        for target in self._targets:
            while target.rows:
                await target.take().write(connection)
