"""The analyst: evaluated ahead or after every candle, it says the same; and what it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.strategy_maker import strategy_of
from tests.trading.engine.replays import market, observant, open_feed, strategies
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.signals import Signal, SignalSource
from tradewind.core.strategy import StrategyError
from tradewind.core.values import Side
from tradewind.market import ReplayFeed
from tradewind.trading.engine.analyst import Analyst, longest_series
from tradewind.venues.paper import instrument_for


async def said(
    feed: ReplayFeed, *, ahead: bool, restart_every: int = 0, silent: frozenset[str] = frozenset()
) -> tuple[list[Signal], list[SignalSource], dict[str, int]]:
    """Every signal and every wish to leave, in their order; as if a new process began every so many steps."""

    def fresh() -> Analyst:
        return Analyst(strategies(), Timeframe.M5, simulated=False, instrument_of=scaled, silent=silent)

    def scaled(symbol: str, price: float):
        return instrument_for(symbol, scales.setdefault(symbol, price))

    scales: dict[str, float] = {}
    analyst = fresh()
    history, recorded = dict(await feed.history()), feed.recorded()
    analyst.load(history, recorded if ahead else {}, {})
    signals: list[Signal] = []
    leaving: list[SignalSource] = []
    refusals: dict[str, int] = {}
    steps = 0
    async for step in feed.steps():
        for symbol in analyst.close(step.closed):
            leaving += analyst.leaving(symbol, sources(symbol))
            signals += analyst.signals(symbol, lambda *_: False)
        for key, candle in (((symbol, timeframe), candle) for symbol, timeframe, candle in step.closed):
            history[key] = Columns.joined([history[key], Columns.of([candle])])
        steps += 1
        if restart_every and not steps % restart_every:
            refusals = added(refusals, analyst.refusals)
            anchors, analyst = analyst.anchors(), fresh()
            analyst.load(history, {}, anchors)
    return signals, leaving, added(refusals, analyst.refusals)


def sources(symbol: str) -> list[SignalSource]:
    """As if something of every set-up were open on the symbol."""
    hashes = [strategy.ref.content_hash for strategy in strategies()]
    return [SignalSource(each, symbol, Timeframe.M5, side) for each in hashes for side in Side]


def added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in one | other}


async def test_ahead_or_after_every_candle_is_the_same(tmp_path: Path) -> None:
    folder = market(tmp_path / "candles", 31, candles=500, BTCUSDT=range(200, 203), ETHUSDT=range(300, 320))
    signals, leaving, refusals = await said(open_feed(folder), ahead=True)
    assert (signals, leaving, refusals) == await said(open_feed(folder), ahead=False)
    assert (signals, leaving, refusals) == await said(open_feed(folder), ahead=False, restart_every=37)
    from_observant = [each for each in signals if each.strategy.name == "observant"]
    assert len(from_observant) > 20
    assert {each.side.value for each in from_observant} == {"long", "short"}
    assert leaving
    assert refusals["filtered: night"] > 0
    assert refusals["filtered: bitcoin"] > 0
    assert {each.management.risk_scale < 1 for each in from_observant} == {True}


async def test_only_what_is_open_is_left(tmp_path: Path) -> None:
    feed = open_feed(market(tmp_path / "candles", 31, candles=500))
    analyst = Analyst(strategies(), Timeframe.M5, simulated=False, instrument_of=instrument_for)
    analyst.load(await feed.history(), feed.recorded(), {})
    left = 0
    async for step in feed.steps():
        for symbol in analyst.close(step.closed):
            everything = sources(symbol)
            due = analyst.leaving(symbol, everything)
            assert analyst.leaving(symbol, []) == []
            for source in everything:
                assert analyst.leaving(symbol, [source]) == [source] * (source in due)
            assert analyst.leaving(symbol, reversed(everything)) == due
            left += len(due)
    assert left


async def test_what_is_only_looked_at_makes_no_signals(tmp_path: Path) -> None:
    folder = market(tmp_path / "candles", 32, candles=300)
    silent = frozenset({"BTCUSDT"})
    everything, quieter = [
        (await said(open_feed(folder), ahead=ahead, silent=names))[0]
        for ahead, names in ((True, frozenset()), (True, silent))
    ]
    assert quieter == [each for each in everything if each.symbol != "BTCUSDT"]
    assert quieter == (await said(open_feed(folder), ahead=False, silent=silent))[0]


def test_candles_that_a_strategy_cannot_run_on_are_refused() -> None:
    with pytest.raises(StrategyError, match="observant: looks at 15m candles, which cannot be put together from 1h"):
        Analyst([observant()], Timeframe.H1, simulated=False, instrument_of=instrument_for)


def test_a_series_keeps_what_its_strategies_need() -> None:
    far = strategy_of(long="close > on(1h, ema(close, 100))")
    assert longest_series(strategies(), Timeframe.M5) == 2600
    assert longest_series([*strategies(), far], Timeframe.M5) > 2 * far.warmup_on(Timeframe.M5) > 10_000
