"""Replay: recorded candles of several symbols as one market, the same at every run and after every kill."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from candle_maker import START, candles, same, save, walk, without
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.core.candles import Candle, Derivation, Timeframe
from tradewind.core.series import Columns
from tradewind.market import (
    CandleFileError,
    CandleFolderError,
    Closed,
    FeedSettingsError,
    ForeignStateError,
    Incident,
    IncidentKind,
    ReplayFeed,
    SeriesKey,
    Step,
)
from tradewind.platform.settings import MarketSource

M1, M5, M15, H1, H4 = Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4
MS = M5.ms
REAL = Path(__file__).parents[3] / "shared" / "data" / "candles"


async def played(feed: ReplayFeed) -> list[Step]:
    return [step async for step in feed.steps()]


def closed(steps: Sequence[Step], symbol: str, timeframe: Timeframe) -> Columns:
    every = (item for step in steps for item in step.closed)
    return Columns.of(item.candle for item in every if (item.symbol, item.timeframe) == (symbol, timeframe))


def incidents(steps: Sequence[Step]) -> list[Incident]:
    return [incident for step in steps for incident in step.incidents]


def expected_steps(
    series: Mapping[str, Sequence[Candle]], timeframes: Sequence[Timeframe], history_until: int
) -> list[tuple[int, tuple[Closed, ...]]]:
    """The steps as the port describes them, put together the slow way."""
    moments: dict[int, list[Closed]] = {}
    for symbol, rows in sorted(series.items()):
        derivations = [Derivation(timeframes[0], timeframe) for timeframe in timeframes[1:]]
        for candle in rows:
            now = moments.setdefault(candle.ts + timeframes[0].ms, [])
            now.append(Closed(symbol, timeframes[0], candle))
            for derivation in derivations:
                now += [Closed(symbol, derivation.timeframe, longer) for longer in derivation.add(candle)]
    return [(at, tuple(items)) for at, items in sorted(moments.items()) if at > history_until]


# ------------------------------------------------------------------------------------------------------- what it gives


async def test_the_first_candles_are_history_and_the_rest_comes_in_steps(tmp_path: Path) -> None:
    recorded = walk(1000)
    save(tmp_path, "BTCUSDT", M5, recorded)
    feed = ReplayFeed.open(tmp_path)
    assert (feed.source, feed.venue, feed.symbols) == (MarketSource.REPLAY, "replay", ("BTCUSDT",))
    assert feed.timeframes == (M5, M15, H1, H4)
    history, future = await feed.history(), feed.recorded()
    steps = await played(feed)

    assert same(history["BTCUSDT", M5], walk(600))
    assert [step.at for step in steps] == [START + row * MS for row in range(601, 1001)]
    assert not any(step.ticks or step.incidents for step in steps)
    for timeframe in feed.timeframes:
        derivation = None if timeframe is M5 else Derivation(M5, timeframe)
        every = [
            row for candle in candles(recorded) for row in ([candle] if derivation is None else derivation.add(candle))
        ]
        key = ("BTCUSDT", timeframe)
        assert same(future[key], closed(steps, *key))
        assert same(Columns.of([*candles(history[key]), *candles(future[key])]), Columns.of(every))
        assert all(candle.ts + timeframe.ms <= START + 600 * MS for candle in candles(history[key]))


async def test_symbols_are_merged_in_time_order(tmp_path: Path) -> None:
    series = {
        "ETHUSDT": walk(60, seed=1),
        "BTCUSDT": without(walk(50, seed=2), 7, 8, 25, 26, 27, 28),
        "NEWUSDT": walk(30, start=START + 35 * MS, seed=3),
        "OLDUSDT": walk(20, seed=4),
    }
    for symbol, columns in series.items():
        save(tmp_path, symbol, M5, columns)
    feed = ReplayFeed.open(tmp_path, history=10, timeframes=[M15, H1])
    assert feed.symbols == ("BTCUSDT", "ETHUSDT", "NEWUSDT", "OLDUSDT")
    history = await feed.history()
    assert {symbol: len(history[symbol, M5]) for symbol in feed.symbols} == {
        "BTCUSDT": 8,
        "ETHUSDT": 10,
        "NEWUSDT": 0,
        "OLDUSDT": 10,
    }
    steps = await played(feed)
    rows = {symbol: candles(columns) for symbol, columns in series.items()}
    assert [(step.at, step.closed) for step in steps] == expected_steps(rows, [M5, M15, H1], START + 10 * MS)


async def test_a_gap_is_told_with_the_candle_behind_it_and_one_in_the_history_with_the_first_step(
    tmp_path: Path,
) -> None:
    save(tmp_path, "BTCUSDT", M5, without(walk(50), 3, 20, 21, 40))
    feed = ReplayFeed.open(tmp_path, history=10)
    steps = await played(feed)
    told = [(step.at, incident.kind, incident.ts) for step in steps for incident in step.incidents]
    assert told == [
        (START + 11 * MS, IncidentKind.CANDLE_GAP, START + 3 * MS),
        (START + 23 * MS, IncidentKind.CANDLE_GAP, START + 20 * MS),
        (START + 42 * MS, IncidentKind.CANDLE_GAP, START + 40 * MS),
    ]
    assert steps[0].incidents[0].at == START + 5 * MS


async def test_bounds_cut_before_anything_else_and_the_upper_one_is_outside(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, walk(100))
    save(tmp_path, "OLDUSDT", M5, walk(10))
    feed = ReplayFeed.open(tmp_path, start=START + 20 * MS, stop=START + 60 * MS, history=10)
    assert feed.symbols == ("BTCUSDT",)
    assert (await feed.history())["BTCUSDT", M5].ts.tolist() == [START + row * MS for row in range(20, 30)]
    steps = await played(feed)
    assert steps[-1].closed[0].candle.ts == START + 59 * MS


async def test_market_time_runs_at_the_speed_asked_for(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, walk(110))
    feed = ReplayFeed.open(tmp_path, history=10, speed=297_000.0)  # a candle in a millisecond
    began = time.monotonic()
    assert len(await played(feed)) == 100
    assert time.monotonic() - began >= 0.1


async def test_symbols_and_timeframes_can_be_chosen(tmp_path: Path) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        save(tmp_path, symbol, M5, walk(100))
        save(tmp_path, symbol, H1, walk(100, H1))
    save(tmp_path, "AAVEUSDT", H1, walk(100, H1))

    assert ReplayFeed.open(tmp_path, history=10).symbols == ("BTCUSDT", "ETHUSDT")
    assert ReplayFeed.open(tmp_path, history=10, symbols=["ETHUSDT"]).symbols == ("ETHUSDT",)
    hourly = ReplayFeed.open(tmp_path, history=10, timeframe=H1)
    assert hourly.symbols == ("AAVEUSDT", "BTCUSDT", "ETHUSDT")
    assert hourly.timeframes == (H1, H4)
    assert ReplayFeed.open(tmp_path, history=10, symbols=["AAVEUSDT", "BTCUSDT"]).timeframes == (H1, H4)
    assert ReplayFeed.open(tmp_path, history=10, timeframe=M5, timeframes=[H1, M5]).timeframes == (M5, H1)
    assert ReplayFeed.open(tmp_path, history=10, timeframe=M5, timeframes=[]).timeframes == (M5,)


# ---------------------------------------------------------------------------------------------------- what it refuses


async def test_every_file_is_checked_before_the_first_step(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, walk(700))
    broken = walk(700).close.copy()
    broken[690] = np.nan
    save(tmp_path, "ETHUSDT", M5, walk(700), close=broken)
    with pytest.raises(CandleFileError, match=r"ETHUSDT-5m\.parquet: row 691"):
        ReplayFeed.open(tmp_path)


async def test_repair_goes_on_without_the_bad_rows_and_tells_of_them(tmp_path: Path) -> None:
    rows = candles(walk(40))
    rows[20] = rows[20]._replace(low=-1.0)
    rows.insert(30, rows[29])
    save(tmp_path, "BTCUSDT", M5, Columns.of(rows))
    feed = ReplayFeed.open(tmp_path, history=10, repair=True)
    steps = await played(feed)
    assert same(closed(steps, "BTCUSDT", M5), Columns.of(candles(without(walk(40), 20))[10:]))
    told = [(step.at, incident.kind, incident.ts) for step in steps for incident in step.incidents]
    assert told == [
        (START + 22 * MS, IncidentKind.CANDLE_CORRUPT, START + 20 * MS),
        (START + 22 * MS, IncidentKind.CANDLE_GAP, START + 20 * MS),
        (START + 30 * MS, IncidentKind.CANDLE_DUPLICATE, START + 29 * MS),
    ]


def test_what_cannot_be_replayed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CandleFolderError):
        ReplayFeed.open(tmp_path)
    save(tmp_path, "BTCUSDT", M5, walk(600))
    with pytest.raises(FeedSettingsError, match="after the 600 of 5m"):
        ReplayFeed.open(tmp_path)
    with pytest.raises(CandleFolderError, match="ETHUSDT"):
        ReplayFeed.open(tmp_path, symbols=["BTCUSDT", "ETHUSDT"])
    with pytest.raises(CandleFolderError, match="1h"):
        ReplayFeed.open(tmp_path, timeframe=H1)
    save(tmp_path, "BTCUSDT", M15, walk(600, M15))
    with pytest.raises(FeedSettingsError, match="15m divides, got 5m"):
        ReplayFeed.open(tmp_path, timeframe=M15, timeframes=[M5])
    with pytest.raises(FeedSettingsError, match="between the bounds"):
        ReplayFeed.open(tmp_path, start=START + 10**12)
    with pytest.raises(FeedSettingsError, match="BTCUSDT between the bounds"):
        ReplayFeed.open(tmp_path, symbols=["BTCUSDT"], stop=START)


# ------------------------------------------------------------------------------------------------------------ resuming


async def test_a_resumed_replay_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, without(walk(900, seed=1), 300, 650))
    save(tmp_path, "ETHUSDT", M5, walk(800, start=START + 70 * MS, seed=2))
    whole = ReplayFeed.open(tmp_path)
    history, future = await whole.history(), whole.recorded()
    steps = await played(whole)
    for killed_after in (0, 1, 37, len(steps) - 1, len(steps)):
        first = ReplayFeed.open(tmp_path)
        state = first.state()
        taken = 0
        if killed_after:
            async for _ in first.steps():
                taken += 1
                if taken == killed_after:
                    state = first.state()
                    break
        resumed = ReplayFeed.open(tmp_path, resume=json.loads(json.dumps(state)))
        assert resumed.world == whole.world
        before, after = await resumed.history(), resumed.recorded()
        for key in history:
            whole_run = Columns.of([*candles(history[key]), *candles(future[key])])
            assert same(Columns.of([*candles(before[key]), *candles(after[key])]), whole_run)
            assert same(after[key], closed(steps[killed_after:], *key))
        assert await played(resumed) == steps[killed_after:]
        assert resumed.state() == whole.state()


async def test_the_world_is_named_after_all_that_is_replayed(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, walk(700))
    save(tmp_path, "ETHUSDT", M5, walk(700, seed=1))

    def world(**options: Any) -> str:
        return ReplayFeed.open(tmp_path, **options).world

    worlds = [
        world(),
        world(symbols=["BTCUSDT"]),
        world(timeframes=[M15]),
        world(history=500),
        world(start=START + MS),
        world(stop=START + 690 * MS),
    ]
    assert len(set(worlds)) == len(worlds)
    assert world() == worlds[0] == world(symbols=["ETHUSDT", "BTCUSDT"], speed=60.0)
    save(tmp_path, "ETHUSDT", M5, walk(700, seed=2))
    assert world() != worlds[0]


async def test_the_state_of_another_world_is_refused(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, walk(700))
    with pytest.raises(ForeignStateError, match="replay:"):
        ReplayFeed.open(tmp_path, resume={"world": "replay:0123456789abcdef", "next": 3})


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_recording_is_merged_as_the_port_says_and_resumes_anywhere(
    tmp_path: Path, data: st.DataObject
) -> None:
    series: dict[str, Columns] = {}
    for symbol in ("AUSDT", "BUSDT", "CUSDT"):
        kept = data.draw(st.sets(st.integers(0, 80), min_size=1), label=symbol)
        every = walk(81, M1, seed=len(series))
        series[symbol] = without(every, *(set(range(81)) - kept))
        save(tmp_path, symbol, M1, series[symbol])
    start = min(int(columns.ts[0]) for columns in series.values())
    length = max(int(columns.ts[-1]) for columns in series.values()) + M1.ms - start
    history = data.draw(st.integers(0, length // M1.ms - 1), label="history")

    feed = ReplayFeed.open(tmp_path, timeframes=[M5, M15], history=history)
    steps = await played(feed)
    rows = {symbol: candles(columns) for symbol, columns in series.items()}
    assert [(step.at, step.closed) for step in steps] == expected_steps(rows, [M1, M5, M15], start + history * M1.ms)
    gaps = sum(int((np.diff(columns.ts) > M1.ms).sum()) for columns in series.values())
    assert [incident.kind for incident in incidents(steps)] == [IncidentKind.CANDLE_GAP] * gaps

    given = data.draw(st.integers(0, len(steps)), label="given")
    state = {"world": feed.world, "next": given}
    resumed = ReplayFeed.open(tmp_path, timeframes=[M5, M15], history=history, resume=state)
    assert await played(resumed) == steps[given:]


# ----------------------------------------------------------------------------------------------------- the real thing


@pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the recorded candles in {REAL}")
async def test_real_candles_are_replayed_completely_and_alike_twice() -> None:
    options: dict[str, Any] = {"symbols": ["ARBUSDT", "BTCUSDT", "SOLUSDT"], "start": START, "stop": START + 3000 * MS}
    feed = ReplayFeed.open(REAL, **options)
    history: Mapping[SeriesKey, Columns] = await feed.history()
    assert {len(history[symbol, M5]) for symbol in feed.symbols} == {600}
    steps = await played(feed)
    assert [step.at for step in steps] == [START + row * MS for row in range(601, 3001)]
    assert all(same(feed.recorded()[key], closed(steps, *key)) for key in history)
    assert incidents(steps) == []
    assert await played(ReplayFeed.open(REAL, **options)) == steps


@pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the recorded candles in {REAL}")
async def test_a_folder_of_real_candles_is_replayed_on_its_finest_timeframe() -> None:
    feed = ReplayFeed.open(REAL, stop=START + 700 * MS)
    assert len(feed.symbols) == 10
    assert feed.timeframes[0] is M5
    hourly = ReplayFeed.open(REAL, timeframe=H1, start=1_715_594_400_000 - 700 * H1.ms)
    assert len(hourly.symbols) == 50
    assert len((await hourly.history())["BBUSDT", H1]) == 0
