"""Results by symbol, side, month and exit reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tradewind.kit.clock import from_ms
from tradewind.research.backtest import BacktestTrade
from tradewind.research.metrics import expectancy, profit_factor, win_rate


class Group(NamedTuple):
    """Trades that have something in common; measures as in `research.metrics`, NaN where undefined.

    Attributes:
        pnl: sum, quote currency.
        expectancy_r: mean of the R multiples that are defined.
    """

    name: str
    trades: int
    pnl: float
    win_rate: float
    profit_factor: float
    expectancy_r: float


#: What trades are grouped by, and the group of a trade. A trade counts in the month in which it ended.
GROUPINGS: dict[str, Callable[[BacktestTrade], str]] = {
    "symbol": lambda trade: trade.symbol,
    "side": lambda trade: trade.side.value,
    "month": lambda trade: f"{from_ms(trade.exit_at):%Y-%m}",
    "exit_reason": lambda trade: trade.exit_reason,
}


def grouped(trades: Sequence[BacktestTrade], by: str) -> list[Group]:
    """The groups of `GROUPINGS[by]` that have trades, by name."""
    members: dict[str, list[BacktestTrade]] = {}
    for trade in trades:
        members.setdefault(GROUPINGS[by](trade), []).append(trade)
    return [_group(name, members[name]) for name in sorted(members)]


def _group(name: str, trades: Sequence[BacktestTrade]) -> Group:
    gains = [trade.pnl for trade in trades]
    multiples = [trade.r_multiple for trade in trades if not math.isnan(trade.r_multiple)]
    return Group(name, len(trades), math.fsum(gains), win_rate(gains), profit_factor(gains), expectancy(multiples))
