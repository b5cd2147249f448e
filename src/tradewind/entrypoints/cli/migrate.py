"""`tradewind migrate`: brings the schema, the plans and the built-in strategies up to date."""

from __future__ import annotations

import asyncio
import sys

import click

from tradewind.billing import sync_plans
from tradewind.entrypoints.migrating import NewerSchemaError, is_current, migrate
from tradewind.platform.database import Database, Urls
from tradewind.platform.settings import Settings, get_settings
from tradewind.trading.strategies.service import ChangedVersionError, sync_builtin_strategies

_NOT_CURRENT = 3


@click.command("migrate")
@click.option("--check", is_flag=True, help="Change nothing; exit with 0 when the schema is current, else with 3.")
def command(check: bool) -> None:
    """Bring the database schema up to date."""
    settings = get_settings()
    try:
        if check:
            sys.exit(0 if asyncio.run(is_current(settings)) else _NOT_CURRENT)
        asyncio.run(bring_up_to_date(settings))
    except (NewerSchemaError, ChangedVersionError, OSError) as error:
        print(f"tradewind migrate: {error}", file=sys.stderr)
        sys.exit(1)


async def bring_up_to_date(settings: Settings) -> None:
    """Migrate the schema as its owner, then write what the code knows better as the system role.

    Raises:
        NewerSchemaError: the database is ahead of this code.
        ChangedVersionError: a built-in strategy was changed without a new version.
    """
    await migrate(settings)
    system = Database(Urls.system(settings), pool_size=1)
    try:
        async with system.writing() as session:
            await sync_plans(session)
            await sync_builtin_strategies(session)
    finally:
        await system.close()
