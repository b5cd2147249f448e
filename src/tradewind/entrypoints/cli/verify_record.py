"""`tradewind verify-record`: whether the audit log is what was sealed, and leads to what was published."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import click

from tradewind.entrypoints.jobs import heads_file
from tradewind.platform.database import Database, Urls
from tradewind.platform.embedded import DataFolder, running_servers
from tradewind.platform.settings import Settings, get_settings
from tradewind.platform.spine import RecordHead, chains_of, disagreeing, published_heads, read_heads, verify_chain


@click.command("verify-record")
@click.option("--tenant", type=click.UUID, help="Only this tenant's chain.  [default: every chain]")
@click.option(
    "--heads",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Publications kept elsewhere, a line of JSON each.  [default: those in the data folder]",
)
def command(tenant: UUID | None, heads: Path | None) -> None:
    """Recompute the audit log; exit with 1 at the first link or publication that does not hold.

    For an installation that runs as `tradewind up`, set TRADEWIND_DATA to its data folder.
    """
    settings = get_settings()
    try:
        if settings.database_url is None and (running := running_servers(DataFolder(settings.data))) is not None:
            settings = settings.model_copy(update={"database_url": running.database.owner})
        file = heads or heads_file(settings)
        kept = read_heads(file) if file.exists() else []
        faults = asyncio.run(_verify(settings, tenant, {"in the database": None, f"in {file}": kept}))
    except (OSError, ValueError, asyncpg.PostgresError) as error:
        faults = [str(error)]
    for fault in faults:
        print(f"tradewind verify-record: {fault}", file=sys.stderr)
    if faults:
        sys.exit(1)


async def _verify(
    settings: Settings, tenant: UUID | None, kept: Mapping[str, Sequence[RecordHead] | None]
) -> list[str]:
    """What does not hold, in words; tells what does.

    Args:
        kept: publications by where they were; None stands for those of the database itself.
    """
    database = Database(Urls.system(settings), pool_size=1)
    connection = await database.connect()
    try:
        faults: list[str] = []
        chains = [tenant] if tenant is not None else [chain async for chain in chains_of(connection)]
        links = 0
        for chain in chains:
            count = await connection.fetchval("select count(*) from event_seals where chain = $1", chain)
            links += count
            if count == 0:
                raise ValueError(f"expected a tenant with a chain, got {chain}, of whom nothing is sealed")
            if fault := await verify_chain(connection, chain):
                faults.append(f"chain {chain}, link {fault.seq}: {fault.reason}")
        published = await published_heads(connection)
        for where, heads in kept.items():
            if wrong := await disagreeing(connection, published if heads is None else heads):
                faults.append(f"the chains do not lead to what was published on {wrong.day} ({where})")
        if not faults:
            print(f"{len(chains)} chains of {links} links hold, and lead to {len(published)} published heads")
        return faults
    finally:
        await connection.close(timeout=1)
        await database.close()
