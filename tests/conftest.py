"""Shared fixtures: databases, a broker, running APIs."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.support.http import Api, Person, running_api, serving_api
from tests.support.market import TestMarket
from tests.support.servers import Databases, databases, note_test_run, valkey
from tradewind.platform.database import Database, Urls
from tradewind.platform.embedded import DatabaseUrls
from tradewind.platform.logs import configure_logs
from tradewind.platform.settings import Settings

note_test_run()
configure_logs()
# A change must land or fail on its own account: every run draws the same examples. `make nightly` draws new ones.
hypothesis_settings.register_profile("landing", derandomize=True, print_blob=True)
hypothesis_settings.register_profile("nightly", print_blob=True)
# Of a mutant only whether a test fails counts: nothing is shrunk, and the next mutant meets the same examples.
hypothesis_settings.register_profile("mutants", derandomize=True, phases=[Phase.explicit, Phase.generate])
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "landing"))


@pytest.fixture(scope="session")
def server() -> Databases:
    """The run's PostgreSQL."""
    return databases()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """This process's Valkey."""
    with valkey() as url:
        yield url


def _settings(urls: DatabaseUrls, valkey_url: str, data: Path) -> Settings:
    return Settings(
        data=data,
        database_url=urls.owner,
        database_app_url=urls.app,
        database_system_url=urls.system,
        redis_url=valkey_url,
        secret_key=SecretStr("test-signing-key-" + "0" * 32),
        dashboard_dir=data / "dist",
        rate_limits=False,  # all tests are one network, and most make many requests
    )


# ------------------------------------------------------------------- one API for all tests of a process: quick to have


@pytest.fixture(scope="session")
def site(server: Databases, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An API for everything that concerns only the users whom a test makes itself; nothing trades there."""
    name = f"site_{secrets.token_hex(8)}"
    settings = _settings(server.create(name), valkey_url, tmp_path_factory.mktemp("site"))
    with serving_api(settings) as serving:
        yield serving
    server.drop(name)


@pytest.fixture
async def api(site: Settings) -> AsyncIterator[Api]:
    """Clients of the process's API, closed with the test."""
    running = Api(site)
    yield running
    await running.close()


@pytest.fixture
async def person(api: Api) -> Person:
    """Somebody who has registered and logged in there."""
    return await api.register()


# ------------------------------------------------------------------------------------------- everything of one's own


@pytest.fixture(scope="session")
def _reused(server: Databases) -> Iterator[tuple[str, DatabaseUrls]]:
    name = f"test_{secrets.token_hex(8)}"
    yield name, server.create(name)
    server.drop(name)


@pytest.fixture
async def settings(
    server: Databases, _reused: tuple[str, DatabaseUrls], valkey_url: str, tmp_path: Path
) -> AsyncIterator[Settings]:
    """Settings with a migrated database in which nothing has happened yet."""
    name, urls = _reused
    yield _settings(urls, valkey_url, tmp_path)
    await server.empty_out(name)


@pytest.fixture
async def broker(valkey_url: str) -> AsyncIterator[Redis]:
    """The broker, without a price board."""
    client: Redis = Redis.from_url(valkey_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def app_database(settings: Settings) -> AsyncIterator[Database]:
    """The test's database as the application's role."""
    database = Database(Urls.app(settings))
    yield database
    await database.close()


@pytest.fixture
async def system_database(settings: Settings) -> AsyncIterator[Database]:
    """The test's database as the role of engine and workers."""
    database = Database(Urls.system(settings))
    yield database
    await database.close()


@pytest.fixture
async def own_api(settings: Settings, broker: Redis) -> AsyncIterator[Api]:
    """An API with the test's own database; its parts are at hand."""
    async with running_api(settings) as running:
        yield running


@pytest.fixture
async def market(own_api: Api, system_database: Database, broker: Redis) -> AsyncIterator[TestMarket]:
    """A market behind `own_api` that does what the test says, traded by the real engine."""
    async with TestMarket.open(system_database, broker) as running:
        yield running


@pytest.fixture
async def trader(own_api: Api, market: TestMarket) -> Person:
    """Somebody who has registered and logged in at `own_api`, with a market to trade on."""
    return await own_api.register()
