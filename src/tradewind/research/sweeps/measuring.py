"""From what the kernel says of one parameter set to its measures, on whole columns: the same figures as a back-test's,
without a trade ever becoming an object."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.series import Columns
from tradewind.research.backtest.compiled import Outcomes, positions
from tradewind.research.metrics import ClosedTrades

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]

_DAY_MS = 86_400_000


class Days(NamedTuple):
    """The UTC days of one symbol's candles.

    Attributes:
        first: in days since 1970-01-01.
        ends: row of each day's last candle, or of the last before it.
        closes: the close there.
    """

    first: int
    ends: Ints
    closes: Floats

    @classmethod
    def of(cls, columns: Columns) -> Days:
        days = columns.ts // _DAY_MS
        ends = np.searchsorted(days, np.arange(days[0], days[-1] + 1), side="right") - 1
        return cls(int(days[0]), ends, columns.close[ends])


class SymbolAccount(NamedTuple):
    """What one symbol's share of the capital came to.

    Attributes:
        equity: at the end of each of its days, quote currency.
        exposure: share of its candles in which a position was open.
    """

    closed: ClosedTrades
    equity: Floats
    exposure: float


def account(outcomes: Outcomes, columns: Columns, days: Days, capital: float) -> SymbolAccount:
    """`capital` put whole into every trade, one after the other, until there is none left."""
    fee = outcomes.fee
    grown = 1.0 + outcomes.returns
    lost = np.flatnonzero(grown <= 0.0)
    count = int(lost[0]) + 1 if len(lost) else len(grown)
    outcomes = outcomes._replace(trades=outcomes.trades[:count])
    trades = outcomes.trades
    after = capital * np.cumprod(grown[:count])
    before = np.concatenate([[capital], after])[:count]
    entry = trades["entry"]
    quantity = before / (entry * (1.0 + fee))
    favourable, adverse = outcomes.excursions(columns)
    closed = ClosedTrades(
        pnl=before * outcomes.returns,
        fees=quantity * fee * (entry + outcomes.leaves),
        r_multiple=outcomes.r_multiples,
        mfe=favourable,
        mae=adverse,
        risk=trades["risk"] / entry,
    )
    return SymbolAccount(closed, _equity(outcomes, columns, days, capital, after, quantity), _exposure(trades, columns))


def _equity(
    outcomes: Outcomes, columns: Columns, days: Days, capital: float, after: Floats, quantity: Floats
) -> Floats:
    trades = outcomes.trades[: len(after)]
    equity: Floats = np.concatenate([[capital], after])[np.searchsorted(trades["exit_bar"], days.ends, side="right")]
    if not len(trades):
        return equity
    # Marked are the days at whose end a trade was open, which was entered by then and left in a later candle.
    holding = np.searchsorted(trades["entry_bar"], days.ends, side="right") - 1
    open_days = np.flatnonzero((holding >= 0) & (trades["exit_bar"][holding] > days.ends))
    held = holding[open_days]
    entry, sign = trades["entry"][held], trades["side"][held].astype(np.float64)
    gain = sign * (days.closes[open_days] - entry) - outcomes.fee * entry
    gain += _by_rungs(outcomes, columns, days, open_days, held)
    equity[open_days] += quantity[held] * gain
    return equity


def _by_rungs(outcomes: Outcomes, columns: Columns, days: Days, open_days: Ints, held: Ints) -> Floats:
    """What the rungs that had filled by the end of those days make of a gain that was reckoned at the close."""
    differences = np.zeros(len(open_days))
    for place in np.flatnonzero(outcomes.entries.rungs[outcomes.trades["signal"][held]] > 1):
        trade = outcomes.trades[held[place : place + 1]]
        (position,) = positions(outcomes._replace(trades=trade), columns)
        day, sign = open_days[place], position.side.sign
        for leg in position.legs[:-1]:  # the last is later: the position is open
            if leg.row <= days.ends[day]:
                differences[place] += leg.share * (sign * (leg.price - days.closes[day]) - outcomes.fee * leg.price)
    return differences


def _exposure(trades: NDArray[np.void], columns: Columns) -> float:
    first, last = trades["entry_bar"], trades["exit_bar"]
    # One candle may hold the end of a trade and the beginning of the next.
    shared = int((first[1:] == last[:-1]).sum())
    return (int((last - first + 1).sum()) - shared) / len(columns)


def daily_returns(accounts: list[tuple[SymbolAccount, Days]], capital: float) -> Floats:
    """Returns of all symbols' equity together, day by day, each symbol having begun with `capital`."""
    first = min(days.first for _, days in accounts)
    last = max(days.first + len(days.ends) for _, days in accounts)
    total = np.zeros(last - first)
    for (_, equity, _), days in accounts:
        begins, ends = days.first - first, days.first - first + len(equity)
        total[:begins] += capital
        total[begins:ends] += equity
        total[ends:] += equity[-1]
    before = np.concatenate([[capital * len(accounts)], total[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = total / before - 1.0
    return returns
