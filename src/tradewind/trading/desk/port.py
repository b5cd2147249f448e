"""What desk and tracker tell of, apart from where it is kept: the database's journal, or a back-test's notes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from tradewind.core.decisions import Decision
from tradewind.core.outcome import SignalEvent
from tradewind.core.signals import Signal
from tradewind.core.trade import Filled, Posting
from tradewind.platform.spine import EventType
from tradewind.trading.desk.state import Account, ActiveTrade, TrackedSignal


class TradingRecord(Protocol):
    """Told of everything in the order in which it happens; what it makes of it does not change what happens."""

    def signal_created(self, tracked: TrackedSignal) -> None: ...

    def signal_changed(self, tracked: TrackedSignal) -> None: ...

    def signal_event(self, signal: Signal, seq: int, event: SignalEvent) -> None: ...

    def intent(
        self,
        intent_id: UUID,
        status: str,
        *,
        position_id: UUID | None = None,
        deny_reason: str | None = None,
        detail: dict[str, str] | None = None,
        holds_slot: bool = True,
    ) -> None:
        """The present state of an intent."""
        ...

    def release_slot(self, user_id: UUID) -> None:
        """A position slot is free again."""
        ...

    def decision(self, intent_id: UUID, seq: int, account: Account, decision: Decision) -> None: ...

    def fill(self, active: ActiveTrade, fill: Filled) -> None:
        """`fill` happened; the trade counts it already."""
        ...

    def posting(self, active: ActiveTrade, posting: Posting) -> None:
        """Book `posting`; the account's balance was changed by the caller."""
        ...

    def protection(
        self, active: ActiveTrade, at: int, held: Decimal, protected: Decimal, order_id: UUID | None
    ) -> None: ...

    def trade_changed(self, active: ActiveTrade) -> None: ...

    def equity(self, account: Account, at: int, equity: Decimal) -> None:
        """A point on the account's equity curve, market ms."""
        ...

    def event(
        self, kind: EventType, tenant_id: UUID | None, subject_id: UUID, at: int, payload: Mapping[str, Any], seq: int
    ) -> None: ...
