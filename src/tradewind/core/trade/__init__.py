"""One trade: from the intent to enter, over orders and fills, to the last exit.

`begin` and `handle` are the whole of it. Events are what the venue reported and what the market did; effects are
commands for the venue, postings for the ledger and decisions for people.
"""

from tradewind.core.trade.calm import calm
from tradewind.core.trade.machine import begin, handle
from tradewind.core.trade.messages import (
    Accepted,
    Amend,
    Amended,
    Cancel,
    Canceled,
    Command,
    Effect,
    Event,
    ExitAsked,
    Filled,
    FundingCharged,
    Liquidated,
    Observed,
    Place,
    Posting,
    Refused,
    Report,
)
from tradewind.core.trade.state import Mandate, Trade, mandate

__all__ = [
    "Accepted",
    "Amend",
    "Amended",
    "Cancel",
    "Canceled",
    "Command",
    "Effect",
    "Event",
    "ExitAsked",
    "Filled",
    "FundingCharged",
    "Liquidated",
    "Mandate",
    "Observed",
    "Place",
    "Posting",
    "Refused",
    "Report",
    "Trade",
    "begin",
    "calm",
    "handle",
    "mandate",
]
