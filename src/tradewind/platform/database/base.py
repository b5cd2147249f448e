"""The declarative base of every table, and the mark of those that belong to a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that migrations can speak of them. Decimals keep the scale they came with."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Decimal: Numeric(),
        UUID: Uuid(),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


class TenantRow:
    """Mixin of tables whose rows belong to one tenant; they get forced row-level security."""

    tenant_id: Mapped[UUID]


def tenant_tables(metadata: MetaData = Base.metadata) -> Iterable[Table]:
    """Every table with a tenant column, in name order."""
    return (table for _, table in sorted(metadata.tables.items()) if "tenant_id" in table.columns)
