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
        ridden: `trades` has rows of the candles, and numbers of the entries as `signal`.
        fee: rate paid on either side.
    """

    def __init__(self, entries: Entries, ridden: kernel.Ridden, fee: float) -> None:
        self.entries = entries
        self.ridden = ridden
        self.fee = fee

    @property
    def trades(self) -> Records:
        return self.ridden.trades

    @property
    def counts(self) -> Ints:
        """How many trades each set has, shape (k,)."""
        return self.ridden.counts

    @cached_property
    def whose(self) -> Ints:
        """The set of each trade, shape (t,)."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @cached_property
    def signs(self) -> Floats:
        """+1 long, −1 short, shape (t,)."""
        return self.trades["side"].astype(np.float64)

    @cached_property
    def entered(self) -> Floats:
        """Entry prices, shape (t,)."""
        return np.ascontiguousarray(self.trades["entry"])

    @cached_property
    def _gained(self) -> Floats:
        return np.ascontiguousarray(self.trades["gained"])

    @cached_property
    def returns(self) -> Floats:
        """Gain after fees ÷ what the entry cost with its fee, shape (t,)."""
        gained: Floats = self._gained / (self.entered * (1.0 + self.fee))
        return gained

    @property
    def r_multiples(self) -> Floats:
        """Gain after fees ÷ initial risk, shape (t,); NaN or infinite where there was no risk."""
        with np.errstate(divide="ignore", invalid="ignore"):
            gained: Floats = self._gained / self.trades["risk"]
        return gained

    @cached_property
    def leaves(self) -> Floats:
        """Average exit prices, shape (t,)."""
        prices: Floats = (self._gained + (self.signs + self.fee) * self.entered) / (self.signs - self.fee)
        return prices

    def only(self, kept: NDArray[np.bool_]) -> Outcomes:
        """Those of the trades that are `kept`."""
        trades, _, fills, best, worst = self.ridden
        counts = np.bincount(self.whose[kept], minlength=len(self.counts))
        ridden = kernel.Ridden(trades[kept], counts, fills[kept], best[kept], worst[kept])
        return Outcomes(self.entries, ridden, self.fee)

    @cached_property
    def laddered(self) -> Ints:
        """The numbers of the trades of which rungs of a ladder were filled."""
        return np.flatnonzero((self.entries.rungs[self.trades["signal"]] > 1) & (self.trades["filled"] > 0))

    def rungs(self, columns: Columns, trades: Ints, rung: int) -> tuple[Ints, Floats, Floats]:
        """(rows, prices, shares) of the fill of `rung` in each of `trades`, which are laddered and filled it.

        A rung fills in the first candle that reaches it, at its level or at an open beyond.
        """
        rows = self.ridden.fills[trades, rung]
        signal, sign, opened = self.trades["signal"][trades], self.trades["side"][trades], columns.open[rows]
        level = self.entries.levels[self.whose[trades], signal, rung]
        return rows, np.where((opened - level) * sign >= 0.0, opened, level), self.entries.shares[signal, rung]

    def excursions(self) -> tuple[Floats, Floats]:
        """Favourable and adverse ones, as `research.metrics.excursions` of every trade, shape (t,) each.

        Of a trade's last candle the kernel counts each rung and the last exit, and only the average exit counts here.
        It is another one where rungs were filled; so of those trades the kernel tells how it was before.
        """
        entry, sign, laddered = self.entered, self.signs, self.laddered
        best, worst = self.trades["best"].copy(), self.trades["worst"].copy()
        leave, sides = self.leaves[laddered], sign[laddered]
        for extreme, before, way in ((best, self.ridden.best, sides), (worst, self.ridden.worst, -sides)):
            extreme[laddered] = np.where((leave - before[laddered]) * way > 0.0, leave, before[laddered])
        return sign * (best - entry) / entry, sign * (entry - worst) / entry


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
    return [_held(outcomes, number, columns) for number in range(len(outcomes.trades))]


def _held(outcomes: Outcomes, number: int, columns: Columns) -> Held:
    trade, place = outcomes.trades[number], np.array([number])
    first, last = int(trade["entry_bar"]), int(trade["exit_bar"])
    legs: list[Leg] = []
    left = 1.0
    for rung in range(int(trade["filled"]) - (int(trade["end"]) == TARGET)):
        rows, prices, shares = outcomes.rungs(columns, place, rung)
        legs.append(Leg(int(rows[0]), float(shares[0]), float(prices[0])))
        left -= legs[-1].share
    legs.append(Leg(last, left, float(trade["exit"])))
    side, reason = (Side.LONG if trade["side"] > 0 else Side.SHORT), REASONS[int(trade["end"])]
    stop = float(outcomes.entries.stops[outcomes.whose[number], trade["signal"]])
    return Held(side, first, float(trade["entry"]), stop, tuple(legs), reason)
