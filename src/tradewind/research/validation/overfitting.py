"""Probability of back-test overfitting: does what was best in one half of the time do well in the other?

Source: Bailey, Borwein, López de Prado & Zhu (2017), "The Probability of Backtest Overfitting", Journal of
Computational Finance 20(4): combinatorially symmetric cross-validation (CSCV).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.research.validation.errors import Floats, ValidationError, finite

MOST_BLOCKS = 16
#: Combinations × configurations computed at once: bounds memory.
_CHUNK = 2_000_000
#: A variance below this part of the mean square is rounding, not movement.
_STILL = 1e-20
#: Performances nearer than this are equal: twins may differ in the last digit by the way they were summed.
_SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Overfitting:
    """What became out of sample of the configuration that was best in sample, over all halvings of the time.

    Attributes:
        probability: PBO, the share of halvings in which it ended at or below the median; about 0.5 without any edge,
            near 0 when the best is really better, above 0.5 when choosing the best does harm.
        loss_probability: share of halvings in which it lost money out of sample.
        slope: of its performance out of sample over that in sample (least squares); below 0, the better it looked the
            worse it did. None when the performance in sample did not vary.
        logits: ln(ω ÷ (1 − ω)) of its relative rank ω out of sample, one per halving.
        configurations, rows, blocks: rows are those that were used.
    """

    probability: float
    loss_probability: float
    slope: float | None
    logits: Floats
    configurations: int
    rows: int
    blocks: int


def overfitting(returns: ArrayLike, blocks: int = 10) -> Overfitting:
    """PBO by CSCV with the Sharpe ratio as performance.

    The rows are cut into `blocks` equal blocks; each choice of half of them is once the sample (the blocks in their
    order) and the rest what comes out of it. In each, the configuration with the best Sharpe ratio in sample (of equals
    the first) has the rank r of N out of sample, 1 the worst, equals sharing the mean of their ranks; ω = r ÷ (N + 1),
    and the halving counts as overfitted when ln(ω ÷ (1 − ω)) ≤ 0. A configuration that does not move has a Sharpe ratio
    of 0 there.

    Args:
        returns: (rows, configurations), what every configuration that was tried returned, oldest first; those left out
            because they were bad are missing in the answer.
        blocks: even, from 2 to 16. When it does not divide the rows, the oldest that are too many are left out.

    Raises:
        ValidationError: fewer than 2 configurations or 2 rows a block, a number of blocks out of range, or a return
            that is not finite.
    """
    values = finite("returns", returns, dimensions=2)
    rows, count = values.shape
    if blocks % 2 or not 2 <= blocks <= MOST_BLOCKS:
        raise ValidationError(f"expected an even number of blocks from 2 to {MOST_BLOCKS}, got {blocks}")
    if count < 2:
        raise ValidationError(f"expected at least 2 configurations to choose from, got {count}")
    length = rows // blocks
    if length < 2:
        raise ValidationError(f"expected at least {2 * blocks} rows for {blocks} blocks, got {rows}")
    used = values[rows - length * blocks :]
    # Sums over deviations from the column's mean, or the squares would cancel away what the variance is made of.
    middle = used.mean(axis=0)
    cut = (used - middle).reshape(blocks, length, count)
    sums, squares = cut.sum(axis=1), (cut**2).sum(axis=1)

    picks = np.array(list(combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(picks), blocks))
    np.put_along_axis(chosen, picks, 1.0, axis=1)
    half = length * blocks // 2
    inside, outside, logits = [], [], []
    for part in np.array_split(chosen, max(1, len(chosen) * count // _CHUNK)):
        sample = _sharpe(part @ sums, part @ squares, middle, half)
        rest = _sharpe((1.0 - part) @ sums, (1.0 - part) @ squares, middle, half)
        best = sample.argmax(axis=1)[:, None]
        reached = np.take_along_axis(rest, best, axis=1)
        near = _SAME * (1.0 + np.abs(reached))
        below, equal = (rest < reached - near).sum(axis=1), (np.abs(rest - reached) <= near).sum(axis=1)
        relative = (below + (equal + 1) / 2) / (count + 1)
        logits.append(np.log(relative / (1.0 - relative)))
        inside.append(np.take_along_axis(sample, best, axis=1)[:, 0])
        outside.append(reached[:, 0])
    all_logits = np.concatenate(logits)
    return Overfitting(
        # A rank in the very middle is a logit of 0 but for rounding.
        probability=float(np.mean(all_logits <= 1e-12)),
        loss_probability=float(np.mean(np.concatenate(outside) < 0.0)),
        slope=_slope(np.concatenate(inside), np.concatenate(outside)),
        logits=all_logits,
        configurations=count,
        rows=length * blocks,
        blocks=blocks,
    )


def _sharpe(sums: Floats, squares: Floats, middle: Floats, count: int) -> Floats:
    """Sharpe ratios from sums of deviations from `middle` and of their squares over `count` rows."""
    shift = sums / count
    mean = middle + shift
    variance = np.maximum(squares - sums * shift, 0.0) / (count - 1)
    moving = variance > _STILL * np.maximum(mean**2, np.finfo(np.float64).tiny)
    ratio: NDArray[np.float64] = np.divide(mean, np.sqrt(variance), out=np.zeros_like(mean), where=moving)
    return ratio


def _slope(inside: Floats, outside: Floats) -> float | None:
    spread = inside - inside.mean()
    size = float(np.dot(spread, spread))
    if size <= _STILL * max(float(np.dot(inside, inside)), np.finfo(np.float64).tiny):
        return None
    return float(np.dot(spread, outside)) / size
