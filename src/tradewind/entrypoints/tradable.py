"""Whether what a feed shows can be traded at the venue of this installation."""

from __future__ import annotations

from tradewind.market import Feed, FeedSettingsError
from tradewind.venues.paper import quote_of


def check_tradable(feed: Feed) -> None:
    """See that the paper venue trades every symbol of `feed`.

    Raises:
        FeedSettingsError: it does not.
    """
    for symbol in feed.symbols:
        try:
            quote_of(symbol)
        except ValueError as error:
            raise FeedSettingsError(f"{error}; name the symbols that shall be followed") from None
