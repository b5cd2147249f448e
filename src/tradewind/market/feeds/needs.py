"""Which series strategies need beside those that somebody asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy, StrategyError
from tradewind.market.errors import FeedSettingsError


def only_read(strategies: Sequence[Strategy], symbols: Collection[str]) -> frozenset[str]:
    """The symbols that `strategies` look at and nobody asked for: they are followed and make no signals.

    Args:
        symbols: those asked for; none means all that there are.
    """
    if not symbols:
        return frozenset()
    return frozenset().union(*(strategy.symbols_read for strategy in strategies)) - set(symbols)


class Runnable(NamedTuple):
    """Strategies that can run on a market, and why each of the others cannot."""

    strategies: tuple[Strategy, ...]
    left_out: tuple[str, ...]


def runnable(strategies: Sequence[Strategy], symbols: Collection[str], timeframe: Timeframe) -> Runnable:
    """Those of `strategies` that nobody asked for by name and that can run on candles of `timeframe`, with `symbols`
    there to look at."""
    able: list[Strategy] = []
    left_out: list[str] = []
    for strategy in strategies:
        try:
            check_readable([strategy], symbols, timeframe)
        except FeedSettingsError as error:
            left_out.append(str(error))
        else:
            able.append(strategy)
    return Runnable(tuple(able), tuple(left_out))


def check_readable(strategies: Sequence[Strategy], symbols: Collection[str], timeframe: Timeframe) -> None:
    """See that every strategy can run on candles of `timeframe` with `symbols` there to look at.

    Raises:
        FeedSettingsError: one cannot.
    """
    for strategy in strategies:
        name = strategy.ref.name
        if missing := sorted(strategy.symbols_read - set(symbols)):
            held = ", ".join(sorted(symbols))
            raise FeedSettingsError(f"{name} looks at {', '.join(missing)}; expected candles of it, there are {held}")
    warmup_of(strategies, timeframe)


def warmup_of(strategies: Sequence[Strategy], timeframe: Timeframe) -> int:
    """Candles of `timeframe` before the last of `strategies` may speak.

    Raises:
        FeedSettingsError: one cannot run on such candles.
    """
    try:
        return max((strategy.warmup_on(timeframe) for strategy in strategies), default=0)
    except StrategyError as error:
        raise FeedSettingsError(str(error)) from None
