"""The ideal profile through the plan kernel. Importing this imports Numba; `ideal` says when that pays."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tradewind.core import kernel
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.kernel.layout import BREAKEVEN, KINDS, STOP, TARGET, TIME_STOP, TRAILING
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.values import Side
from tradewind.research.backtest.entries import Entries, Floats, Ints
from tradewind.research.backtest.held import Held, Leg

Records = NDArray[np.void]

#: What the kernel's code for the end of a position means.
REASONS = {
    STOP: ExitReason.STOP,
    BREAKEVEN: ExitReason.BREAKEVEN,
    TRAILING: ExitReason.TRAILING,
    TARGET: ExitReason.TARGET,
    TIME_STOP: ExitReason.TIME_STOP,
}


class Outcomes:
    """What the entries of k parameter sets came to: every position that was entered and left, set after set and each
    set's in time order; t of them in all.

    Attributes:
        entries: what was asked for, in sets.
        ridden: rows are those of the candles, and signals numbers of the entries.
        fee: rate paid on either side.
    """

    def __init__(self, entries: Entries, ridden: kernel.Ridden, fee: float) -> None:
        self.entries = entries
        self.ridden = ridden
        self.fee = fee

    def __len__(self) -> int:
        return len(self.ridden.signal)

    @cached_property
    def whose(self) -> Ints:
        """The set of each trade, shape (t,)."""
        return np.repeat(np.arange(len(self.ridden.counts)), self.ridden.counts)

    @cached_property
    def returns(self) -> Floats:
        """Gain after fees ÷ what the entry cost with its fee, shape (t,)."""
        gained: Floats = self.ridden.gained / (self.ridden.entry * (1.0 + self.fee))
        return gained

    @property
    def r_multiples(self) -> Floats:
        """Gain after fees ÷ initial risk, shape (t,); NaN or infinite where there was no risk."""
        with np.errstate(divide="ignore", invalid="ignore"):
            gained: Floats = self.ridden.gained / self.ridden.risk
        return gained

    @cached_property
    def leaves(self) -> Floats:
        """Average exit prices, shape (t,)."""
        side, entry, gained = self.ridden.side, self.ridden.entry, self.ridden.gained
        prices: Floats = (gained + (side + self.fee) * entry) / (side - self.fee)
        return prices

    def only(self, kept: NDArray[np.bool_]) -> Outcomes:
        """Those of the trades that are `kept`."""
        counts, *columns = self.ridden
        counts = np.bincount(self.whose[kept], minlength=len(counts))
        return Outcomes(self.entries, kernel.Ridden._make((counts, *(column[kept] for column in columns))), self.fee)

    @cached_property
    def laddered(self) -> Ints:
        """The numbers of the trades of which rungs of a ladder were filled."""
        return np.flatnonzero((self.entries.rungs[self.ridden.signal] > 1) & (self.ridden.filled > 0))

    def rungs(self, columns: Columns, trades: Ints, rung: int) -> tuple[Ints, Floats, Floats]:
        """(rows, prices, shares) of the fill of `rung` in each of `trades`, which are laddered and filled it.

        A rung fills in the first candle that reaches it, at its level or at an open beyond.
        """
        rows = self.ridden.fills[trades, rung]
        signal, sign, opened = self.ridden.signal[trades], self.ridden.side[trades], columns.open[rows]
        level = self.entries.levels[self.whose[trades], signal, rung]
        return rows, np.where((opened - level) * sign >= 0.0, opened, level), self.entries.shares[signal, rung]

    def excursions(self) -> tuple[Floats, Floats]:
        """Favourable and adverse ones, as `research.metrics.excursions` of every trade, shape (t,) each.

        Of a trade's last candle the kernel counts each rung and the last exit, and only the average exit counts here.
        It is another one where rungs were filled; so of those trades the kernel tells how it was before.
        """
        ridden, laddered = self.ridden, self.laddered
        best, worst = ridden.best, ridden.worst
        if len(laddered):
            leave, sides = self.leaves[laddered], ridden.side[laddered]
            best, worst = best.copy(), worst.copy()
            for extreme, before, way in ((best, ridden.best_before, sides), (worst, ridden.worst_before, -sides)):
                reached = before[laddered]
                extreme[laddered] = np.where((leave - reached) * way > 0.0, leave, reached)
        return (
            ridden.side * (best - ridden.entry) / ridden.entry,
            ridden.side * (ridden.entry - worst) / ridden.entry,
        )


def checked_bars(columns: Columns, timeframe: Timeframe, ranges: Floats | None = None) -> kernel.Bars:
    """`columns` as the kernel reads them; made once, used for any number of sets that hang by the same ATR, if by any.

    Raises:
        KernelInputError: candles that are none.
    """
    return kernel.bars(columns, timeframe.ms, ranges)


def run_kernel(entries: Entries, bars: kernel.Bars, fee: float) -> Outcomes:
    """What `entries` come to on the candles they were made of."""
    rules = kernel.assumptions(Costs(maker=fee, taker=fee, slippage=0.0, half_spread=0.0), textbook=True)
    entries = entries.in_sets
    plans = kernel.PlanSets(
        rows=entries.rows,
        sides=entries.signs,
        rungs=entries.rungs,
        shares=entries.shares,
        stops=entries.stops,
        levels=entries.levels,
        offsets=entries.offsets,
        distances=entries.distances,
        steps=entries.steps,
        shared=_shared(entries),
    )
    return Outcomes(entries, kernel.backtest_sets(bars, plans, rules), fee)


def _shared(entries: Entries) -> Records:
    """What all plans have in common."""
    plan = np.zeros(1, dtype=kernel.PLAN)
    plan["max_age_ms"] = entries.max_age_ms
    if (breakeven := entries.exits.breakeven) is not None:
        plan["breakeven"], plan["breakeven_after"], plan["breakeven_at_r"] = 1, breakeven.after_target, breakeven.at_r
    if (trailing := entries.exits.trailing) is not None:
        plan["trailing"] = KINDS[trailing.kind]
        plan["trailing_after"], plan["trailing_at_r"] = trailing.after_target, trailing.at_r
    return plan


def positions(outcomes: Outcomes, columns: Columns) -> list[Held]:
    """The trades one by one, with all their parts."""
    return [_held(outcomes, number, columns) for number in range(len(outcomes))]


def _held(outcomes: Outcomes, number: int, columns: Columns) -> Held:
    ridden, place = outcomes.ridden, np.array([number])
    first, last = int(ridden.entry_bar[number]), int(ridden.exit_bar[number])
    legs: list[Leg] = []
    left = 1.0
    for rung in range(int(ridden.filled[number] - (ridden.end[number] == TARGET))):
        rows, prices, shares = outcomes.rungs(columns, place, rung)
        legs.append(Leg(int(rows[0]), float(shares[0]), float(prices[0])))
        left -= legs[-1].share
    legs.append(Leg(last, left, float(ridden.exit[number])))
    side, reason = (Side.LONG if ridden.side[number] > 0 else Side.SHORT), REASONS[int(ridden.end[number])]
    stop = float(outcomes.entries.stops[outcomes.whose[number], ridden.signal[number]])
    return Held(side, first, float(ridden.entry[number]), stop, tuple(legs), reason)
