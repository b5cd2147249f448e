"""Every fall of an equity curve from a peak, and whether it came back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradewind.research.metrics.returns import Returns


class DrawdownEpisode(NamedTuple):
    """One stretch below a peak.

    Rows count points of the curve that starts at 1 and grows by the returns: row 0 is the start, row i the end of
    period i.

    Attributes:
        start: row of the peak.
        trough: row of the deepest point.
        end: first row at the peak again, or the last of the curve where it never was (`recovered`).
        depth: 1 − trough ÷ peak.
    """

    start: int
    trough: int
    end: int
    depth: float
    recovered: bool

    @property
    def periods(self) -> int:
        """How long the curve was below the peak, as `max_drawdown` counts: the period that recovers is not part of
        it."""
        return self.end - self.start - (1 if self.recovered else 0)


def drawdown_episodes(returns: Returns) -> list[DrawdownEpisode]:
    """The episodes in time order; none where the curve never fell. NaN is a period without a return."""
    values = np.nan_to_num(np.asarray(returns, dtype=np.float64), nan=0.0)
    curve = np.concatenate([[1.0], np.cumprod(1.0 + values)])
    peaks = np.maximum.accumulate(curve)
    below = curve < peaks
    edges = np.flatnonzero(np.diff(below)).tolist()
    episodes: list[DrawdownEpisode] = []
    for number in range(0, len(edges), 2):
        start = edges[number]
        recovered = number + 1 < len(edges)
        end = edges[number + 1] + 1 if recovered else len(curve) - 1
        trough = start + int(np.argmin(curve[start : end + 1]))
        episodes.append(DrawdownEpisode(start, trough, end, float(1.0 - curve[trough] / peaks[trough]), recovered))
    return episodes
