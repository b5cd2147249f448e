"""Candles for tests: plausible random walks, and the files that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns

#: 2024-01-01 00:00 UTC, the open of a candle of every timeframe.
START = 1_704_067_200_000
NAMES = ("ts", "open", "high", "low", "close", "volume")


def walk(count: int, timeframe: Timeframe = Timeframe.M5, *, start: int = START, seed: int = 0) -> Columns:
    """`count` candles in a row from `start` on, each opening where the one before closed; longer ones begin alike."""
    random = np.random.default_rng(seed).random((count, 4))
    closes = np.round(100.0 * np.exp(np.cumsum(0.01 * (random[:, 0] - 0.5))), 3)
    opens = np.concatenate(([100.0], closes))[:count]
    highs = np.maximum(opens, closes) + np.round(random[:, 1], 3)
    lows = np.minimum(opens, closes) - np.round(random[:, 2], 3)
    volumes = np.round(random[:, 3] * 50.0, 2)
    ts = start + np.arange(count, dtype=np.int64) * timeframe.ms
    return Columns(ts, opens, highs, lows, closes, volumes)


def without(columns: Columns, *rows: int) -> Columns:
    """`columns` with a gap at those rows."""
    return columns.picked(np.delete(np.arange(len(columns)), list(rows)))


def candles(columns: Columns) -> list[Candle]:
    return [columns.candle(row) for row in range(len(columns))]


def same(left: Columns, right: Columns) -> bool:
    """Whether both hold the same candles to the bit."""
    return all(np.array_equal(mine, other) for mine, other in zip(left, right, strict=True))


def save(folder: Path, symbol: str, timeframe: Timeframe, columns: Columns, **replaced: Any) -> Path:
    """Write the candle file; `replaced` columns take the place of those of that name, None leaves one out."""
    table = {**dict(zip(NAMES, columns, strict=True)), **replaced}
    path = folder / f"{symbol}-{timeframe}.parquet"
    pq.write_table(pa.table({name: column for name, column in table.items() if column is not None}), path)
    return path
