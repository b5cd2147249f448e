"""HTTP shapes of alerts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tradewind.core.alerts import Move
from tradewind.core.candles import Timeframe
from tradewind.platform.web.schemas import Answer, DecimalText, GivenDecimal, GivenMoment, Moment, Wish
from tradewind.trading.alerts.states import AlertChannel, Repeat

#: A month: who wants to rest longer pauses it.
_LONGEST_COOLDOWN = 31 * 24 * 60
_LONGEST_EXPRESSION = 1000

SymbolText = Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,40}$")]
ExpressionText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=_LONGEST_EXPRESSION,
        description="A condition of the strategy language, judged at the close of every candle of `timeframe`.",
        examples=["crosses_above(close, 70000)", "rsi(close, 14) < 30 and regime() == range"],
    ),
]


class AlertWish(Wish):
    """An alert to make: `price` for a level, or `timeframe` and `expression` for a condition."""

    name: str = Field(default="", max_length=80)
    symbol: SymbolText
    price: GivenDecimal | None = Field(default=None, gt=Decimal(0))
    move: Move = Field(default=Move.TOUCH, description="From which side the price is to be reached.")
    timeframe: Timeframe | None = None
    expression: ExpressionText | None = None
    repeat: Repeat = Repeat.ONCE
    cooldown_minutes: int = Field(
        default=60, ge=0, le=_LONGEST_COOLDOWN, description="How long it rests after it triggered; market time."
    )
    channels: list[AlertChannel] = Field(
        default=[AlertChannel.DASHBOARD], max_length=len(AlertChannel), description="The dashboard is always told."
    )
    expires_at: GivenMoment | None = Field(default=None, description="Market time.")


class AlertChange(Wish):
    """What is not given stays as it is."""

    name: str | None = Field(default=None, max_length=80)
    state: Literal["active", "paused"] | None = Field(
        default=None, description="active = (go on to) watch, also after it triggered or expired."
    )
    version: int | None = Field(default=None, description="Change only if it is still this version; 409 if not.")


class AlertItem(Answer):
    id: UUID
    name: str
    symbol: str
    timeframe: Timeframe | None
    expression: str | None
    price: DecimalText | None
    move: Move | None
    condition: str = Field(description="What it waits for, in words.")
    repeat: Repeat
    cooldown_minutes: int
    channels: list[AlertChannel]
    expires_at: Moment | None
    state: Literal["active", "triggered", "paused", "expired"]
    version: int
    times: int = Field(description="How often it has triggered.")
    last_triggered_at: Moment | None
    created_at: Moment


class AlertPage(Answer):
    """Alerts, and how much of the plan they take."""

    items: list[AlertItem]
    next_cursor: str | None
    counted: int = Field(description="Active and paused ones: those that the plan limits.")
    limit: int | None = Field(description="Null = unlimited.")


class AlertTriggerItem(Answer):
    """That an alert triggered."""

    id: UUID
    alert_id: UUID
    name: str
    symbol: str
    at: Moment
    price: DecimalText
    text: str = Field(description="What was seen, with its numbers.")


class AlertCheckWish(Wish):
    """A condition to try on the candles on record."""

    symbol: SymbolText
    timeframe: Timeframe
    expression: ExpressionText
    candles: int = Field(default=500, ge=1, le=1500, description="So many of the last candles.")


class AlertCheckHit(Answer):
    at: Moment = Field(description="Close of the candle.")
    price: DecimalText
    text: str


class AlertCheck(Answer):
    """When a condition held on the candles on record."""

    condition: str = Field(description="What was understood, in words.")
    warmup: int = Field(description="Candles before the first at which it can be judged; until then it is silent.")
    on_record: int = Field(description="Candles that there are for it, those of the warm-up included.")
    judged: int = Field(description="Candles that it was tried on.")
    held: int = Field(description="How many of those it held at.")
    hits: list[AlertCheckHit] = Field(description="The latest of them, the newest first; at most 20.")
    holds_now: bool = Field(description="At the last closed candle.")
