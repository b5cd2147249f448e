"""An installation that has candles, and researchers that work for it."""

from __future__ import annotations

import pytest

from tests.market.candle_maker import walk
from tests.research.runs.asked import CANDLES, SYMBOLS, subscribe
from tests.support.http import Api, Person
from tradewind.core.candles import Timeframe
from tradewind.market import CandleStore
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.research.runs import Researcher
from tradewind.research.studies import CandleArchive


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With candles in the store, and leases that run out within a test."""
    store = CandleStore(settings.data / "candles")
    for number, symbol in enumerate(SYMBOLS):
        store.append(symbol, Timeframe.M5, walk(CANDLES, seed=number))
    return settings.model_copy(update={"research_lease": 1.0})


@pytest.fixture
async def researcher(settings: Settings, system_database: Database) -> Researcher:
    """What a worker process has one of."""
    return Researcher(system_database, CandleArchive.of(settings), processes=1, lease=settings.research_lease)


@pytest.fixture
async def pro(own_api: Api, system_database: Database) -> Person:
    """Somebody on PRO."""
    person = await own_api.register()
    await subscribe(system_database, person, "PRO")
    return person
