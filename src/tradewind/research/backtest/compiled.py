"""The ideal profile through the plan kernel. Importing this imports Numba; `ideal` says when that pays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core import kernel
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.kernel.layout import BREAKEVEN, KINDS, STOP, TARGET, TIME_STOP, TRAILING
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.values import Side
from tradewind.research.backtest.entries import Entries, Floats
from tradewind.research.backtest.held import Held, Leg
from tradewind.research.metrics import excursions

Records = NDArray[np.void]

#: What the kernel's code for the end of a position means.
REASONS = {
    STOP: ExitReason.STOP,
    BREAKEVEN: ExitReason.BREAKEVEN,
    TRAILING: ExitReason.TRAILING,
    TARGET: ExitReason.TARGET,
    TIME_STOP: ExitReason.TIME_STOP,
}


class Outcomes(NamedTuple):
    """What one parameter set came to: every position that was entered and left, in time order; t of them.

    Attributes:
        entries: what was asked for.
        trades: `core.kernel.TRADE`, shape (t,); `signal` is the number of the entry, and rows are those of the candles.
        fee: rate paid on either side.
    """

    entries: Entries
    trades: Records
    fee: float

    @property
    def returns(self) -> Floats:
        """Gain after fees ÷ what the entry cost with its fee, shape (t,)."""
        gained: Floats = self.trades["gained"] / (self.trades["entry"] * (1.0 + self.fee))
        return gained

    @property
    def r_multiples(self) -> Floats:
        """Gain after fees ÷ initial risk, shape (t,); NaN or infinite where there was no risk."""
        with np.errstate(divide="ignore", invalid="ignore"):
            gained: Floats = self.trades["gained"] / self.trades["risk"]
        return gained

    @property
    def leaves(self) -> Floats:
        """Average exit prices, shape (t,)."""
        sign = self.trades["side"].astype(np.float64)
        prices: Floats = (self.trades["gained"] + (sign + self.fee) * self.trades["entry"]) / (sign - self.fee)
        return prices

    def excursions(self, columns: Columns) -> tuple[Floats, Floats]:
        """Favourable and adverse ones, as `research.metrics.excursions` of every trade, shape (t,) each.

        Of a trade's last candle the kernel counts each rung and the last exit, and only the average exit counts here.
        It is another one where rungs were filled, so those trades are looked at once more.
        """
        trades, leaves = self.trades, self.leaves
        favourable: Floats = trades["side"] * (trades["best"] - trades["entry"]) / trades["entry"]
        adverse: Floats = trades["side"] * (trades["entry"] - trades["worst"]) / trades["entry"]
        for number in np.flatnonzero((self.entries.rungs[trades["signal"]] > 1) & (trades["filled"] > 0)):
            trade = trades[number]
            rows = int(trade["entry_bar"]), int(trade["exit_bar"])
            favourable[number], adverse[number] = excursions(
                columns, rows, float(trade["entry"]), float(leaves[number]), int(trade["side"]), at_open=True
            )
        return favourable, adverse


def checked_bars(columns: Columns, timeframe: Timeframe, ranges: Floats | None = None) -> kernel.Bars:
    """`columns` as the kernel reads them; made once, used for any number of sets that hang by the same ATR, if by any.

    Raises:
        KernelInputError: candles that are none.
    """
    return kernel.bars(columns, timeframe.ms, ranges)


def run_kernel(entries: Entries, bars: kernel.Bars, fee: float) -> Outcomes:
    """What `entries` come to on the candles they were made of."""
    rules = kernel.assumptions(Costs(maker=fee, taker=fee, slippage=0.0, half_spread=0.0), textbook=True)
    when = kernel.entries(bars, entries.rows, entries.signs)
    return Outcomes(entries, kernel.backtest(bars, when, _plans(entries), rules), fee)


def _plans(entries: Entries) -> Records:
    plans = np.zeros(len(entries.rows), dtype=kernel.PLAN)
    widest = entries.levels.shape[1]
    plans["side"], plans["stop"], plans["targets"] = entries.signs, entries.stops, entries.rungs
    plans["levels"][:, :widest], plans["shares"][:, :widest] = entries.levels, entries.shares
    plans["max_age_ms"] = entries.max_age_ms
    if (breakeven := entries.exits.breakeven) is not None:
        plans["breakeven"], plans["breakeven_after"] = 1, breakeven.after_target
        plans["breakeven_at_r"], plans["breakeven_offset"] = breakeven.at_r, entries.offsets
    if (trailing := entries.exits.trailing) is not None:
        plans["trailing"] = KINDS[trailing.kind]
        plans["trailing_distance"], plans["trailing_step"] = entries.distances, entries.steps
        plans["trailing_after"], plans["trailing_at_r"] = trailing.after_target, trailing.at_r
    return plans


def positions(outcomes: Outcomes, columns: Columns) -> list[Held]:
    """The trades one by one, with all their parts."""
    return [_held(trade, outcomes.entries, columns) for trade in outcomes.trades]


def _held(trade: np.void, entries: Entries, columns: Columns) -> Held:
    """The kernel does not keep the rungs that were filled before the end, and need not: a rung fills in the first
    candle that reaches it, at its level or at an open beyond."""
    place, sign, first, last = (int(trade[name]) for name in ("signal", "side", "entry_bar", "exit_bar"))
    ladder = int(trade["filled"]) - (int(trade["end"]) == TARGET)
    reached = columns.high[first : last + 1] if sign > 0 else columns.low[first : last + 1]
    legs: list[Leg] = []
    left = 1.0
    for level, share in zip(entries.levels[place, :ladder].tolist(), entries.shares[place].tolist(), strict=False):
        row = first + int(((reached - level) * sign >= 0.0).argmax())
        opened = float(columns.open[row])
        legs.append(Leg(row, share, opened if (opened - level) * sign >= 0.0 else level))
        left -= share
    legs.append(Leg(last, left, float(trade["exit"])))
    side, reason = (Side.LONG if sign > 0 else Side.SHORT), REASONS[int(trade["end"])]
    return Held(side, first, float(trade["entry"]), float(entries.stops[place]), tuple(legs), reason)
