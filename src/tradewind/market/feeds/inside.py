"""Finer candles that tell what happened inside coarser ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns, Stamps
from tradewind.market.errors import FeedSettingsError
from tradewind.market.files import CandleFolder, read_candles


class Inside(NamedTuple):
    """The finer candles of one symbol, beside the coarser ones they belong to.

    Attributes:
        columns: the finer candles.
        first: for each coarser candle the row of its first finer one, −1 where they do not tell of it: some are
            missing, or their extremes, open and close are not its own. Shape (coarser candles,).
        parts: how many finer candles make a coarser one.
        finer: timeframe of the finer ones.
    """

    columns: Columns
    first: Stamps
    parts: int
    finer: Timeframe

    def of(self, row: int) -> Iterator[Candle]:
        """The finer candles of the coarser one in `row`, oldest first; none where they do not tell of it."""
        first = int(self.first[row])
        return self.columns.rows(first, first + self.parts).candles() if first >= 0 else iter(())


def resolve(coarse: Columns, timeframe: Timeframe, fine: Columns, finer: Timeframe) -> Inside:
    """Which of `coarse` (of `timeframe`) the candles `fine` (of `finer`, which divides it) tell of."""
    parts = timeframe.ms // finer.ms
    first = np.searchsorted(fine.ts, coarse.ts)
    whole = np.searchsorted(fine.ts, coarse.ts + timeframe.ms) - first == parts
    rows = np.flatnonzero(whole)
    begins = first[rows]
    inner = begins[:, np.newaxis] + np.arange(parts)
    agree = (
        (fine.high[inner].max(axis=1) == coarse.high[rows])
        & (fine.low[inner].min(axis=1) == coarse.low[rows])
        & (fine.open[begins] == coarse.open[rows])
        & (fine.close[begins + parts - 1] == coarse.close[rows])
    )
    told = np.full(len(coarse), -1, dtype=np.int64)
    told[rows[agree]] = begins[agree]
    return Inside(fine, told, parts, finer)


def finer_timeframe(
    held: CandleFolder, symbols: Iterable[str], timeframe: Timeframe, wanted: Timeframe | None
) -> Timeframe | None:
    """The timeframe to look inside candles of `timeframe` with: `wanted`, or the shortest that there is for any of
    `symbols`; None when there is none.

    Raises:
        FeedSettingsError: `wanted` does not divide `timeframe`, or there is no file of it.
    """
    symbols = tuple(symbols)
    if wanted is not None and not timeframe.derives_from(wanted):
        raise FeedSettingsError(f"expected to look inside {timeframe} with a timeframe that divides it, got {wanted}")
    for finer in (wanted,) if wanted else Timeframe:
        if timeframe.derives_from(finer) and set(held.symbols(finer)) & set(symbols):
            return finer
    if wanted is not None:
        raise FeedSettingsError(
            f"expected files of {wanted} to look inside {timeframe} with, {held.path} has none of {', '.join(symbols)}"
        )
    return None


def read_inside(
    held: CandleFolder, coarse: Mapping[str, Columns], timeframe: Timeframe, finer: Timeframe
) -> dict[str, Inside]:
    """What the files of `finer` tell of `coarse`, for the symbols that have one.

    Raises:
        CandleFileError: a file is not what it should be.
    """
    told: dict[str, Inside] = {}
    for symbol, columns in coarse.items():
        if (file := held.series.get((symbol, finer))) is not None:
            fine = read_candles(file)
            low, high = np.searchsorted(fine.ts, (int(columns.ts[0]), int(columns.ts[-1]) + timeframe.ms))
            told[symbol] = resolve(columns, timeframe, fine.rows(int(low), int(high)), finer)
    return told
