"""What became of a signal, whether anybody traded it or not.

The signal's published plan is run with ideal fills on the same stretches of prices and in the same pessimistic order as
the paper venue (`core.matching`): filled at the first touch of the zone, stop first on ties, R weighted by the ladder's
shares and after fees. Untouched by its expiry means not filled. As a resting order would, it fills at the limit where
the price falls through the zone, and an exit at market finds the first price after the one that asked for it. Further
entries rest from the first fill on; after one inside a candle the candle's favourable extreme counts no more, so of a
grid no round trip is credited that the candle may not have contained.
"""

from tradewind.core.outcome.model import (
    WAITING,
    Outcome,
    Result,
    SignalEnd,
    SignalEvent,
    SignalEventKind,
    SignalPhase,
    Tracking,
)
from tradewind.core.outcome.tracking import calm, candle_closed, leave, result, simulate, since, track, tracking

__all__ = [
    "WAITING",
    "Outcome",
    "Result",
    "SignalEnd",
    "SignalEvent",
    "SignalEventKind",
    "SignalPhase",
    "Tracking",
    "calm",
    "candle_closed",
    "leave",
    "result",
    "simulate",
    "since",
    "track",
    "tracking",
]
