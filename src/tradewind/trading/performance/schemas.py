"""HTTP shapes of a user's figures."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from tradewind.platform.web.schemas import Answer, DecimalText, Moment
from tradewind.trading.performance.figures import Stats


class StatsAnswer(Answer):
    """The user's figures at the present prices."""

    balance: DecimalText = Field(description="What the ledgers say, all accounts together.")
    equity: DecimalText = Field(description="Balance plus unrealised PnL.")
    open_positions: int
    today_pnl: DecimalText = Field(
        description="Equity less the equity at the start of the market day (UTC) and deposits since."
    )
    today_pnl_pct: DecimalText | None = Field(description="In percent of equity at the start of the day plus deposits.")
    total_pnl: DecimalText = Field(description="Equity less all deposits.")
    win_rate: DecimalText | None = Field(
        description="Percentage of the positions closed within 30 market days that gained after all costs; "
        "null = none was closed."
    )
    market_time: Moment

    @classmethod
    def of(cls, stats: Stats) -> Self:
        return cls(
            balance=stats.balance,
            equity=stats.equity,
            open_positions=stats.open_positions,
            today_pnl=stats.today_pnl,
            today_pnl_pct=stats.today_pnl_pct,
            total_pnl=stats.total_pnl,
            win_rate=stats.win_rate,
            market_time=stats.market_time,
        )


class EquityPointItem(Answer):
    at: Moment
    balance: DecimalText
    equity: DecimalText
