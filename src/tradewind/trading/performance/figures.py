"""A user's figures: how much he has, what today brought, how often he wins. Pure arithmetic over what was read.

Definitions, over all of the user's accounts:

- *balance*: what the ledgers say.
- *equity*: balance + unrealised PnL of what is held at the price board's prices. A symbol without a price counts as
  unchanged since entry.
- *market day*: the UTC day of the market clock.
- *today_pnl*: equity − equity at the start of the market day − deposits since. The equity at the start of the day is
  that of each account's last point on or before it; points are written hourly while something is open, at every close
  and at every deposit, and between them nothing was open, so the last one holds.
- *today_pnl_pct*: today_pnl ÷ (equity at the start of the day + deposits since), in percent.
- *total_pnl*: equity − all deposits.
- *win_rate*: of the positions closed within 30 market days, the percentage whose PnL after fees and funding is above
  zero; null when none was closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradewind.core.values import MONEY_STEP, Rounding, decimal_of, round_to
from tradewind.platform.realtime.board import Board
from tradewind.platform.web.schemas import plain

_PERCENT_STEP = Decimal("0.0001")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Held:
    """What is held in one symbol; money in quote currency."""

    symbol: str
    sign: int
    quantity: Decimal
    entry_price: Decimal

    def unrealised(self, price: Decimal | None) -> Decimal:
        """PnL before the fees of leaving; zero without a price."""
        return Decimal(0) if price is None else (price - self.entry_price) * self.quantity * self.sign


@dataclass(frozen=True, slots=True)
class Stats:
    """The figures at one moment; percentages as such, money in quote currency."""

    balance: Decimal
    equity: Decimal
    open_positions: int
    today_pnl: Decimal
    today_pnl_pct: Decimal | None
    total_pnl: Decimal
    win_rate: Decimal | None
    market_time: datetime


@dataclass(frozen=True, slots=True)
class UserFigures:
    """What was read of a user; the figures follow from it and the prices.

    Attributes:
        read_at: market time of reading.
        day_equity: at the start of the market day.
        day_deposits: since then.
        wins, closed: positions within 30 market days.
    """

    read_at: datetime
    balance: Decimal
    deposits: Decimal
    day_equity: Decimal
    day_deposits: Decimal
    wins: int
    closed: int
    open_positions: int
    held: tuple[Held, ...]

    def stats(self, board: Board) -> Stats:
        """The figures at the board's prices."""
        unrealised = sum((held.unrealised(price_on(board, held.symbol)) for held in self.held), Decimal(0))
        equity = money(self.balance + unrealised)
        day_base = self.day_equity + self.day_deposits
        today = money(equity - day_base)
        return Stats(
            balance=self.balance,
            equity=equity,
            open_positions=self.open_positions,
            today_pnl=today,
            today_pnl_pct=percent(today, day_base),
            total_pnl=money(equity - self.deposits),
            win_rate=percent(Decimal(self.wins), Decimal(self.closed)),
            market_time=board.at or self.read_at,
        )

    def values(self, board: Board) -> Mapping[str, Any]:
        """The figures as JSON values."""
        stats = self.stats(board)
        return {
            "balance": plain(stats.balance),
            "equity": plain(stats.equity),
            "open_positions": stats.open_positions,
            "today_pnl": plain(stats.today_pnl),
            "today_pnl_pct": None if stats.today_pnl_pct is None else plain(stats.today_pnl_pct),
            "total_pnl": plain(stats.total_pnl),
            "win_rate": None if stats.win_rate is None else plain(stats.win_rate),
            "market_time": stats.market_time.isoformat(),
        }


def price_on(board: Board, symbol: str) -> Decimal | None:
    """The price of `symbol` on the board."""
    price = board.prices.get(symbol)
    return None if price is None else decimal_of(price)


def money(amount: Decimal) -> Decimal:
    """The amount in steps in which money is booked."""
    return round_to(amount, MONEY_STEP, Rounding.NEAREST)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """`part` of `whole` in percent; None when there is no whole."""
    return round_to(part * _HUNDRED / whole, _PERCENT_STEP, Rounding.NEAREST) if whole > 0 else None
