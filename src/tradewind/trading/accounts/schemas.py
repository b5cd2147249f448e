"""HTTP shapes of trading accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from tradewind.platform.web.schemas import Answer, DecimalText, GivenDecimal, Moment, Wish

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class TradingAccountItem(Answer):
    id: UUID
    name: str
    venue: str
    account_type: str
    is_demo: bool = Field(description="Paper money.")
    status: Literal["active", "paused", "closed"]
    currency: str
    balance: DecimalText
    risk_per_trade: DecimalText = Field(
        description="Most that one trade may lose when its stop is hit, as a part of equity; costs included."
    )
    max_leverage: DecimalText = Field(description="Most notional ÷ equity over all positions.")
    auto_trading: bool = Field(description="Execute signals without being asked; the plan must allow it, too.")
    created_at: Moment


class TradingAccountChange(Wish):
    """What its owner may set; what is left out stays."""

    name: Name | None = None
    status: Literal["active", "paused"] | None = Field(
        default=None, description="A paused account opens nothing new; what is open is managed to its end."
    )
    auto_trading: bool | None = None
    risk_per_trade: Annotated[GivenDecimal, Field(ge=Decimal("0.0001"), le=Decimal("0.1"))] | None = None
    max_leverage: Annotated[GivenDecimal, Field(ge=Decimal("0.01"), le=125)] | None = None
