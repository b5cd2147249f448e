"""What a back-test keeps of what the desk tells: who may trade, and every position that was opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradewind.billing import PLANS, PlanCode
from tradewind.core.decisions import Decision
from tradewind.core.outcome import SignalEvent
from tradewind.core.positions import PositionStatus
from tradewind.core.risk import RiskLimits
from tradewind.core.signals import Signal
from tradewind.core.trade import Filled, Posting
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import derive_id
from tradewind.platform.spine import EventType
from tradewind.trading import AcceptedIntent
from tradewind.trading.desk import Account, ActiveTrade, TrackedSignal


@dataclass(slots=True)
class Opened:
    """A position that was opened.

    Attributes:
        entry_bar, exit_bar: open times of the candles of its first and last fill, UTC ms.
    """

    active: ActiveTrade
    entry_bar: int
    exit_bar: int

    @property
    def closed(self) -> bool:
        """Whether nothing of it is held any more, for good."""
        return self.active.trade.status is PositionStatus.CLOSED


class Notes:
    """The record of one follower's account: a `TradingRecord` that keeps positions and the equity curve, and nothing
    else.

    Attributes:
        bar: open time of the candle that is being lived through; set by whoever steps.
    """

    def __init__(self) -> None:
        self.bar = 0
        self.released = 0
        self.signals = 0
        self._opened: dict[UUID, Opened] = {}
        #: (market ms, equity), in time order.
        self.curve: list[tuple[int, Decimal]] = []

    def closed(self) -> Iterator[Opened]:
        """Positions that were opened and are over, in the order in which they were opened."""
        return (opened for opened in self._opened.values() if opened.closed)

    # ------------------------------------------------------------------------------------------------ what is kept

    def fill(self, active: ActiveTrade, fill: Filled) -> None:
        opened = self._opened.setdefault(active.trade.position_id, Opened(active, self.bar, self.bar))
        opened.exit_bar = self.bar

    def release_slot(self, user_id: UUID) -> None:
        self.released += 1

    def equity(self, account: Account, at: int, equity: Decimal) -> None:
        self.curve.append((at, equity))

    def signal_created(self, tracked: TrackedSignal) -> None:
        self.signals += 1

    # -------------------------------------------------------------------------------------------- what is let go of

    def signal_changed(self, tracked: TrackedSignal) -> None:
        """Nothing is written."""

    def signal_event(self, signal: Signal, seq: int, event: SignalEvent) -> None:
        """Nothing is written."""

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
        """Nothing is written."""

    def decision(self, intent_id: UUID, seq: int, account: Account, decision: Decision) -> None:
        """Nothing is written."""

    def posting(self, active: ActiveTrade, posting: Posting) -> None:
        """Nothing is written."""

    def protection(
        self, active: ActiveTrade, at: int, held: Decimal, protected: Decimal, order_id: UUID | None
    ) -> None:
        """Nothing is written."""

    def trade_changed(self, active: ActiveTrade) -> None:
        """Nothing is written."""

    def event(
        self, kind: EventType, tenant_id: UUID | None, subject_id: UUID, at: int, payload: Mapping[str, Any], seq: int
    ) -> None:
        """Nothing is written."""


class Follower:
    """The one account that trades every signal, as `tradewind replay` makes it: a paper account on a plan.

    What its plan allows is counted as `trading.dispatch` counts it in one statement, for one user.
    """

    def __init__(self, plan: PlanCode, limits: RiskLimits, deposit: Decimal, number: int = 0) -> None:
        self.plan = PLANS[plan]
        self._limits = limits
        self._deposit = deposit
        self.user_id = derive_id("replay user", number)
        self.tenant_id = derive_id("replay tenant", number)
        self.account_id = derive_id("paper account", self.user_id)
        self._day = date.min
        self._signals_used = 0
        self._slots_used = 0

    def accept(self, signal: Signal, account: Account | None, notes: Notes) -> list[AcceptedIntent]:
        """The intent to trade `signal`, unless a limit is reached.

        Args:
            account: as the desk knows it; None before its first trade.
            notes: slots given back since the last call are taken from there.
        """
        self._slots_used -= notes.released
        notes.released = 0
        day = from_ms(signal.created_at).date()
        if day != self._day:
            self._day, self._signals_used = day, 0
        plan = self.plan
        if plan.max_signals_per_day is not None and self._signals_used >= plan.max_signals_per_day:
            return []
        self._signals_used += 1
        full = plan.max_active_positions is not None and self._slots_used >= plan.max_active_positions
        if full or not plan.auto_trading:
            return []
        self._slots_used += 1
        return [
            AcceptedIntent(
                id=derive_id("intent", signal.id, self.account_id),
                tenant_id=self.tenant_id,
                user_id=self.user_id,
                account_id=self.account_id,
                signal_id=signal.id,
                actions=frozenset(plan.auto_actions),
                balance=account.balance if account else self._deposit,
                ledger_seq=account.ledger_seq if account else 1,
                currency="USDT",
                is_demo=True,
                risk_per_trade=self._limits.risk_per_trade,
                max_leverage=self._limits.max_leverage,
                by_hand=False,
            )
        ]
