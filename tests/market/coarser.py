"""Coarser candles out of finer ones, for tests that look inside them."""

from __future__ import annotations

import numpy as np

from tradewind.core.series import Columns


def coarser(fine: Columns, parts: int) -> Columns:
    """Each `parts` candles of `fine` as one; what is left over at the end is left out."""
    whole = len(fine) // parts * parts
    ts, opened, high, low, close, volume = (column[:whole].reshape(-1, parts) for column in fine)
    return Columns(
        np.ascontiguousarray(ts[:, 0]),
        np.ascontiguousarray(opened[:, 0]),
        high.max(axis=1),
        low.min(axis=1),
        np.ascontiguousarray(close[:, -1]),
        volume.sum(axis=1),
    )
