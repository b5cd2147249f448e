"""Does a strategy see the future, and does it speak before it has seen enough of the past?

Both detectors know nothing of the strategy but what it decides: they run it on less history and compare. What is said
of a row must not change when later candles are taken away (look-ahead), and hardly when much older ones are (warm-up).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.core.series import Columns
from tradewind.research.validation.errors import Floats, ValidationError

#: Examples kept of what differed.
MOST_EXAMPLES = 20

Rows = NDArray[np.int64]


class Decide(Protocol):
    """A strategy's decisions at the close of every candle.

    Takes candles, oldest first, which are its own copy; answers with one row per candle: shape (rows,), or (rows, k)
    for k numbers a row. Conditions and whole numbers count as numbers; NaN stands for no decision and equals itself.
    It must be deterministic.
    """

    def __call__(self, columns: Columns, /) -> ArrayLike: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that changed with the history that was given.

    Attributes:
        row: of the decision, in the whole history.
        output: which of the row's numbers.
        first, stop: the rows that were given the second time, up to but without `stop`.
        whole, part: the decision with all rows, and with those.
    """

    row: int
    output: int
    first: int
    stop: int
    whole: float
    part: float


@dataclass(frozen=True, slots=True)
class LookAhead:
    """Whether decisions depend on candles that come after them.

    Attributes:
        rows: of the whole history.
        cuts: how many truncated histories were compared.
        differing: decisions that changed, over all cuts.
        reach: at least so many candles ahead it looks; 0 when nothing changed.
        outputs: which of a row's numbers changed.
        examples: the first that changed.
    """

    rows: int
    cuts: int
    differing: int
    reach: int
    outputs: tuple[int, ...]
    examples: tuple[Difference, ...]

    @property
    def biased(self) -> bool:
        return self.differing > 0


def look_ahead(
    decide: Decide, columns: Columns, *, cuts: int = 200, least: int = 1, tolerance: float = 1e-9
) -> LookAhead:
    """Run `decide` on truncated histories and compare every row with what it said knowing the whole.

    The history is cut behind rows where the whole said something new, because a strategy that looks one candle ahead
    differs only there, and evenly in between; behind every row when there are no more than `cuts`. A look ahead that
    changes no decision of these candles cannot be seen, so give it many: thousands of rows, several markets.

    Cost: `cuts` runs over half the rows on average.

    Args:
        least: rows of the shortest history that `decide` can do with.
        tolerance: relative difference of numbers that counts as none; for sums that are added up in another order.

    Raises:
        ValidationError: `decide` answers with another number of rows or outputs; no row to cut behind; no cuts.
    """
    if cuts < 1 or least < 1:
        raise ValidationError(f"expected at least one cut and one row, got {cuts} and {least}")
    if len(columns) <= least:
        raise ValidationError(f"expected more than {least} rows to cut some off, got {len(columns)}")
    whole = _decided(decide, columns, 0, len(columns))
    near = _nearness(whole, tolerance)
    stops = _cuts(whole, least, cuts)
    differing, reach, outputs = 0, 0, set[int]()
    examples: list[Difference] = []
    for stop in stops.tolist():
        part = _decided(decide, columns, 0, stop)
        _same_outputs(part, whole)
        places = _differences(whole[:stop], part, near)
        if len(places):
            differing += len(places)
            reach = max(reach, stop - int(places[0, 0]))
            outputs.update(places[:, 1].tolist())
            # The row nearest to the cut first: it tells how far it looks.
            _keep(examples, places[::-1], whole, part, 0, stop)
    return LookAhead(len(columns), len(stops), differing, reach, tuple(sorted(outputs)), tuple(examples))


