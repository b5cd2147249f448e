"""What the desk and the tracker hold in memory: accounts, unfinished trades, active signals."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradewind.core.ids import AccountId, OrderId, TenantId, UserId
from tradewind.core.orders import Order
from tradewind.core.outcome import Outcome, Tracking
from tradewind.core.risk import RiskLimits
from tradewind.core.signals import Signal
from tradewind.core.trade import Trade
from tradewind.venues.paper import PaperBook


@dataclass(slots=True)
class Account:
    """A trading account while something is open on it; the engine is the only writer of its balance.

    Attributes:
        limits: what its owner allows; None when what stands there is impossible, so that nothing may be opened.
    """

    id: AccountId
    tenant_id: TenantId
    user_id: UserId
    balance: Decimal
    ledger_seq: int
    limits: RiskLimits | None
    real: bool
    trades: dict[str, ActiveTrade] = field(default_factory=dict)


@dataclass(slots=True)
class ActiveTrade:
    """A trade that is not over, with the venue's book of it and the counters that name its rows."""

    account: Account
    trade: Trade
    book: PaperBook
    decisions: int = 0
    protections: int = 0
    events: int = 0
    protection: tuple[Decimal, Decimal, UUID | None] | None = None
    written: dict[OrderId, Order] = field(default_factory=dict)

    def counters(self) -> dict[str, int]:
        """What names the next rows, as JSON values; the number of decisions has a column of its own."""
        return {"protections": self.protections, "events": self.events}


@dataclass(slots=True)
class TrackedSignal:
    """A signal that is not over, with how far it has come."""

    signal: Signal
    spec: Tracking
    outcome: Outcome
    levels: dict[str, Any]
    events: int = 0
