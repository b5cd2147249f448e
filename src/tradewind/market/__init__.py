"""Data in: feeds (live, replay, simulated), the candle store and market analysis."""

from tradewind.market.errors import (
    CandleFileError,
    CandleFolderError,
    FeedSettingsError,
    ForeignStateError,
    LiveFeedError,
    MarketDataError,
)
from tradewind.market.feeds import (
    Closed,
    Feed,
    Incident,
    IncidentKind,
    Inside,
    ReplayFeed,
    SeriesKey,
    Step,
    Tick,
    check_market,
    finer_timeframe,
    open_feed,
    read_inside,
)
from tradewind.market.files import CandleFolder, read_candles, repair_candles, span_of
from tradewind.market.store import CandleStore

__all__ = [
    "CandleFileError",
    "CandleFolder",
    "CandleFolderError",
    "CandleStore",
    "Closed",
    "Feed",
    "FeedSettingsError",
    "ForeignStateError",
    "Incident",
    "IncidentKind",
    "Inside",
    "LiveFeedError",
    "MarketDataError",
    "ReplayFeed",
    "SeriesKey",
    "Step",
    "Tick",
    "check_market",
    "finer_timeframe",
    "open_feed",
    "read_candles",
    "read_inside",
    "repair_candles",
    "span_of",
]
