"""Where market data comes from: one port, three sources."""

from tradewind.market.feeds.opening import check_market, open_feed
from tradewind.market.feeds.port import Closed, Feed, Incident, IncidentKind, SeriesKey, Step, Tick
from tradewind.market.feeds.replay import ReplayFeed

__all__ = [
    "Closed",
    "Feed",
    "Incident",
    "IncidentKind",
    "ReplayFeed",
    "SeriesKey",
    "Step",
    "Tick",
    "check_market",
    "open_feed",
]
