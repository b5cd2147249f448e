"""From what the kernel says of parameter sets to their measures, on whole columns: the same figures as a back-test's,
without a trade ever becoming an object.

The trades of k sets stand in one column, set after set. What is reckoned of each trade is reckoned of all at once; what
is summed up is summed up set by set, so that a set's figures are the same to the bit whatever it is reckoned with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.kernel.layout import TARGET
from tradewind.core.series import Columns
from tradewind.research.backtest.compiled import Outcomes
from tradewind.research.metrics import ClosedTrades

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY_MS = 86_400_000


class Days(NamedTuple):
    """The UTC days of one symbol's candles, d of them.

    Attributes:
        first: in days since 1970-01-01.
        ends: row of each day's last candle, or of the last before it, shape (d,).
        closes: the close there, shape (d,).
        of_row: the day at whose end each candle has closed, counted from the first, shape (candles,).
    """

    first: int
    ends: Ints
    closes: Floats
    of_row: Ints

    @classmethod
    def of(cls, columns: Columns) -> Days:
        days = columns.ts // _DAY_MS
        ends = np.searchsorted(days, np.arange(days[0], days[-1] + 1), side="right") - 1
        return cls(int(days[0]), ends, columns.close[ends], days - days[0])

    def counted(self, rows: Ints, whose: Ints, sets: int) -> Ints:
        """How many of each set's `rows` lie in each day or before it, shape (sets, d)."""
        count = len(self.ends)
        found = np.bincount(whose * count + self.of_row[rows], minlength=sets * count)
        return found.reshape(sets, count).cumsum(axis=1)


class SymbolAccounts(NamedTuple):
    """What one symbol's share of the capital came to in k sets.

    Attributes:
        closed: the trades of all sets, set after set.
        counts: how many of them each set has, shape (k,).
        equity: at the end of each of the symbol's days, quote currency, shape (k, d).
        exposure: share of its candles in which a position was open, shape (k,).
    """

    closed: ClosedTrades
    counts: Ints
    equity: Floats
    exposure: Floats


def accounts(outcomes: Outcomes, columns: Columns, days: Days, capital: float) -> SymbolAccounts:
    """`capital` put whole into every trade of a set, one after the other, until there is none left."""
    outcomes = _until_ruin(outcomes)
    ridden, fee, returns = outcomes.ridden, outcomes.fee, outcomes.returns
    entry, counts = ridden.entry, ridden.counts
    grown, starts = 1.0 + returns, _starts(counts)
    after = np.empty(len(outcomes))
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        np.cumprod(grown[start : start + count], out=after[start : start + count])
    after *= capital
    before = np.append(capital, after[:-1])[: len(outcomes)]
    before[starts[counts > 0]] = capital
    quantity = before / (entry * (1.0 + fee))
    favourable, adverse = outcomes.excursions()
    closed = ClosedTrades(
        pnl=before * returns,
        fees=quantity * fee * (entry + outcomes.leaves),
        r_multiple=outcomes.r_multiples,
        mfe=favourable,
        mae=adverse,
        risk=ridden.risk / entry,
    )
    equity = _equity(outcomes, columns, days, capital, after, quantity)
    return SymbolAccounts(closed, counts, equity, _exposure(outcomes, len(columns)))


def _starts(counts: Ints) -> Ints:
    starts: Ints = np.cumsum(counts) - counts
    return starts


def _until_ruin(outcomes: Outcomes) -> Outcomes:
    """Without what comes behind a set's first trade that loses everything."""
    lost = outcomes.returns <= -1.0
    if not lost.any():
        return outcomes
    before = np.append(0, np.cumsum(lost))  # losses before each trade, of all sets
    return outcomes.only(before[:-1] == before[np.repeat(_starts(outcomes.ridden.counts), outcomes.ridden.counts)])


