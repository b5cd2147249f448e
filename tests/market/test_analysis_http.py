"""Market analysis over HTTP: at the last closed candle, in the caller's language, and worked out once per candle."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redis.asyncio import Redis

from tests.support.http import Api, running_api
from tests.support.market import TestMarket
from tradewind.core.analysis import LINE, NEEDED, Analysis, analyse, longer_timeframes
from tradewind.core.candles import Candle, Derivation, Timeframe
from tradewind.core.series import Columns
from tradewind.kit.clock import from_ms
from tradewind.market import CandleStore
from tradewind.platform.database import Database
from tradewind.platform.realtime import PriceBoard
from tradewind.platform.settings import MarketSource, Settings

START = 1_767_571_200_000  # 2026-01-05
M5 = Timeframe.M5


def walk(rows: int) -> Columns:
    """Prices with two digits behind the point."""
    rng = np.random.default_rng(7)
    close = np.round(1000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.002, rows))), 2)
    open_ = np.concatenate([[1000.0], close[:-1]])
    high = np.round(np.maximum(open_, close) * 1.0007, 2)
    low = np.round(np.minimum(open_, close) * 0.9993, 2)
    volume = np.round(rng.lognormal(1.0, 0.7, rows), 3)
    return Columns(START + np.arange(rows, dtype=np.int64) * M5.ms, open_, high, low, close, volume)


def longer_of(columns: Columns) -> dict[Timeframe, list[Candle]]:
    found: dict[Timeframe, list[Candle]] = {}
    for timeframe in longer_timeframes(M5):
        derivation = Derivation(M5, timeframe)
        found[timeframe] = [closed for candle in columns.candles() for closed in derivation.add(candle)]
    return found


def keep(settings: Settings, columns: Columns) -> None:
    store = CandleStore(settings.data / "candles")
    store.append("BTCUSDT", M5, columns)
    for timeframe, candles in longer_of(columns).items():
        store.append("BTCUSDT", timeframe, Columns.of(candles))


ADDRESS = "/market/btcusdt/analysis?timeframe=5m"


async def test_the_analysis_is_that_of_the_candles_on_record(own_api: Api, settings: Settings) -> None:
    person = await own_api.register()
    columns = walk(1000)
    keep(settings, columns)
    found: dict[str, Any] = await person.ok("GET", ADDRESS)
    expected = analyse(M5, columns, {each: Columns.of(rows) for each, rows in longer_of(columns).items()})
    assert isinstance(expected, Analysis)
    assert (found["symbol"], found["timeframe"], found["candles"], found["needs"]) == ("BTCUSDT", "5m", 1000, NEEDED)
    assert len(found["sentences"]) == 2
    report = found["report"]
    assert report["candle"] == from_ms(int(columns.ts[-1])).isoformat().replace("+00:00", "Z")
    assert Decimal(report["close"]) == Decimal(str(columns.close[-1]))
    assert report["regime"]["regime"] == expected.phases.now.regime.value
    assert report["regime"]["candles"] == expected.phases.now.candles
    assert sum(Decimal(each["share"]) for each in report["regime"]["shares"]) == pytest.approx(1, abs=Decimal("0.001"))
    assert float(report["readings"]["rsi"]) == pytest.approx(expected.readings.rsi, abs=0.01)
    assert [each["percent"] is None for each in report["readings"]["averages"]] == [False, False, False]
    assert [(each["role"], each["touches"]) for each in report["levels"]] == [
        (each.role.value, each.touches) for each in expected.levels
    ]
    assert all(-Decimal(each["price"]).as_tuple().exponent <= 2 for each in report["levels"])  # type: ignore[operator]
    volumes = [Decimal(each) for each in report["profile"]["volumes"]]
    assert float(sum(volumes)) == pytest.approx(columns.volume[-500:].sum())
    trends = {each["timeframe"]: each for each in report["trends"]}
    assert list(trends) == ["5m", "15m", "1h", "4h"]
    assert trends["4h"] == {"timeframe": "4h", "candles": 20, "needs": LINE, "direction": None, "strength": None}
    assert trends["1h"]["direction"] in ("up", "down")
    assert float(report["agreement"]) == pytest.approx(expected.agreement, abs=0.001)


async def test_the_sentences_are_in_the_callers_language(own_api: Api, settings: Settings) -> None:
    person = await own_api.register()
    keep(settings, walk(1000))
    english = (await person.ok("GET", ADDRESS))["sentences"]
    person.client.headers["accept-language"] = "ru"
    russian = (await person.ok("GET", ADDRESS))["sentences"]
    assert english[0].startswith("BTCUSDT 5m has been ")
    assert russian[0].startswith("BTCUSDT 5m: ")
    assert "волатильность" in russian[0]


async def test_a_closed_candle_makes_it_new(own_api: Api, settings: Settings, system_database: Database) -> None:
    person = await own_api.register()
    columns = walk(600)
    keep(settings, columns.rows(0, 599))
    before = (await person.ok("GET", ADDRESS))["report"]
    assert (await person.ok("GET", ADDRESS))["report"] == before
    connection = await system_database.connect()
    await connection.execute(
        "insert into candle_tail (symbol, timeframe, ts, open, high, low, close, volume) "
        "values ('BTCUSDT', '5m', $1, $2, $3, $4, $5, $6)",
        *columns.candle(599),
    )
    await connection.close()
    after = (await person.ok("GET", ADDRESS))["report"]
    assert after["candle"] == from_ms(int(columns.ts[599])).isoformat().replace("+00:00", "Z")
    assert Decimal(after["close"]) == Decimal(str(columns.close[599]))


async def test_too_few_candles_are_said_with_what_is_needed(own_api: Api, settings: Settings) -> None:
    person = await own_api.register()
    nothing = await person.ok("GET", ADDRESS)
    assert (nothing["candles"], nothing["report"]) == (0, None)
    keep(settings, walk(NEEDED - 1))
    few = await person.ok("GET", ADDRESS)
    assert (few["candles"], few["needs"], few["report"]) == (NEEDED - 1, NEEDED, None)
    assert few["sentences"] == [f"BTCUSDT 5m has {NEEDED - 1} closed candles, and an analysis needs {NEEDED}."]


async def test_what_is_not_here_is_said_with_what_is(own_api: Api, market: TestMarket) -> None:
    person = await own_api.register()
    await market.move(BTCUSDT=61_000.5)
    unknown = await person.get("/market/NOPEUSDT/analysis?timeframe=5m")
    assert (unknown.status, unknown.code) == (404, "not_found")
    assert "GET /api/v1/market/symbols" in unknown.json["detail"]
    wrong = await person.get("/market/BTCUSDT/analysis?timeframe=7m")
    assert (wrong.status, wrong.code) == (422, "validation_failed")
    missing = await person.get("/market/BTCUSDT/analysis")
    assert (missing.status, missing.code) == (422, "validation_failed")
    odd = await person.get("/market/BTC-USDT/analysis?timeframe=5m")
    assert (odd.status, odd.code) == (422, "validation_failed")


async def test_strangers_are_told_nothing(own_api: Api) -> None:
    assert (await own_api.client().get("/api/v1" + ADDRESS)).status == 401


async def test_of_a_recording_nothing_is_analysed_that_has_not_happened(
    settings: Settings, tmp_path: Path, broker: Redis
) -> None:
    folder = tmp_path / "recording"
    folder.mkdir()
    columns = walk(900)
    names = ("ts", "open", "high", "low", "close", "volume")
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), folder / "BTCUSDT-5m.parquet")
    replaying = settings.model_copy(update={"market": MarketSource.REPLAY, "candles": folder})
    await PriceBoard(broker).post(int(columns.ts[700]), {"BTCUSDT": 1.0}, {"source": "replay"})
    async with running_api(replaying) as api:
        person = await api.register()
        found = await person.ok("GET", ADDRESS)
    assert found["candles"] == 700
    assert Decimal(found["report"]["close"]) == Decimal(str(columns.close[699]))
    assert [each["candles"] for each in found["report"]["trends"]] == [700, LINE + 1, LINE + 1, 14]
