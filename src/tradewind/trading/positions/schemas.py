"""HTTP shapes of positions."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from tradewind.platform.web.schemas import Answer, DecimalText, Moment, PriceText
from tradewind.trading.ledger.schemas import DecisionItem
from tradewind.trading.orders.schemas import OrderItem, TradeItem


class TakeProfit(Answer):
    price: PriceText
    share: DecimalText = Field(description="Part of the position to close there, 0 to 1.")
    filled: DecimalText = Field(description="Quantity closed there so far.")


class Protection(Answer):
    state: Literal["live", "placing", "flattening", "none"]
    order_id: UUID | None
    quantity: DecimalText


class PositionItem(Answer):
    id: UUID
    account_id: UUID
    signal_id: UUID
    intent_id: UUID
    symbol: str
    side: Literal["long", "short"]
    status: Literal["open", "closing", "closed"]
    quantity: DecimalText = Field(description="Held now, in base currency.")
    entered: DecimalText = Field(description="Held at most.")
    entry_price: DecimalText = Field(description="Average of the entry fills.")
    exit_price: DecimalText | None = Field(description="Average of the exit fills so far.")
    mark_price: DecimalText | None = Field(description="The present price; null when closed or not known.")
    stop_loss: PriceText
    initial_stop: PriceText
    take_profit: list[TakeProfit]
    protection: Protection
    pnl: DecimalText = Field(description="Realised after fees and funding, plus unrealised; quote currency.")
    pnl_pct: DecimalText = Field(description="PnL in percent of the value entered.")
    realised_pnl: DecimalText = Field(description="After fees and funding.")
    unrealised_pnl: DecimalText | None = Field(description="Null when closed, or when the present price is not known.")
    fees: DecimalText
    funding: DecimalText
    exit_reason: (
        Literal[
            "stop",
            "breakeven",
            "trailing",
            "target",
            "time_stop",
            "manual",
            "protection_failed",
            "late_entry",
            "liquidated",
        ]
        | None
    )
    opened_at: Moment
    closed_at: Moment | None


class PositionDetail(PositionItem):
    """A position with everything that happened to it."""

    orders: list[OrderItem]
    fills: list[TradeItem]
    decisions: list[DecisionItem]


class ExitRequestItem(Answer):
    """A wish to close a position at market, on its way to the engine."""

    id: UUID
    position_id: UUID
    status: Literal["pending", "done", "void"]
    requested_at: Moment
