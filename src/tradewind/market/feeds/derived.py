"""Longer timeframes out of the finest one. What a longer candle is, `core.candles.Derivation` alone says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tradewind.core.candles import Candle, Derivation, Timeframe
from tradewind.core.series import Columns, Stamps
from tradewind.market.errors import FeedSettingsError
from tradewind.market.feeds.port import Closed

#: Candles that exist as objects at one time while columns are worked through.
_BLOCK = 8192


def timeframes_from(
    finest: Timeframe, wanted: Iterable[Timeframe] | None, usual: Iterable[Timeframe]
) -> tuple[Timeframe, ...]:
    """`finest` and above it the timeframes `wanted`, or those of the `usual` ones that it divides; rising.

    Raises:
        FeedSettingsError: `finest` does not divide a wanted one.
    """
    if wanted is None:
        longer = {timeframe for timeframe in usual if timeframe.derives_from(finest)}
    else:
        longer = set(wanted) - {finest}
        for timeframe in longer:
            if not timeframe.derives_from(finest):
                raise FeedSettingsError(f"expected timeframes that {finest} divides, got {timeframe}")
    return (finest, *sorted(longer, key=lambda timeframe: timeframe.ms))


class Derived(NamedTuple):
    """The candles of a longer timeframe that a run of finest candles closed.

    Attributes:
        rows: for each the row of the finest candle with which it was closed.
    """

    columns: Columns
    rows: Stamps


def derive(derivations: Sequence[Derivation], finest: Columns) -> list[Derived]:
    """Put `finest` through each of `derivations`, which go on from where they stand and stand behind it afterwards."""
    columns: list[list[Columns]] = [[] for _ in derivations]
    rows: list[list[int]] = [[] for _ in derivations]
    for start in range(0, len(finest), _BLOCK):
        candles = list(finest.rows(start, start + _BLOCK).candles())
        for derivation, blocks, numbers in zip(derivations, columns, rows, strict=True):
            add = derivation.add
            closed: list[Candle] = []
            for row, candle in enumerate(candles, start):
                if done := add(candle):
                    closed += done
                    numbers.extend([row] * len(done))
            blocks.append(Columns.of(closed))
    return [
        Derived(Columns.joined(blocks), np.array(numbers, dtype=np.int64))
        for blocks, numbers in zip(columns, rows, strict=True)
    ]


class Ladder:
    """All timeframes of one symbol, fed candle by candle with the finest."""

    __slots__ = ("_finest", "_symbol", "derivations")

    def __init__(self, symbol: str, timeframes: Sequence[Timeframe]) -> None:
        self._symbol = symbol
        self._finest, *longer = timeframes
        self.derivations = [Derivation(self._finest, timeframe) for timeframe in longer]

    def add(self, candle: Candle) -> list[Closed]:
        """`candle`, which has closed, and the longer candles that it closes, the shortest timeframe first."""
        closed = [Closed(self._symbol, self._finest, candle)]
        for derivation in self.derivations:
            closed += [Closed(self._symbol, derivation.timeframe, longer) for longer in derivation.add(candle)]
        return closed