def _cuts(whole: Floats, least: int, most: int) -> Rows:
    """Numbers of rows to keep, rising, `least` to all but one."""
    rows = len(whole)
    if rows - least <= most:
        return np.arange(least, rows)
    spread = np.linspace(least, rows - 1, max(most // 2, 1)).astype(np.int64)
    changed = np.flatnonzero(_unequal(whole[1:], whole[:-1]).any(axis=1)) + 1
    stops = changed + 1
    stops = stops[(stops >= least) & (stops < rows)]
    if len(stops) > most - len(spread):
        stops = stops[np.linspace(0, len(stops) - 1, most - len(spread)).astype(np.int64)]
    return np.unique(np.concatenate([spread, stops]))


@dataclass(frozen=True, slots=True)
class WarmUp:
    """From how much history on decisions agree, whatever came before.

    Attributes:
        claimed: rows before its first trusted decision, as the strategy has it.
        needed: rows that must come before a decision so that it agreed in every comparison; None when decisions
            differed to the very last row, so that these candles do not show how many it takes.
        starts: how many later beginnings were compared.
        compared, differing: rows at which something was said with `claimed` rows before it, or up to the window more,
            from one of the beginnings or by the whole; and those of them at which the two differed. Where nothing was
            compared, nothing is known.
        flips: unbroken runs of rows that differed: a crossing that comes one candle later differs at two rows.
        tolerated: share of the compared rows that may differ.
        examples: the first that differed.
    """

    claimed: int
    needed: int | None
    starts: int
    compared: int
    differing: int
    flips: int
    tolerated: float
    examples: tuple[Difference, ...]

    @property
    def share(self) -> float:
        """Of the decisions right behind the claimed warm-up, how many differed."""
        return self.differing / self.compared if self.compared else 0.0

    @property
    def biased(self) -> bool:
        """Whether it speaks too early: more decisions differ than may.

        One crossing that comes a candle earlier or later, at two rows at most, may be chance however few there are.
        """
        chance = self.flips <= 1 and self.differing <= 2
        return not chance and self.share > self.tolerated


def warm_up(
    decide: Decide,
    columns: Columns,
    *,
    claimed: int,
    starts: int = 24,
    window: int = 200,
    tolerance: float = 1e-3,
    tolerated: float = 0.02,
) -> WarmUp:
    """Run `decide` on histories that begin later and compare with what it said knowing all of it.

    A recursive average never quite forgets where it began; `core.indicators` takes it as settled once that weighs less
    than a thousandth. So numbers may differ by `tolerance`, and a few decisions at a threshold (`tolerated`) may flip.

    Args:
        claimed: rows before a decision after which it is meant to be trusted, such as `Strategy.warmup`; 0 for a
            strategy that speaks from the first candle.
        starts: later beginnings, evenly over the second quarter of the rows, so that the whole is a quarter ahead of
            each and every one has half of the rows before it.
        window: only decisions with up to so many rows more than `claimed` are judged: later ones agree anyway and
            would water the share down.

    Raises:
        ValidationError: `decide` answers with another number of rows or outputs; fewer than two rows beyond twice the
            claimed warm-up; an argument out of range.
    """
    rows = len(columns)
    if claimed < 0 or starts < 1 or window < 1 or tolerance < 0 or not 0 <= tolerated < 1:
        raise ValidationError(
            "expected claimed and tolerance of 0 or more, starts and window of 1 or more and tolerated from 0 to below "
            f"1, got {claimed}, {tolerance}, {starts}, {window}, {tolerated}"
        )
    if rows < 2 * claimed + 2:
        raise ValidationError(f"expected at least {2 * claimed + 2} rows for a warm-up of {claimed}, got {rows}")
    whole = _decided(decide, columns, 0, rows)
    near = _nearness(whole, tolerance)
    # A beginning earlier than that is compared with a whole that is itself not warm yet.
    firsts = np.unique(np.linspace(max(rows // 4, 1), rows // 2, starts).astype(np.int64))
    needed, settled = 0, True
    # By row of the whole, so that a row seen from many beginnings counts once.
    compared, differing = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    examples: list[Difference] = []
    for first in firsts.tolist():
        part = _decided(decide, columns, first, rows)
        _same_outputs(part, whole)
        places = _differences(whole[first:], part, near)
        judged = places[(places[:, 0] >= claimed) & (places[:, 0] < claimed + window)]
        behind = slice(first + claimed, min(first + claimed + window, rows))
        said = ~(np.isnan(whole[behind]) & np.isnan(part[claimed : claimed + window])).all(axis=1)
        compared[behind] |= said
        differing[first + judged[:, 0]] = True
        if len(places):
            last = int(places[-1, 0])
            needed = max(needed, last + 1)
            settled = settled and last < rows - first - 1
        _keep(examples, judged, whole, part, first, rows)
    return WarmUp(
        claimed=claimed,
        needed=needed if settled else None,
        starts=len(firsts),
        compared=int(compared.sum()),
        differing=int(differing.sum()),
        flips=int(np.count_nonzero(np.diff(differing, prepend=False) & differing)),
        tolerated=tolerated,
        examples=tuple(examples),
    )


def _decided(decide: Decide, columns: Columns, first: int, stop: int) -> Floats:
    """What `decide` says of these rows, as (rows, outputs)."""
    # Copies, so that a strategy that writes into its candles spoils nobody else's.
    answer = np.asarray(decide(columns.picked(np.arange(first, stop))))
    if answer.dtype.kind not in "fiub":
        raise ValidationError(f"expected numbers or conditions, got decisions of type {answer.dtype}")
    if answer.ndim not in (1, 2) or len(answer) != stop - first:
        raise ValidationError(f"expected one decision for each of {stop - first} rows, got the shape {answer.shape}")
    return answer.astype(np.float64).reshape(len(answer), -1)


def _same_outputs(part: Floats, whole: Floats) -> None:
    if part.shape[1] != whole.shape[1]:
        raise ValidationError(f"expected {whole.shape[1]} number(s) a row, got {part.shape[1]} with less history")


def _nearness(whole: Floats, tolerance: float) -> Floats:
    """How far apart numbers of each output may lie: that part of a usual value's size."""
    sizes = np.where(np.isfinite(whole) & (whole != 0.0), np.abs(whole), np.nan)
    usual = [float(np.nanmedian(column)) if np.isfinite(column).any() else 0.0 for column in sizes.T]
    return tolerance * np.array(usual)


def _unequal(one: Floats, other: Floats) -> NDArray[np.bool_]:
    different: NDArray[np.bool_] = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return different


def _differences(whole: Floats, part: Floats, near: Floats) -> Rows:
    """(row, output) of what differs, by row; rows counted from the first given."""
    with np.errstate(invalid="ignore"):
        apart = ~(np.abs(whole - part) <= near)
    return np.argwhere(_unequal(whole, part) & apart)


def _keep(examples: list[Difference], places: Rows, whole: Floats, part: Floats, first: int, stop: int) -> None:
    for row, output in places[: MOST_EXAMPLES - len(examples)].tolist():
        examples.append(
            Difference(row + first, output, first, stop, float(whole[row + first, output]), float(part[row, output]))
        )
