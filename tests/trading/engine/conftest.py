"""Databases for replays."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers import Databases
from tradewind.platform.settings import Settings

FreshDatabase = Callable[[], Settings]


@pytest.fixture
def fresh(server: Databases, tmp_path: Path) -> Iterator[FreshDatabase]:
    """Makes settings with an empty, migrated database; as many as a test wants."""
    names: list[str] = []

    def make() -> Settings:
        name = f"test_{secrets.token_hex(8)}"
        urls = server.create(name)
        names.append(name)
        return Settings(
            data=tmp_path / name,
            database_url=urls.owner,
            database_app_url=urls.app,
            database_system_url=urls.system,
        )

    yield make
    for name in names:
        server.drop(name)
