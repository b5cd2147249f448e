"""Monte Carlo: how else could it have come? The same returns in another order, or drawn again.

Source: Politis & Romano (1992), "A circular block-resampling procedure for stationary data"; Politis & Romano (1994),
"The Stationary Bootstrap". All draws come from one seeded generator; the same seed gives the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.research.validation.errors import Floats, ValidationError, finite

PERCENTILES = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
#: Numbers drawn at once: bounds memory whatever the number of paths.
_CHUNK = 2_000_000
#: An account that has lost half must double to be where it was.
RUIN = 0.5

Places = NDArray[np.int64]


class Resampling(StrEnum):
    """How a path is made of the returns that were."""

    SHUFFLE = "shuffle"
    """Every return once, in another order: what the order of the trades did to the drawdown."""
    CIRCULAR = "circular"
    """Blocks of one length, drawn with replacement, the end joined to the beginning."""
    STATIONARY = "stationary"
    """As circular, with block lengths drawn from a geometric distribution, so that paths are stationary."""


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """What the paths came to. Fractions: 0.1 is a gain, or a drawdown, of 10 %.

    Attributes:
        paths: how many.
        block: length of blocks (mean length when stationary); 1 for a shuffle.
        percentiles: of which `final_return` and `max_drawdown` are the values, rising; a drawdown is positive.
        observed_return, observed_drawdown: of the returns in the order in which they were.
        loss_share: share of the paths that ended with a loss.
        deeper_share: share of the paths whose drawdown is at least the observed one; near 1 means that the observed
            order was a lucky one.
        ruin: drawdown that counts as ruin.
        ruin_share: share of the paths whose drawdown reaches it.
    """

    resampling: Resampling
    paths: int
    block: int
    seed: int
    percentiles: tuple[float, ...]
    final_return: tuple[float, ...]
    max_drawdown: tuple[float, ...]
    observed_return: float
    observed_drawdown: float
    loss_share: float
    deeper_share: float
    ruin: float
    ruin_share: float


def shuffle_trades(
    returns: ArrayLike, *, seed: int, paths: int = 2000, percentiles: Sequence[float] = PERCENTILES, ruin: float = RUIN
) -> MonteCarlo:
    """The same trades in other orders.

    Compounding does not care for the order, so the final return is the same in every path and the drawdown is what
    there is to see.

    Args:
        returns: of the trades on the equity before each, −1 or more.

    Raises:
        ValidationError: no return, one below −1 or not finite; no paths; a percentile out of range.
    """
    values = _returns(returns)

    def places(rng: np.random.Generator, rows: int) -> Places:
        return rng.permuted(np.tile(np.arange(len(values)), (rows, 1)), axis=1)

    return _run(values, Resampling.SHUFFLE, places, paths, 1, seed, percentiles, ruin)


def block_bootstrap(
    returns: ArrayLike,
    *,
    block: int,
    seed: int,
    paths: int = 2000,
    resampling: Resampling = Resampling.STATIONARY,
    percentiles: Sequence[float] = PERCENTILES,
    ruin: float = RUIN,
) -> MonteCarlo:
    """Paths of the same length put together from blocks of the returns, so that what hangs together stays together.

    Args:
        returns: per period (or trade) on the equity before each, −1 or more.
        block: rows of a block, the mean of them when stationary; from 1 (independent draws) to the number of returns.

    Raises:
        ValidationError: as for `shuffle_trades`; a block out of range; `resampling` is a shuffle.
    """
    values = _returns(returns)
    count = len(values)
    if resampling is Resampling.SHUFFLE:
        raise ValidationError("expected circular or stationary resampling, got shuffle; use shuffle_trades")
    if not 1 <= block <= count:
        raise ValidationError(f"expected a block from 1 to the {count} returns, got {block}")

    def circular(rng: np.random.Generator, rows: int) -> Places:
        starts = rng.integers(0, count, (rows, -(-count // block)))
        joined = (starts[:, :, None] + np.arange(block)).reshape(rows, -1)[:, :count]
        return joined % count

    def stationary(rng: np.random.Generator, rows: int) -> Places:
        # A new block begins in every place with probability 1/block, which makes lengths geometric with mean `block`.
        begins = rng.random((rows, count)) < 1.0 / block
        begins[:, 0] = True
        starts = rng.integers(0, count, (rows, count))
        here = np.broadcast_to(np.arange(count), (rows, count))
        since = np.maximum.accumulate(np.where(begins, here, 0), axis=1)
        return (np.take_along_axis(starts, since, axis=1) + here - since) % count

    draw = circular if resampling is Resampling.CIRCULAR else stationary
    return _run(values, resampling, draw, paths, block, seed, percentiles, ruin)


def _returns(returns: ArrayLike) -> Floats:
    values = finite("returns", returns, least=1)
    if values.min() < -1.0:
        row = int(values.argmin())
        raise ValidationError(f"expected returns of −1 or more, got {values[row]} in row {row}: more than all was lost")
    return values


def _run(
    values: Floats,
    resampling: Resampling,
    places: Callable[[np.random.Generator, int], Places],
    paths: int,
    block: int,
    seed: int,
    percentiles: Sequence[float],
    ruin: float,
) -> MonteCarlo:
    if paths < 1:
        raise ValidationError(f"expected at least one path, got {paths}")
    if not percentiles or not all(0.0 <= each <= 100.0 for each in percentiles):
        raise ValidationError(f"expected at least one percentile, from 0 to 100, got {list(percentiles)}")
    if not 0.0 < ruin <= 1.0:
        raise ValidationError(f"expected a ruin above 0 and up to 1, got {ruin}")
    wanted = tuple(sorted(percentiles))
    rng = np.random.default_rng(seed)
    observed_final, observed_drawdown = (float(each[0]) for each in _outcome(values[None, :]))
    outcomes = [_outcome(values[places(rng, rows)]) for rows in _chunks(paths, len(values))]
    final = np.concatenate([each[0] for each in outcomes])
    drawdown = np.concatenate([each[1] for each in outcomes])
    if resampling is Resampling.SHUFFLE:
        # The product of the same factors in another order differs in its last digits; that is not an outcome.
        final = np.full(paths, observed_final)
    return MonteCarlo(
        resampling=resampling,
        paths=paths,
        block=block,
        seed=seed,
        percentiles=wanted,
        final_return=tuple(float(each) for each in np.percentile(final, wanted)),
        max_drawdown=tuple(float(each) for each in np.percentile(drawdown, wanted)),
        observed_return=observed_final,
        observed_drawdown=observed_drawdown,
        loss_share=float(np.mean(final < 0.0)),
        deeper_share=float(np.mean(drawdown >= observed_drawdown - 1e-12)),
        ruin=ruin,
        ruin_share=float(np.mean(drawdown >= ruin)),
    )


def _outcome(paths: Floats) -> tuple[Floats, Floats]:
    """Final return and maximum drawdown of each row of `paths`."""
    with np.errstate(over="ignore", invalid="ignore"):
        equity = np.cumprod(1.0 + paths, axis=1)
    if not np.isfinite(equity).all():
        raise ValidationError(
            "expected returns that compound to a finite number, got ones beyond any; check their unit"
        )
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), 1.0)
    return equity[:, -1] - 1.0, (1.0 - equity / peak).max(axis=1)


def _chunks(paths: int, length: int) -> Iterator[int]:
    size = max(1, _CHUNK // length)
    while paths > 0:
        yield min(size, paths)
        paths -= size
