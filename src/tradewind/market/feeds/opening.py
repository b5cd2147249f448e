"""The feed that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy
from tradewind.kit.clock import Clock, WallClock, to_ms
from tradewind.market.errors import FeedSettingsError
from tradewind.market.feeds.live import HISTORY, LiveFeed
from tradewind.market.feeds.model import LISTINGS
from tradewind.market.feeds.needs import Runnable, check_readable, only_read, runnable, warmup_of
from tradewind.market.feeds.pacing import speed_of
from tradewind.market.feeds.port import Feed
from tradewind.market.feeds.replay import ReplayFeed
from tradewind.market.feeds.simulated import SPEED, SimulatedFeed
from tradewind.market.files import CandleFolder
from tradewind.platform.settings import MarketSource, Settings

#: Market seconds per second at which `up` replays: two five-minute candles a second.
_REPLAY_SPEED = 600.0
#: Of the simulated market, when none is asked for: some twenty signals in a market day, fewer than plans deliver.
_SIMULATED_TIMEFRAME = Timeframe.M15
_LIVE_TIMEFRAME = Timeframe.M1
#: Followed live when no symbol is named: a venue has thousands, which nobody can mean.
_LIVE_SYMBOLS = tuple(listing.symbol for listing in LISTINGS)
_NO_FOLDER = "expected a folder of candle files to replay, got none; give --candles DIR"


def asked_symbols(settings: Settings) -> tuple[str, ...]:
    """The symbols that `settings` name; none stands for the source's own choice."""
    return tuple(part for text in settings.symbols.split(",") if (part := text.strip().upper()))


def runnable_strategies(settings: Settings, strategies: Sequence[Strategy]) -> Runnable:
    """Those of `strategies` that can run on the market that `settings` ask for. A live venue is taken to have every
    symbol that one looks at.

    Raises:
        MarketDataError: a folder without candle files, or a timeframe that does not exist.
    """
    timeframe = _timeframe(settings.timeframe)
    match settings.market:
        case MarketSource.SIMULATED:
            return runnable(strategies, [each.symbol for each in LISTINGS], timeframe or _SIMULATED_TIMEFRAME)
        case MarketSource.REPLAY:
            if settings.candles is None:
                raise FeedSettingsError(_NO_FOLDER)
            return runnable_on(settings.candles, asked_symbols(settings), timeframe, strategies)
        case MarketSource.LIVE:
            there = frozenset().union(*(strategy.symbols_read for strategy in strategies))
            return runnable(strategies, there, timeframe or _LIVE_TIMEFRAME)


def runnable_on(
    folder: Path, symbols: Sequence[str], timeframe: Timeframe | None, strategies: Sequence[Strategy]
) -> Runnable:
    """Those of `strategies` that can run on the candles of `folder`.

    Args:
        symbols, timeframe: those asked for, as `ReplayFeed.open` takes them.

    Raises:
        CandleFolderError: no such folder or files.
    """
    held = CandleFolder(folder)
    finest = timeframe or held.finest(symbols)
    return runnable(strategies, held.symbols(finest), finest)


def open_feed(
    settings: Settings,
    resume: Mapping[str, Any] | None,
    clock: Clock | None = None,
    *,
    strategies: Sequence[Strategy] = (),
) -> Feed:
    """The feed that `settings` ask for, ready to give its history; nothing outside this process was changed.

    Args:
        strategies: what they look at beside the symbols asked for is followed too.
        resume: what the feed's `state` said when the last step was committed; None to start anew.
        clock: says when a new simulated world begins; the machine's, if None.

    Raises:
        MarketDataError: candle files or folders that are not what they should be, settings that do not exist or do not
            go together, a state of another world, or a strategy that cannot run on this market.
    """
    feed = _open(settings, resume, clock, strategies)
    check_readable(strategies, feed.symbols, feed.timeframes[0])
    return feed


def _open(
    settings: Settings, resume: Mapping[str, Any] | None, clock: Clock | None, strategies: Sequence[Strategy]
) -> Feed:
    symbols = asked_symbols(settings)
    symbols = (*symbols, *sorted(only_read(strategies, symbols)))
    timeframe = _timeframe(settings.timeframe)
    match settings.market:
        case MarketSource.SIMULATED:
            return SimulatedFeed(
                seed=settings.seed,
                start_ms=to_ms((clock or WallClock()).now()),
                symbols=symbols,
                timeframe=timeframe or _SIMULATED_TIMEFRAME,
                speed=speed_of(settings.speed, SPEED),
                resume=resume,
            )
        case MarketSource.REPLAY:
            if settings.candles is None:
                raise FeedSettingsError(_NO_FOLDER)
            return ReplayFeed.open(
                settings.candles,
                symbols=symbols,
                timeframe=timeframe,
                speed=speed_of(settings.speed, _REPLAY_SPEED),
                resume=resume,
            )
        case MarketSource.LIVE:
            if settings.speed:
                raise FeedSettingsError(f"expected no speed for a live market, got {settings.speed}; leave it out")
            finest = timeframe or _LIVE_TIMEFRAME
            return LiveFeed(
                settings.live_venue,
                symbols or _LIVE_SYMBOLS,
                timeframe=finest,
                base_url=settings.venue_url,
                history=max(HISTORY, warmup_of(strategies, finest)),
                resume=resume,
            )


def check_market(settings: Settings) -> None:
    """See whether the feed that `settings` ask for can be opened: reads and checks every candle file of a replay, and
    touches nothing else.

    Raises:
        MarketDataError: as `open_feed`.
    """
    if settings.market is MarketSource.REPLAY and settings.candles is not None:
        timeframe = _timeframe(settings.timeframe)
        ReplayFeed.open(settings.candles, symbols=asked_symbols(settings), timeframe=timeframe, timeframes=())
    elif settings.market is MarketSource.SIMULATED:
        open_feed(settings, None)


def _timeframe(text: str) -> Timeframe | None:
    if not text:
        return None
    if text not in Timeframe:
        raise FeedSettingsError(f"expected a timeframe of {', '.join(Timeframe)}; got {text}")
    return Timeframe(text)
