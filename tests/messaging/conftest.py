"""A channel of one's own on a stand-in for Telegram."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from outlet import Outlet

from tests.support.telegram import Emulator, running_emulator
from tradewind.platform.database import Database


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with running_emulator("--total-per-second", "0") as running:
        yield running


@pytest.fixture
async def outlet(emulator: Emulator, system_database: Database, tmp_path: Path) -> Outlet:
    chat = await emulator.open(f"@c{secrets.token_hex(6)}")
    return Outlet(system_database, emulator, chat, tmp_path / "cache")
