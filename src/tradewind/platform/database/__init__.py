"""PostgreSQL: declarative base, roles and row-level security, units of work, bulk writes.

Nobody outside this package commits: a unit of work commits when its block ends without an error.
"""

from tradewind.platform.database.base import Base, TenantRow, tenant_tables
from tradewind.platform.database.bulk import Batch, BulkWriter, WriteMode
from tradewind.platform.database.reads import Reader, ReadPool
from tradewind.platform.database.units import (
    Database,
    ReadSession,
    Session,
    Urls,
    enter_person,
    enter_tenant,
    provisionally,
)

__all__ = [
    "Base",
    "Batch",
    "BulkWriter",
    "Database",
    "ReadPool",
    "ReadSession",
    "Reader",
    "Session",
    "TenantRow",
    "Urls",
    "WriteMode",
    "enter_person",
    "enter_tenant",
    "provisionally",
    "tenant_tables",
]
