"""Candles for a back-test, every file checked before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.market import (
    CandleFolder,
    FeedSettingsError,
    Inside,
    ReplayFeed,
    finer_timeframe,
    read_candles,
    read_inside,
)
from tradewind.venues.paper import quote_of


def load_candles(
    folder: Path,
    *,
    symbols: Sequence[str] = (),
    timeframe: Timeframe | None = None,
    bounds: tuple[int | None, int | None] = (None, None),
) -> tuple[Timeframe, dict[str, Columns]]:
    """The candles between the bounds by symbol, in alphabetical order; which are chosen is as in `ReplayFeed.open`.

    Args:
        symbols: all that have candles there, if none is named.
        timeframe: the shortest of which every wanted symbol has a file, if None.
        bounds: of the open times, UTC ms; the second is outside.

    Raises:
        CandleFolderError: no such folder or files.
        CandleFileError: a file is not what it should be.
        FeedSettingsError: no candles between the bounds.
    """
    held = CandleFolder(folder)
    finest = timeframe or held.finest(symbols)
    start, stop = bounds
    first, last = -math.inf if start is None else start, math.inf if stop is None else stop
    loaded: dict[str, Columns] = {}
    for symbol, file in held.files(symbols, finest).items():
        columns = read_candles(file)
        low, high = np.searchsorted(columns.ts, (first, last))
        if high > low:
            loaded[symbol] = columns.rows(int(low), int(high))
        elif symbol in symbols:
            raise FeedSettingsError(f"expected candles of {symbol} between the bounds asked for, {file} has none")
    if not loaded:
        raise FeedSettingsError(f"expected candles between the bounds asked for, none of {folder} lies there")
    return finest, loaded


def load_inside(
    folder: Path, columns: Mapping[str, Columns], timeframe: Timeframe, wanted: Timeframe | Literal["auto"]
) -> dict[str, Inside]:
    """The finer candles of the folder that tell of `columns`, by symbol.

    Args:
        wanted: their timeframe; "auto" = the shortest there is.

    Raises:
        CandleFileError: a file is not what it should be.
        FeedSettingsError: `wanted` does not divide `timeframe`, or there is no file of it.
    """
    held = CandleFolder(folder)
    finer = finer_timeframe(held, columns, timeframe, None if wanted == "auto" else wanted)
    return read_inside(held, columns, timeframe, finer) if finer else {}


def open_paper_feed(
    folder: Path,
    *,
    symbols: Sequence[str] = (),
    timeframe: Timeframe | None = None,
    bounds: tuple[int | None, int | None] = (None, None),
    inside: Timeframe | Literal["auto"] | None = None,
) -> ReplayFeed:
    """Read and check every candle file, as `tradewind replay` does.

    Args:
        bounds: of the open times, UTC ms; the second is outside.
        inside: with which finer candles to look inside; "auto" = the shortest there is.

    Raises:
        MarketDataError: see `ReplayFeed.open`; or a symbol that the paper venue does not trade.
    """
    feed = ReplayFeed.open(
        folder,
        symbols=symbols,
        timeframe=timeframe,
        timeframes=(),
        start=bounds[0],
        stop=bounds[1],
        inside=inside,
    )
    for symbol in feed.symbols:
        try:
            quote_of(symbol)
        except ValueError as error:
            raise FeedSettingsError(str(error)) from None
    return feed
