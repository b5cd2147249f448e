"""Where market data comes from: one port, three sources."""

from tradewind.market.feeds.inside import Inside, finer_timeframe, read_inside
from tradewind.market.feeds.needs import Runnable, check_readable, only_read
from tradewind.market.feeds.opening import asked_symbols, check_market, open_feed, runnable_on, runnable_strategies
from tradewind.market.feeds.port import Closed, Feed, Incident, IncidentKind, SeriesKey, Step, Tick
from tradewind.market.feeds.replay import ReplayFeed

__all__ = [
    "Closed",
    "Feed",
    "Incident",
    "IncidentKind",
    "Inside",
    "ReplayFeed",
    "Runnable",
    "SeriesKey",
    "Step",
    "Tick",
    "asked_symbols",
    "check_market",
    "check_readable",
    "finer_timeframe",
    "only_read",
    "open_feed",
    "read_inside",
    "runnable_on",
    "runnable_strategies",
]
