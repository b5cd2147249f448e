"""Roles and row-level security, as statements for migrations.

Three roles: the owner migrates and owns, `tradewind_app` serves requests and sees one tenant at a time,
`tradewind_system` (engine, workers) sees all tenants, by policy rather than by a power to bypass policies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

APP = "tradewind_app"
SYSTEM = "tradewind_system"

#: The tenant of the present transaction; unset means no tenant, and so no rows.
CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
#: Likewise the person whose own things the transaction is about.
CURRENT_PERSON = "nullif(current_setting('app.user_id', true), '')::uuid"


def create_roles() -> Iterator[str]:
    """Make the roles where the operator has not, and let the owner take on those it made."""
    for role in (APP, SYSTEM):
        yield (
            f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then "
            f"create role {role} nologin; execute format('grant {role} to %I', current_user); end if; end $$"
        )
        yield f"grant usage on schema public to {role}"


def isolate(table: str, *, shared: bool = False) -> Iterator[str]:
    """Force row-level security on a tenant table.

    Args:
        shared: rows without a tenant are everybody's to read.
    """
    seen = f"tenant_id = {CURRENT_TENANT}"
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    yield f"create policy tenant on {table} for all to {APP} using ({seen}) with check ({seen})"
    if shared:
        yield f"create policy everybody_reads on {table} for select to {APP} using (tenant_id is null)"
    yield f"create policy system on {table} for all to {SYSTEM} using (true) with check (true)"


def isolate_person(table: str) -> Iterator[str]:
    """Force row-level security on a table of what is one person's, in whatever organisation he works."""
    own = f"user_id = {CURRENT_PERSON}"
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    yield f"create policy person on {table} for all to {APP} using ({own}) with check ({own})"
    yield f"create policy system on {table} for all to {SYSTEM} using (true) with check (true)"


def grant(table: str, *, app: Sequence[str] = (), system: Sequence[str] = ()) -> Iterator[str]:
    """Grant privileges such as "select, insert"; what is not granted is refused."""
    for role, privileges in ((APP, app), (SYSTEM, system)):
        if privileges:
            yield f"grant {', '.join(privileges)} on {table} to {role}"
