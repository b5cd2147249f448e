"""The audit log is held by what was published of it, also against whoever makes a chain anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from tests.support.events import Member, count, fetch, join, position_event, tell
from tests.support.http import Api
from tradewind.entrypoints.cli import main
from tradewind.entrypoints.jobs import heads_file, publish_record
from tradewind.platform.database import Database
from tradewind.platform.jobs import JobContext, JobQueue, celery_app
from tradewind.platform.settings import Settings, get_settings
from tradewind.platform.spine import Delivery, Destination, Relay, read_heads, seal

TABLES = ("events", "event_seals")


@pytest.fixture
async def context(settings: Settings, system_database: Database, broker: Redis) -> JobContext:
    return JobContext(system_database, broker, settings, JobQueue(celery_app(settings)))


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command finds the test's installation as it would any other."""
    monkeypatch.setenv("TRADEWIND_DATA", str(settings.data))
    monkeypatch.setenv("TRADEWIND_DATABASE_URL", settings.database_url or "")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


async def _verify(*arguments: object) -> Result:
    """`tradewind verify-record`, which has a loop of its own."""
    return await asyncio.to_thread(
        lambda: CliRunner().invoke(main, ["verify-record", *map(str, arguments)], prog_name="tradewind")
    )


async def _sealed(database: Database, *members: Member) -> None:
    await tell(database, *(position_event(member) for member in members))
    connection = await database.connect()
    await Relay(database.connect, {Destination.AUDIT: seal}).relay_once(connection)
    await connection.close()


async def test_two_sealers_at_once_make_one_chain(system_database: Database) -> None:
    member = await join(system_database)
    relays = [
        asyncio.ensure_future(Relay(system_database.connect, {Destination.AUDIT: seal}, batch=7).run())
        for _ in range(2)
    ]
    for _ in range(10):
        await tell(system_database, *(position_event(member) for _ in range(20)))
    async with asyncio.timeout(20):
        while await count(system_database, "event_seals") < 200:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for relay in relays:
        relay.cancel()
    links = await fetch(system_database, "select seq from event_seals order by seq")
    assert [row["seq"] for row in links] == list(range(1, 201))


@pytest.mark.usefixtures("environment")
async def test_a_record_that_holds(context: JobContext, system_database: Database, settings: Settings) -> None:
    first, second = await join(system_database), await join(system_database)
    await _sealed(system_database, first, first, second)
    await publish_record(context)
    await _sealed(system_database, first)
    done = await _verify()
    assert (done.exit_code, done.stdout) == (0, "2 chains of 4 links hold, and lead to 1 published heads\n")
    done = await _verify("--tenant", second.tenant_id)
    assert (done.exit_code, done.stdout) == (0, "1 chains of 1 links hold, and lead to 1 published heads\n")
    (head,) = read_heads(heads_file(settings))
    assert head.chains == 2


@pytest.mark.usefixtures("environment")
async def test_a_changed_event_is_told_by_its_link(system_database: Database, settings: Settings) -> None:
    member = await join(system_database)
    await _sealed(system_database, *[member] * 5)
    await _as_owner(
        settings, "update events set payload = '{}' where id = (select event_id from event_seals where seq = 3)"
    )
    done = await _verify("--tenant", member.tenant_id)
    assert done.exit_code == 1
    assert f"chain {member.tenant_id}, link 3: event" in done.stderr
    assert "is not what was sealed" in done.stderr


@pytest.mark.usefixtures("environment")
async def test_a_chain_made_anew_is_told_by_what_was_published(
    context: JobContext, system_database: Database, settings: Settings
) -> None:
    """Whoever owns the tables changes an event and every link behind it: the chain itself holds."""
    member = await join(system_database)
    await _sealed(system_database, *[member] * 3)
    await publish_record(context)
    await _as_owner(settings, 'update events set payload = \'{"symbol": "ETHUSDT"}\'')
    await _make_anew(settings, system_database)
    done = await _verify()
    assert done.exit_code == 1
    assert done.stderr.count("the chains do not lead to what was published on") == 2, "in the database, and in the file"
    assert "link" not in done.stderr


@pytest.mark.usefixtures("environment")
async def test_a_chain_without_its_last_link_is_told_by_what_was_published(
    context: JobContext, system_database: Database, settings: Settings
) -> None:
    member = await join(system_database)
    await _sealed(system_database, *[member] * 3)
    await publish_record(context)
    await _as_owner(settings, "delete from event_seals where seq = 3")
    done = await _verify()
    assert done.exit_code == 1
    assert "the chains do not lead to what was published on" in done.stderr


@pytest.mark.usefixtures("environment")
async def test_what_cannot_be_verified_is_said_in_one_line(system_database: Database, tmp_path: Path) -> None:
    nobody = UUID(int=7)
    done = await _verify("--tenant", nobody)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert f"expected a tenant with a chain, got {nobody}" in done.stderr
    wrong = tmp_path / "heads"
    wrong.write_text('{"day": "2026-01-01"}\n', encoding="utf-8")
    done = await _verify("--heads", wrong)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "expected day, at, chains and digest" in done.stderr


async def test_a_day_is_published_once_and_its_publication_never_changed(
    context: JobContext, system_database: Database, settings: Settings
) -> None:
    member = await join(system_database)
    await _sealed(system_database, member)
    await publish_record(context)
    first = read_heads(heads_file(settings))
    await _sealed(system_database, member)
    await publish_record(context)
    assert read_heads(heads_file(settings)) == first
    connection = await system_database.connect()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("update record_heads set chains = 0")
    await connection.close()


async def test_anybody_reads_what_was_published(
    own_api: Api, context: JobContext, system_database: Database, settings: Settings
) -> None:
    member = await join(system_database)
    await _sealed(system_database, member)
    await publish_record(context)
    (kept,) = read_heads(heads_file(settings))
    answer = await own_api.client().ok("GET", "/api/v1/record/heads")
    (told,) = answer["items"]
    assert (told["day"], told["chains"], told["digest"]) == (kept.day.isoformat(), 1, kept.digest.hex())
    (link,) = await fetch(system_database, "select chain, seq, hash from event_seals")
    assert told["digest"] == sha256(link["chain"].bytes + link["seq"].to_bytes(8) + link["hash"]).hexdigest()


async def _as_owner(settings: Settings, statement: str) -> None:
    """Only the owner of the tables can do this at all, and not by accident."""
    owner = await asyncpg.connect(settings.database_url)
    async with owner.transaction():
        for table in TABLES:
            await owner.execute(f"alter table {table} disable trigger append_only")
            await owner.execute(f"alter table {table} no force row level security")
        await owner.execute(statement)
        for table in TABLES:
            await owner.execute(f"alter table {table} enable trigger append_only")
            await owner.execute(f"alter table {table} force row level security")
    await owner.close()


async def _make_anew(settings: Settings, database: Database) -> None:
    """Seal every event again, as if at the time of the first links."""
    ((sealed_at,),) = await fetch(database, "select min(sealed_at) from event_seals")
    events = await fetch(database, "select e.* from event_seals s join events e on e.id = s.event_id order by s.seq")
    await _as_owner(settings, "delete from event_seals")
    connection = await database.connect()
    await seal(connection, [Delivery.of(row) for row in events])
    await connection.close()
    await _as_owner(settings, f"update event_seals set sealed_at = '{sealed_at}'")
