"""Market data over HTTP: candles from wherever they are, and never from the future."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redis.asyncio import Redis

from tests.support.http import Api, Person, running_api
from tests.support.market import TestMarket
from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.kit.clock import from_ms
from tradewind.market import CandleStore
from tradewind.platform.database import Database
from tradewind.platform.realtime import PriceBoard
from tradewind.platform.settings import MarketSource, Settings

START = 1_767_571_200_000  # 2026-01-05
MINUTE = 60_000


def candles(count: int, timeframe: Timeframe = Timeframe.M1, first: int = 0) -> list[Candle]:
    """Candles that are told apart by their numbers."""
    return [
        Candle(START + number * timeframe.ms, number + 1.0, number + 2.5, number + 0.5, number + 1.5, 0.001 + number)
        for number in range(first, first + count)
    ]


async def put_in_tail(database: Database, rows: list[Candle], timeframe: Timeframe = Timeframe.M1) -> None:
    connection = await database.connect()
    await connection.executemany(
        "insert into candle_tail (symbol, timeframe, ts, open, high, low, close, volume) "
        "values ('BTCUSDT', $1, $2, $3, $4, $5, $6, $7)",
        [(timeframe.value, *row) for row in rows],
    )
    await connection.close()


async def read(person: Person, query: str = "", timeframe: str = "1m") -> dict[str, Any]:
    page: dict[str, Any] = await person.ok("GET", f"/market/candles?symbol=BTCUSDT&timeframe={timeframe}{query}")
    return page


def numbers(page: dict[str, Any]) -> list[int]:
    return [int(Decimal(item["open"])) - 1 for item in page["items"]]


async def test_files_and_tail_are_one_series(own_api: Api, settings: Settings, system_database: Database) -> None:
    person = await own_api.register()
    CandleStore(settings.data / "candles").append("BTCUSDT", Timeframe.M1, Columns.of(candles(10)))
    await put_in_tail(system_database, candles(6, first=8))  # two of them are in the files already
    page = await read(person)
    assert numbers(page) == list(range(14))
    assert page["items"][0] == {
        "time": "2026-01-05T00:00:00Z",
        "open": "1",
        "high": "2.5",
        "low": "0.5",
        "close": "1.5",
        "volume": "0.001",
    }
    assert page["next_cursor"] is None


async def test_older_candles_are_asked_for_by_time(own_api: Api, settings: Settings, system_database: Database) -> None:
    person = await own_api.register()
    CandleStore(settings.data / "candles").append("BTCUSDT", Timeframe.M1, Columns.of(candles(10)))
    await put_in_tail(system_database, candles(5, first=10))
    newest = await read(person, "&limit=4")
    assert numbers(newest) == [11, 12, 13, 14]
    older = await read(person, f"&limit=4&before={newest['next_cursor']}")
    assert numbers(older) == [7, 8, 9, 10]
    first = await read(person, f"&limit=50&before={older['next_cursor']}")
    assert numbers(first) == list(range(7))
    assert first["next_cursor"] is None


async def test_symbols_and_status_tell_what_the_board_tells(trader: Person, market: TestMarket) -> None:
    await market.move(BTCUSDT=61_000.5)
    status = await trader.ok("GET", "/market/status")
    assert status["source"] == "simulated"
    assert status["simulated"] is True
    assert status["speed"] == "60"
    assert status["prices"] == {"BTCUSDT": "61000.5", "ETHUSDT": "3000"}
    assert datetime.fromisoformat(status["market_time"]) == from_ms(market.at)
    symbols = (await trader.ok("GET", "/market/symbols"))["items"]
    assert symbols == [{"symbol": "BTCUSDT", "price": "61000.5"}, {"symbol": "ETHUSDT", "price": "3000"}]
    unknown = await trader.get("/market/candles?symbol=NOPEUSDT&timeframe=1m")
    assert (unknown.status, unknown.code) == (404, "not_found")


async def test_before_the_engines_first_word_there_is_nothing_to_tell(own_api: Api) -> None:
    person = await own_api.register()
    status = await person.ok("GET", "/market/status")
    assert (status["market_time"], status["prices"], status["venue"]) == (None, {}, None)
    assert (await person.ok("GET", "/market/symbols"))["items"] == []
    assert (await read(person))["items"] == []


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of 100 five-minute candles."""
    folder = tmp_path / "recording"
    folder.mkdir()
    rows = candles(100, Timeframe.M5)
    columns = dict(zip(("ts", "open", "high", "low", "close", "volume"), zip(*rows, strict=True), strict=True))
    arrays = {
        name: np.array(values, dtype=np.int64 if name == "ts" else np.float64) for name, values in columns.items()
    }
    pq.write_table(pa.table(arrays), folder / "BTCUSDT-5m.parquet")
    return folder


async def test_of_a_recording_nothing_is_told_that_has_not_happened(
    settings: Settings, recording: Path, broker: Redis
) -> None:
    replaying = settings.model_copy(update={"market": MarketSource.REPLAY, "candles": recording})
    async with running_api(replaying) as api:
        person = await api.register()
        assert (await read(person, timeframe="5m"))["items"] == [], "the recording has not begun"
    board = PriceBoard(broker)
    for at, closed in (
        (START + 50 * 5 * MINUTE, 50),
        (START + 50 * 5 * MINUTE + 299_999, 50),
        (START + 51 * 5 * MINUTE, 51),
    ):
        await board.post(at, {"BTCUSDT": 1.0}, {"source": "replay"})
        async with running_api(replaying) as api:
            headers = person.client.headers
            path = "/api/v1/market/candles?symbol=BTCUSDT&limit=1500&timeframe="
            five = (await api.client().get(path + "5m", headers=headers)).json
            hours = (await api.client().get(path + "1h", headers=headers)).json
            ahead = f"{path}5m&before=2030-01-01T00:00:00Z"
            asked = (await api.client().get(ahead, headers=headers)).json
        assert numbers(five) == numbers(asked) == list(range(closed))
        assert len(hours["items"]) == closed // 12, "put together from the five-minute ones"
        assert hours["items"][1]["open"] == five["items"][12]["open"]
        assert hours["items"][1]["close"] == five["items"][23]["close"]


@pytest.mark.parametrize(
    "query",
    [
        "symbol=BTCUSDT",
        "timeframe=1m",
        "symbol=..%2F..&timeframe=1m",
        "symbol=BTCUSDT&timeframe=7m",
        "symbol=BTCUSDT&timeframe=1m&limit=5000",
        "symbol=BTCUSDT&timeframe=1m&before=2026-01-01T00:00:00",
    ],
)
async def test_questions_that_make_no_sense_are_refused(person: Person, query: str) -> None:
    answer = await person.get(f"/market/candles?{query}")
    assert (answer.status, answer.code) == (422, "validation_failed")
