"""The feed that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.core.candles import Timeframe
from tradewind.kit.clock import Clock, WallClock, to_ms
from tradewind.market.errors import FeedSettingsError
from tradewind.market.feeds.live import LiveFeed
from tradewind.market.feeds.model import LISTINGS
from tradewind.market.feeds.pacing import speed_of
from tradewind.market.feeds.port import Feed
from tradewind.market.feeds.replay import ReplayFeed
from tradewind.market.feeds.simulated import SPEED, SimulatedFeed
from tradewind.platform.settings import MarketSource, Settings

#: Market seconds per second at which `up` replays: two five-minute candles a second.
_REPLAY_SPEED = 600.0
#: Of the simulated market, when none is asked for: some forty signals in a market day, no more than plans deliver.
_SIMULATED_TIMEFRAME = Timeframe.M3
#: Followed live when no symbol is named: a venue has thousands, which nobody can mean.
_LIVE_SYMBOLS = tuple(listing.symbol for listing in LISTINGS)


def open_feed(settings: Settings, resume: Mapping[str, Any] | None, clock: Clock | None = None) -> Feed:
    """The feed that `settings` ask for, ready to give its history; nothing outside this process was changed.

    Args:
        resume: what the feed's `state` said when the last step was committed; None to start anew.
        clock: says when a new simulated world begins; the machine's, if None.

    Raises:
        MarketDataError: candle files or folders that are not what they should be, settings that do not exist or do not
            go together, or a state of another world.
    """
    symbols = tuple(part for text in settings.symbols.split(",") if (part := text.strip().upper()))
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
                raise FeedSettingsError("expected a folder of candle files to replay, got none; give --candles DIR")
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
            return LiveFeed(
                settings.live_venue,
                symbols or _LIVE_SYMBOLS,
                timeframe=timeframe or Timeframe.M1,
                base_url=settings.venue_url,
                resume=resume,
            )


def check_market(settings: Settings) -> None:
    """See whether the feed that `settings` ask for can be opened: reads and checks every candle file of a replay, and
    touches nothing else.

    Raises:
        MarketDataError: as `open_feed`.
    """
    if settings.market is MarketSource.REPLAY and settings.candles is not None:
        symbols = tuple(part for text in settings.symbols.split(",") if (part := text.strip().upper()))
        timeframe = _timeframe(settings.timeframe)
        ReplayFeed.open(settings.candles, symbols=symbols, timeframe=timeframe, timeframes=())
    elif settings.market is MarketSource.SIMULATED:
        open_feed(settings, None)


def _timeframe(text: str) -> Timeframe | None:
    if not text:
        return None
    if text not in Timeframe:
        raise FeedSettingsError(f"expected a timeframe of {', '.join(Timeframe)}; got {text}")
    return Timeframe(text)