def _equity(
    outcomes: Outcomes, columns: Columns, days: Days, capital: float, after: Floats, quantity: Floats
) -> Floats:
    ridden, whose, sets = outcomes.ridden, outcomes.whose, len(outcomes.ridden.counts)
    starts = _starts(ridden.counts)
    left = days.counted(ridden.exit_bar, whose, sets)
    # Each set's capital and behind it what it was after each trade.
    capitals = np.full(len(outcomes) + sets, capital)
    capitals[np.arange(len(outcomes)) + whose + 1] = after
    equity: Floats = capitals[left + (starts + np.arange(sets))[:, None]]
    # Marked are the days at whose end a trade was open, which was entered by then and left in a later candle.
    entered = days.counted(ridden.entry_bar, whose, sets)
    of_set, open_days = np.nonzero(entered > left)
    held = starts[of_set] + entered[of_set, open_days] - 1
    entry, sign = ridden.entry[held], ridden.side[held]
    gain = sign * (days.closes[open_days] - entry) - outcomes.fee * entry
    gain += _by_rungs(outcomes, columns, days, open_days, held)
    equity[of_set, open_days] += quantity[held] * gain
    return equity


def _by_rungs(outcomes: Outcomes, columns: Columns, days: Days, open_days: Ints, held: Ints) -> Floats:
    """What the rungs that had filled by the end of those days make of a gain that was reckoned at the close."""
    ridden, differences = outcomes.ridden, np.zeros(len(open_days))
    # The last part leaves later: the position is open.
    ladder = ridden.filled[held] - (ridden.end[held] == TARGET)
    ladder[outcomes.entries.rungs[ridden.signal[held]] == 1] = 0
    for rung in range(int(ladder.max(initial=0))):
        places = np.flatnonzero(ladder > rung)
        rows, prices, shares = outcomes.rungs(columns, held[places], rung)
        close, sign = days.closes[open_days[places]], ridden.side[held[places]]
        filled = rows <= days.ends[open_days[places]]
        made = shares * (sign * (prices - close) - outcomes.fee * prices)
        differences[places[filled]] += made[filled]
    return differences


def _exposure(outcomes: Outcomes, candles: int) -> Floats:
    first, last, whose = outcomes.ridden.entry_bar, outcomes.ridden.exit_bar, outcomes.whose
    held = last - first + 1
    # One candle may hold the end of a trade and the beginning of the next.
    held[1:] -= (first[1:] == last[:-1]) & (whose[1:] == whose[:-1])
    whole = np.append(0, np.cumsum(held))
    starts = _starts(outcomes.ridden.counts)
    share: Floats = (whole[starts + outcomes.ridden.counts] - whole[starts]) / candles
    return share


def together(symbols: Sequence[SymbolAccounts]) -> tuple[ClosedTrades, Ints]:
    """The trades of all symbols, set after set and in each symbol after symbol, and how many each set has."""
    if len(symbols) == 1:
        return symbols[0].closed, symbols[0].counts
    sets = np.arange(len(symbols[0].counts))
    order = np.argsort(np.concatenate([np.repeat(sets, each.counts) for each in symbols]), kind="stable")
    columns = zip(*(each.closed for each in symbols), strict=True)
    closed = ClosedTrades(*(np.concatenate(parts)[order] for parts in columns))
    return closed, np.sum([each.counts for each in symbols], axis=0)


def daily_returns(parts: list[tuple[SymbolAccounts, Days]], capital: float) -> Floats:
    """Returns of all symbols' equity together, day by day, each symbol having begun with `capital`, shape (k, d)."""
    first = min(days.first for _, days in parts)
    last = max(days.first + len(days.ends) for _, days in parts)
    total = np.zeros((len(parts[0][0].counts), last - first))
    for each, days in parts:
        begins, ends = days.first - first, days.first - first + len(days.ends)
        total[:, :begins] += capital
        total[:, begins:ends] += each.equity
        total[:, ends:] += each.equity[:, -1:]
    before = np.insert(total[:, :-1], 0, capital * len(parts), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = total / before - 1.0
    return returns
