"""Where market data comes from: one port, three sources."""

from tradewind.market.feeds.inside import Inside, finer_timeframe, read_inside
from tradewind.market.feeds.opening import check_market, open_feed
from tradewind.market.feeds.port import Closed, Feed, Incident, IncidentKind, SeriesKey, Step, Tick
from tradewind.market.feeds.replay import ReplayFeed

__all__ = [
    "Closed",
    "Feed",
    "Incident",
    "IncidentKind",
    "Inside",
    "ReplayFeed",
    "SeriesKey",
    "Step",
    "Tick",
    "check_market",
    "finer_timeframe",
    "open_feed",
    "read_inside",
]
