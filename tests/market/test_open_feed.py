"""The feed that the settings ask for, or an error that says what is wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from candle_maker import save, walk

from tests.core.strategy_maker import strategy_of
from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy
from tradewind.kit.clock import to_ms
from tradewind.market import (
    CandleFolderError,
    Feed,
    FeedSettingsError,
    ForeignStateError,
    LiveFeedError,
    open_feed,
    runnable_strategies,
)
from tradewind.platform.settings import MarketSource, Settings

NOON = datetime(2026, 3, 1, 12, 0, 42, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOON


def opened(resume: dict[str, Any] | None = None, **settings: Any) -> Feed:
    return open_feed(Settings(**settings), resume, StoppedClock())


async def test_without_settings_it_is_the_simulated_market_from_now_on() -> None:
    feed = opened()
    assert feed.source is MarketSource.SIMULATED
    history = await feed.history()
    assert len(history["BTCUSDT", Timeframe.M15]) >= 1000
    assert Timeframe.M15.open_of(to_ms(NOON)) == history["BTCUSDT", Timeframe.M15].ts[-1] + Timeframe.M15.ms


def test_a_simulated_world_is_kept_by_its_state() -> None:
    feed = opened(seed=7, symbols="ETHUSDT, btcusdt", timeframe="5m")
    assert feed.symbols == ("BTCUSDT", "ETHUSDT")
    assert feed.timeframes[0] is Timeframe.M5
    later = open_feed(Settings(seed=7, symbols="BTCUSDT,ETHUSDT", timeframe="5m"), feed.state())
    assert later.world == feed.world


def test_replay_takes_its_candles_from_the_folder(tmp_path: Path) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        save(tmp_path, symbol, Timeframe.M5, walk(700))
    feed = opened(market="replay", candles=tmp_path, symbols="ETHUSDT")
    assert (feed.source, feed.symbols) == (MarketSource.REPLAY, ("ETHUSDT",))


def test_strategies_run_where_the_market_has_what_they_read(tmp_path: Path) -> None:
    for symbol in ("ETHUSDT", "SOLUSDT"):
        save(tmp_path, symbol, Timeframe.M5, walk(700))
    own, bitcoin = strategy_of(), strategy_of(long="on(BTCUSDT, 1h, close > open)")
    hourly = strategy_of(long="on(1h, close > open)")

    def running(**settings: Any) -> tuple[Strategy, ...]:
        found = runnable_strategies(Settings(**settings), [own, bitcoin, hourly])
        assert len(found.strategies) + len(found.left_out) == 3
        return found.strategies

    assert running() == running(market="live") == (own, bitcoin, hourly)
    assert running(symbols="ETHUSDT") == (own, bitcoin, hourly), "Bitcoin can be followed, too"
    assert running(market="replay", candles=tmp_path) == (own, hourly)
    assert running(timeframe="4h") == (own,)
    (reason,) = runnable_strategies(Settings(market="replay", candles=tmp_path), [bitcoin]).left_out
    assert "looks at BTCUSDT; expected candles of it, there are ETHUSDT, SOLUSDT" in reason
    save(tmp_path, "BTCUSDT", Timeframe.M5, walk(700))
    assert running(market="replay", candles=tmp_path, symbols="ETHUSDT") == (own, bitcoin, hourly)


def test_live_follows_the_venue_of_the_settings() -> None:
    feed = opened(market="live", live_venue="bybit", venue_url="http://127.0.0.1:9")
    assert (feed.source, feed.venue) == (MarketSource.LIVE, "bybit")
    assert "BTCUSDT" in feed.symbols


async def test_no_feed_goes_on_from_the_state_of_another(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", Timeframe.M5, walk(700))
    asked: list[dict[str, Any]] = [
        {},
        {"seed": 2},
        {"market": "replay", "candles": tmp_path},
        {"market": "live", "venue_url": "http://127.0.0.1:9"},
        {"market": "live", "venue_url": "http://127.0.0.1:9", "live_venue": "okx"},
    ]
    for mine in asked:
        state = opened(**mine).state()
        assert opened(state, **mine).world == opened(state, **mine).world
        for other in asked:
            if other is not mine:
                with pytest.raises(ForeignStateError):
                    opened(state, **other)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"market": "replay"}, FeedSettingsError, "--candles"),
        ({"market": "replay", "candles": Path("/nowhere")}, CandleFolderError, "nowhere"),
        ({"timeframe": "7m"}, FeedSettingsError, "7m"),
        ({"speed": "fast"}, FeedSettingsError, "fast"),
        ({"symbols": "NOSUCH"}, FeedSettingsError, "NOSUCH"),
        ({"market": "live", "speed": "60"}, FeedSettingsError, "speed"),
        ({"market": "live", "live_venue": "nosuch"}, LiveFeedError, "nosuch"),
    ],
)
def test_settings_that_make_no_feed_are_named(settings: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        opened(**settings)
