"""A closed trade as the meter compares it."""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import NamedTuple

from tradewind.core.values import Side

#: Sums and products of reported figures need no rounding here; should one ever, it is an error.
PRECISE = Context(prec=250, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])


class ParityTrade(NamedTuple):
    """A closed trade of either run.

    Attributes:
        signal_at: when the signal was made, UTC ms; with symbol and side it says which signal it was.
        entry_at, exit_at: open times of the candles of the first and the last fill, UTC ms.
        entry_price, exit_price: averages over the fills.
        quantity: base currency entered.
        fees, funding: paid, quote currency; negative when received.
        pnl: after both.
    """

    symbol: str
    side: Side
    signal_at: int
    entry_at: int
    entry_price: Decimal
    exit_at: int
    exit_price: Decimal
    exit_reason: str
    quantity: Decimal
    fees: Decimal
    funding: Decimal
    pnl: Decimal

    @property
    def signal(self) -> tuple[int, str, Side]:
        """Which signal it traded; of one strategy and timeframe there is one at a time on each side."""
        return self.signal_at, self.symbol, self.side

    @property
    def gross(self) -> Decimal:
        """PnL before fees and funding."""
        return PRECISE.add(PRECISE.add(self.pnl, self.fees), self.funding)
