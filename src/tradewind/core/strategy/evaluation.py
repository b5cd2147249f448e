"""Where on the candles a strategy's set-ups stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions import Answer, Market, Memo, Values
from tradewind.core.series import Columns
from tradewind.core.strategy.strategy import Strategy
from tradewind.core.values import Side

Rows = NDArray[np.int64]


_NONE: Rows = np.empty(0, dtype=np.int64)


class UnevenSetsError(ValueError):
    """Sets of open parameters that cannot be evaluated as one: a document refuses some of them, or a number is defined
    in some of them only."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A strategy over candles. What it says of a row depends on the candles up to that row only.

    Attributes:
        values: the program's roots, one value per row.
        long_rows, short_rows: rows at which a set-up stands, rising: its condition holds, the warm-up is over, and
            every number it needs is finite.
        conflict_rows: rows at which both sides stood; they count for neither.
        filtered: rows at which a set-up stood and a filter did not hold, with the name of the first such.
        exit_rows: rows at which the condition to leave a position holds, by side, rising.
        sets: how many sets of the open parameters were given; None where none is open.
    """

    strategy: Strategy
    columns: Columns
    values: Values
    long_rows: Rows
    short_rows: Rows
    conflict_rows: Rows
    filtered: Mapping[int, str] = field(default_factory=dict)
    exit_rows: Mapping[Side, Rows] = field(default_factory=dict)
    sets: int | None = None

    def side_at(self, row: int) -> Side | None:
        """The side whose set-up stands at `row`."""
        if _holds(self.long_rows, row):
            return Side.LONG
        return Side.SHORT if _holds(self.short_rows, row) else None

    def conflict_at(self, row: int) -> bool:
        """Whether both sides' set-ups stood at `row`."""
        return _holds(self.conflict_rows, row)

    def leaves_at(self, side: Side, row: int) -> bool:
        """Whether a position of `side` shall be left at the close of `row`."""
        rows = self.exit_rows.get(side)
        return rows is not None and _holds(rows, row)

    @property
    def spoken_rows(self) -> Rows:
        """Rows of which there is something to say, rising: a set-up stands there, or would but for the other side or a
        filter."""
        filtered = np.array(sorted(self.filtered), dtype=np.int64)
        return np.unique(np.concatenate([self.long_rows, self.short_rows, self.conflict_rows, filtered]))

    def picked(self, rows: Rows) -> Evaluation:
        """What is said of `rows` alone, which rise: row n there is `rows[n]` here. It keeps nothing of the others."""

        def moved(kept: Rows) -> Rows:
            return np.flatnonzero(np.isin(rows, kept, assume_unique=True))

        return Evaluation(
            self.strategy,
            self.columns.picked(rows),
            Values.known([self.values.at(root, rows) for root in range(len(self.values))]),
            moved(self.long_rows),
            moved(self.short_rows),
            moved(self.conflict_rows),
            {place: self.filtered[row] for place, row in enumerate(rows.tolist()) if row in self.filtered},
            {side: moved(kept) for side, kept in self.exit_rows.items()},
        )

    def number(self, root: int, row: int) -> float:
        """The value of a root at `row`."""
        return self.values.number(root, row)


def evaluate(
    strategy: Strategy,
    columns: Columns,
    market: Market | None = None,
    memo: Memo | None = None,
    *,
    settings: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
    since: int = 0,
) -> Evaluation:
    """Evaluate `strategy` at the close of every candle of `columns`, which begin with the series' first candle.

    Cost: a few passes over the columns per distinct operation, whatever the number of set-ups.

    Args:
        market: the timeframe of `columns`, and series of it by symbol; needed by a strategy that asks for the time or
            looks at other series. What it looks at and is not there is undefined: then nothing stands.
        memo: of these `columns`, to share what other strategies have computed; one that needs the market shares
            nothing.
        settings: values of the parameters that `strategy` leaves open, by name, shape (sets,) each. Where set-ups stand
            does not hang by them.
        since: what is said of rows before is not asked for; a third of the cost, where it is the last one.

    Raises:
        ValueError: the market is needed and was not given.
        UnevenSetsError: the sets of `settings` are not of a kind.
        StrategyError: the strategy cannot run on this timeframe.
    """
    if memo is None or strategy.program.needs_market:
        answer = strategy.program.answer(columns, market)
    else:
        answer = Answer(memo.values(strategy.program), None)
    values, sets = answer.values, None
    if strategy.left_open:
        values, allowed = values.given(settings)
        sets = len(allowed)
        if not allowed.all():
            raise UnevenSetsError("expected sets whose constants are all finite")
    warmup = strategy.warmup if market is None else strategy.warmup_on(market.timeframe)
    since = max(since, warmup)
    rows = dict.fromkeys(Side, _NONE)
    filtered: dict[int, str] = {}
    for setup in strategy.setups:
        standing = _holding(answer, setup.when, since)
        if len(standing):
            number = values.among(standing)
            finite = np.ones(len(standing), dtype=bool)
            for place in setup.needed:
                finite &= _all_or_none(np.isfinite(number(place)))
            standing = standing[finite]
        for rule in strategy.filters:
            if rule.side in (None, setup.side):
                passed = values.at(rule.when, standing)
                filtered |= dict.fromkeys(standing[~passed].tolist(), rule.name)
                standing = standing[passed]
        rows[setup.side] = standing
    long, short = rows[Side.LONG], rows[Side.SHORT]
    conflicts = np.intersect1d(long, short, assume_unique=True) if len(long) and len(short) else _NONE
    if len(conflicts):
        long, short = (np.setdiff1d(each, conflicts, assume_unique=True) for each in (long, short))
    return Evaluation(
        strategy,
        columns,
        values,
        long,
        short,
        conflicts,
        filtered,
        {each.side: _holding(answer, each.exit, since) for each in strategy.setups if each.exit is not None},
        sets,
    )


def _all_or_none(finite: Any) -> Any:
    """Which rows are finite, in every set alike; a single answer stands for all rows."""
    if finite.ndim < 2:
        return finite
    everywhere = finite.all(axis=0)
    if not np.array_equal(everywhere, finite.any(axis=0)):
        raise UnevenSetsError("expected sets whose numbers are defined in the same rows")
    return everywhere


def _holding(answer: Answer, place: int, since: int) -> Rows:
    """The rows from `since` on at which a condition holds and all that it reads was there."""
    holds = answer.values[place]
    if answer.present is not None:
        holds = holds & answer.present
    return np.flatnonzero(holds[since:]) + since


def _holds(rows: Rows, row: int) -> bool:
    place = int(rows.searchsorted(row))
    return place < len(rows) and int(rows[place]) == row
