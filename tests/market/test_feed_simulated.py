"""The simulated market: made of its ticks, the same for the same seed, tradable, and resumable to the bit."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import talib
from candle_maker import candles, same
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.candles import Candle, Derivation, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import FeedSettingsError, ForeignStateError
from tradewind.market.feeds.guard import gaps_in, sound_rows
from tradewind.market.feeds.pacing import MAX_SPEED
from tradewind.market.feeds.port import Step
from tradewind.market.feeds.simulated import SimulatedFeed
from tradewind.platform.settings import MarketSource

M1, M5, M15, H1 = Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1
#: Thirteen seconds and a bit past a minute, 17 minutes past an hour.
START = 1_760_001_433_250
TICKS = 12


def simulated(**options: Any) -> SimulatedFeed:
    return SimulatedFeed(**{"seed": 1, "start_ms": START, "speed": MAX_SPEED, "history": 120, **options})


async def taken(feed: SimulatedFeed, count: int) -> list[Step]:
    steps: list[Step] = []
    async for step in feed.steps():
        steps.append(step)
        if len(steps) == count:
            break
    return steps


def closed(steps: Sequence[Step], symbol: str, timeframe: Timeframe) -> list[Candle]:
    every = (item for step in steps for item in step.closed)
    return [item.candle for item in every if (item.symbol, item.timeframe) == (symbol, timeframe)]


async def test_it_says_everywhere_that_it_is_simulated() -> None:
    feed = simulated()
    assert feed.source is MarketSource.SIMULATED
    assert feed.venue == "simulated"
    assert feed.world.startswith("simulated:")
    assert len(feed.symbols) == 10
    assert feed.symbols == tuple(sorted(feed.symbols))
    assert feed.timeframes == (M1, M5, M15, H1)
    assert feed.recorded() == {}


async def test_the_history_ends_where_the_steps_begin() -> None:
    feed = simulated()
    history = await feed.history()
    begin = M1.open_of(START)
    for symbol in feed.symbols:
        finest = history[symbol, M1]
        assert 120 <= len(finest) < 120 + 60
        assert finest.ts[-1] + M1.ms == begin
        for timeframe in feed.timeframes:
            columns = history[symbol, timeframe]
            assert sound_rows(columns, timeframe).all()
            assert not list(gaps_in(symbol, timeframe, columns.ts))
        # Whole candles only, from the first one on.
        assert finest.ts[0] % H1.ms == 0
        derivation = Derivation(M1, M15)
        longer = [row for candle in candles(finest) for row in derivation.add(candle)]
        assert same(history[symbol, M15], Columns.of(longer))
    step = (await taken(feed, 1))[0]
    assert step.at == begin + M1.ms // TICKS


async def test_every_candle_is_made_exactly_of_its_ticks() -> None:
    feed = simulated()
    await feed.history()
    steps = await taken(feed, 40 * TICKS)
    begin = M1.open_of(START)
    assert [step.at for step in steps] == [begin + (n + 1) * M1.ms // TICKS for n in range(40 * TICKS)]
    for step in steps:
        assert tuple(tick.symbol for tick in step.ticks) == feed.symbols
        assert {tick.at for tick in step.ticks} == {step.at - 1}
        assert bool(step.closed) == (step.at % M1.ms == 0)
        assert step.incidents == ()
    for place, symbol in enumerate(feed.symbols):
        made = closed(steps, symbol, M1)
        assert len(made) == 40
        for number, candle in enumerate(made):
            ticks = [step.ticks[place] for step in steps[number * TICKS : (number + 1) * TICKS]]
            prices = [tick.price for tick in ticks]
            assert {M1.open_of(tick.at) for tick in ticks} == {candle.ts}
            assert candle[1:5] == (prices[0], max(prices), min(prices), prices[-1])
            assert candle.volume == sum(tick.volume for tick in ticks)


async def test_candles_close_in_the_order_of_the_port_and_longer_ones_are_derived() -> None:
    feed = simulated(symbols=["ETHUSDT", "BTCUSDT"])
    history = await feed.history()
    steps = await taken(feed, 70 * TICKS)
    order = {timeframe: place for place, timeframe in enumerate(feed.timeframes)}
    for step in steps:
        places = [(item.symbol, order[item.timeframe]) for item in step.closed]
        assert places == sorted(places)
    for symbol in feed.symbols:
        finest = [*candles(history[symbol, M1]), *closed(steps, symbol, M1)]
        for timeframe in (M5, M15, H1):
            derivation = Derivation(M1, timeframe)
            expected = [row for candle in finest for row in derivation.add(candle)]
            assert [*candles(history[symbol, timeframe]), *closed(steps, symbol, timeframe)] == expected
    assert closed(steps, "BTCUSDT", H1)


async def test_prices_and_volumes_have_the_digits_of_a_venue() -> None:
    digits = {"BTCUSDT": (1, 5), "DOGEUSDT": (5, 0), "ETHUSDT": (2, 4), "LINKUSDT": (3, 2), "SOLUSDT": (2, 3)}
    for step in await taken(simulated(symbols=list(digits)), 5 * TICKS):
        for tick in step.ticks:
            price, lot = digits[tick.symbol]
            assert tick.price == float(f"{tick.price:.{price}f}")
            assert tick.volume == float(f"{tick.volume:.{lot}f}")
            assert tick.volume > 0


async def test_the_same_seed_gives_the_same_market_and_another_seed_another() -> None:
    first, again, other = simulated(), simulated(), simulated(seed=2)
    histories = [await feed.history() for feed in (first, again, other)]
    assert all(same(histories[0][key], histories[1][key]) for key in histories[0])
    assert not any(same(histories[0][key], histories[2][key]) for key in histories[0])
    steps = [await taken(feed, 30) for feed in (first, again, other)]
    assert steps[0] == steps[1] != steps[2]
    assert first.world == again.world != other.world


@settings(max_examples=15, deadline=None)
@given(
    killed_after=st.integers(0, 150 * TICKS),
    further=st.integers(1, 70 * TICKS),
    ladder=st.sampled_from([[M5, M15, H1], [M5], []]),
)
async def test_a_killed_market_goes_on_to_the_bit(killed_after: int, further: int, ladder: list[Timeframe]) -> None:
    options: dict[str, Any] = {"symbols": ["BTCUSDT", "SOLUSDT"], "timeframes": ladder, "history": 60}
    whole = simulated(**options)
    history = await whole.history()
    steps = await taken(whole, killed_after + further)

    killed = simulated(**options)
    await killed.history()
    if killed_after:
        await taken(killed, killed_after)
    state = json.loads(json.dumps(killed.state()))
    # Long after, as the wall clock has it.
    resumed = simulated(**options, resume=state, start_ms=START + 10**9)
    assert resumed.world == whole.world
    again = await resumed.history()
    assert await taken(resumed, further) == steps[killed_after:]
    assert resumed.state() == whole.state()
    for key, columns in again.items():
        before = [*candles(history[key]), *closed(steps[:killed_after], *key)]
        assert candles(columns) == before[len(before) - len(columns) :]
        if key[1] is M1:
            assert len(columns) >= 60


async def test_market_time_runs_at_the_speed_asked_for() -> None:
    feed = simulated(speed=1200.0, history=60)  # five seconds of market time in four milliseconds
    await feed.history()
    began = time.monotonic()
    await taken(feed, 25)
    assert time.monotonic() - began >= 0.1


async def test_a_market_that_nobody_asked_for_its_history_gives_the_same_steps() -> None:
    asked, unasked = simulated(), simulated()
    await asked.history()
    assert await taken(asked, 30) == await taken(unasked, 30)


async def test_the_state_is_small_and_of_one_world_only() -> None:
    feed = simulated()
    await feed.history()
    await taken(feed, 200 * TICKS)
    state = feed.state()
    assert len(json.dumps(state)) < 2000
    for options in ({"seed": 2}, {"symbols": ["BTCUSDT"]}, {"timeframes": [M5]}, {"history": 60}):
        with pytest.raises(ForeignStateError, match="simulated:"):
            simulated(**options, resume=state)


def test_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(FeedSettingsError, match="SHIBUSDT"):
        simulated(symbols=["BTCUSDT", "SHIBUSDT"])
    with pytest.raises(FeedSettingsError, match="1h divides, got 5m"):
        simulated(timeframe=H1, timeframes=[M5])
    with pytest.raises(FeedSettingsError, match="got 7"):
        simulated(ticks=7)


async def test_other_timeframes_can_be_the_finest() -> None:
    feed = simulated(timeframe=M5)
    assert feed.timeframes == (M5, M15, H1)
    await feed.history()
    steps = await taken(feed, TICKS)
    assert steps[-1].closed[0].timeframe is M5
    assert steps[-1].at - steps[0].at == M5.ms // TICKS * (TICKS - 1)


# --------------------------------------------------------------------------------------------------------- tradability


@pytest.fixture(scope="module")
def day() -> dict[str, Columns]:
    """Two days of 1m candles of every symbol."""
    feed = simulated(seed=5, history=2880)
    history = asyncio.run(feed.history())
    return {symbol: history[symbol, M1] for symbol in feed.symbols}


def test_a_minute_moves_far_enough_for_stops_to_be_above_the_fees(day: dict[str, Columns]) -> None:
    for symbol, columns in day.items():
        volatility = float(np.std(np.diff(np.log(columns.close))))
        assert 0.0009 < volatility < 0.0030, symbol
        atr = talib.ATR(columns.high, columns.low, columns.close, 14) / columns.close
        assert 2 * float(np.nanmedian(atr)) > 2 * 0.0006, symbol


def test_the_usual_strategies_find_their_patterns(day: dict[str, Columns]) -> None:
    for symbol, columns in day.items():
        close, high, low = columns.close, columns.high, columns.low
        spread = (talib.EMA(close, 12) - talib.EMA(close, 26))[30:]
        crosses = int((np.diff(np.sign(spread)) != 0).sum())
        ceiling = talib.MAX(high, 20)
        breakouts = int(((close[21:] > ceiling[20:-1]) & (close[20:-1] <= ceiling[19:-2])).sum())
        _, _, lower = talib.BBANDS(close, 20, 2.0, 2.0)
        reversions = int(((close[21:] > lower[21:]) & (close[20:-1] <= lower[20:-1])).sum())
        assert 60 <= crosses <= 250, symbol
        assert breakouts >= 60, symbol
        assert reversions >= 30, symbol
        adx = talib.ADX(high, low, close, 14)[30:]
        assert float((adx > 25).mean()) > 0.15, symbol
        assert float((adx < 20).mean()) > 0.15, symbol


def test_volatility_clusters_tails_are_fat_volume_follows_and_symbols_move_together(day: dict[str, Columns]) -> None:
    returns = {symbol: np.diff(np.log(columns.close)) for symbol, columns in day.items()}
    for symbol, moves in returns.items():
        size = np.abs(moves)
        assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.08, symbol
        assert float(((moves - moves.mean()) ** 4).mean() / moves.var() ** 2) > 3.5, symbol
        assert np.corrcoef(np.log(day[symbol].volume[1:]), size)[0, 1] > 0.2, symbol
    correlations = np.corrcoef(list(returns.values()))
    assert correlations[np.triu_indices(5, 1)].min() > 0.25
    assert correlations[np.triu_indices(5, 1)].max() < 0.95


def test_weeks_later_prices_are_still_prices() -> None:
    feed = simulated(timeframe=M15, timeframes=[], history=12 * 7 * 96, symbols=["BTCUSDT", "DOGEUSDT"])
    history = asyncio.run(feed.history())
    for symbol, price in (("BTCUSDT", 64_000.0), ("DOGEUSDT", 0.14)):
        distance = np.abs(np.log(history[symbol, M15].close / price))
        assert float(distance.max()) < math.log(3.0)
        assert float(distance.max()) > math.log(1.05)
