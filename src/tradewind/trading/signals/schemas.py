"""HTTP shapes of signals; the full one is that of `view.signal_item`, which frames, Telegram and webhooks share."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from tradewind.core.candles import Timeframe
from tradewind.core.outcome import SignalEnd, SignalEventKind, SignalPhase
from tradewind.platform.web.schemas import Answer, DecimalText, Moment, PriceText


class Zone(Answer):
    low: PriceText
    high: PriceText


class Target(Answer):
    price: PriceText
    share: DecimalText = Field(description="Part of the position to close there, 0 to 1.")


class LockedSignal(Answer):
    """A signal that the plan's daily limit keeps back: that it is there, not what it says."""

    locked: Literal[True]
    id: UUID
    symbol: str
    timeframe: Timeframe
    strategy: str
    created_at: Moment
    status: SignalPhase


class SignalItem(Answer):
    """A signal and what has become of it."""

    locked: Literal[False]
    id: UUID
    revision: int
    venue: str
    symbol: str
    timeframe: Timeframe
    side: Literal["long", "short"]
    strategy: str
    strategy_version: int
    created_at: Moment
    fresh_until: Moment = Field(
        description="Automatic execution later than this is denied as stale; a person may execute until it expires."
    )
    expires_at: Moment = Field(description="An entry that is not filled by then is cancelled.")
    entry_zone: Zone
    stop_loss: PriceText
    current_stop: PriceText = Field(description="The stop in force, moved along by the published plan.")
    take_profit: list[Target]
    confidence: DecimalText = Field(description="By the strategy's own scale, 0 to 1; not a probability.")
    leverage_cap: int
    rationale: dict[str, list[str]] = Field(description="Why, in sentences by language.")
    facts: dict[str, str] = Field(description="Every number that the sentences use.")
    simulated: bool = Field(description="Made from a simulated market.")
    status: SignalPhase
    entry_price: PriceText | None
    targets_hit: int
    end: SignalEnd | None = Field(description="Why it is over.")
    filled_at: Moment | None
    closed_at: Moment | None
    r: DecimalText | None = Field(description="Result in initial risks, after fees.")
    pnl_pct: DecimalText | None = Field(description="Result in percent of the entry price, after fees.")
    mfe_r: DecimalText | None = Field(description="Largest favourable excursion, in initial risks.")
    mae_r: DecimalText | None = Field(description="Largest adverse excursion, in initial risks.")
    executed: bool = Field(description="Whether the caller has an intent for it.")


class SignalLifeEvent(Answer):
    """One step of a signal's life."""

    seq: int
    at: Moment
    kind: SignalEventKind
    price: DecimalText | None
    before: DecimalText | None = Field(description="The level that a stop was moved from.")
    rung: int = Field(description="Which target, from 1; 0 for all else.")
    why: str | None


class FurtherEntry(Answer):
    """A further limit order of a signal that is entered in parts."""

    price: PriceText
    share: DecimalText = Field(description="Part of the whole size to enter there, 0 to 1.")
    target: PriceText | None = Field(description="Of a grid: where just this part is closed and entered again.")


class SignalDetail(SignalItem):
    further_entries: list[FurtherEntry] = Field(description="Nearest first; none where it is entered whole.")
    events: list[SignalLifeEvent]


class SignalPage(Answer):
    items: list[SignalItem | LockedSignal]
    next_cursor: str | None
    total: int = Field(description="How many signals the filter matches, locked ones included.")
    limit: int | None = Field(description="Signals per day of the caller's plan; null = unlimited.")
