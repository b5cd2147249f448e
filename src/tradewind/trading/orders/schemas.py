"""HTTP shapes of orders and fills."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from tradewind.platform.web.schemas import Answer, DecimalText, Moment, PriceText

Purpose = Literal["entry", "stop", "target", "close", "liquidation"]


class OrderItem(Answer):
    id: UUID = Field(description="Also the client order id at the venue.")
    account_id: UUID
    position_id: UUID
    symbol: str
    side: Literal["long", "short"] = Field(description="Side of the position.")
    purpose: Purpose
    kind: Literal["market", "limit", "stop_market"]
    status: Literal[
        "initialized",
        "denied",
        "submitted",
        "unknown",
        "accepted",
        "rejected",
        "triggered",
        "partially_filled",
        "filled",
        "canceled",
        "expired",
    ]
    quantity: DecimalText
    filled: DecimalText
    price: PriceText | None
    trigger: PriceText | None
    average_price: DecimalText | None = Field(description="Of the fills so far.")
    reduce_only: bool
    level: int = Field(description="Which rung of the take-profit ladder, from 1; 0 for other orders.")
    sent_at: Moment


class TradeItem(Answer):
    """A fill: one execution of an order."""

    id: UUID
    account_id: UUID
    order_id: UUID
    position_id: UUID
    symbol: str
    side: Literal["long", "short"] = Field(description="Side of the position.")
    purpose: Purpose
    price: PriceText
    quantity: DecimalText
    fee: DecimalText
    maker: bool
    at: Moment
