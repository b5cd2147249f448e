"""Accounts and their open trades in memory: the imperative shell around `core.trade`.

The desk feeds every trade with what its venue reports and what the market does, carries out what the trade commands,
and journals all of it. It is driven by the engine, one step after the other, and holds nothing that is not in the
database once the step is committed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Set
from decimal import Decimal
from uuid import UUID

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import AccountId, IntentId, TenantId, UserId
from tradewind.core.matching import Stretch, is_past
from tradewind.core.plan import AutoAction
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.risk import AccountView, Denial, DenyReason, RiskLimits, assess
from tradewind.core.signals import Signal, SignalSource
from tradewind.core.trade import (
    Accepted,
    Amended,
    Canceled,
    Effect,
    Event,
    ExitAsked,
    Filled,
    Liquidated,
    Observed,
    Posting,
    Refused,
    Trade,
    begin,
    handle,
    mandate,
)
from tradewind.core.values import Rounding
from tradewind.platform.spine import EventType
from tradewind.trading.desk.port import TradingRecord
from tradewind.trading.desk.state import Account, ActiveTrade, OnSymbols
from tradewind.trading.dispatch import AcceptedIntent
from tradewind.trading.positions.view import position_item, protection_of
from tradewind.venues.paper import PaperBook

_ORDER_EVENTS = {
    Accepted: EventType.ORDER_ACCEPTED,
    Refused: EventType.ORDER_REJECTED,
    Amended: EventType.ORDER_AMENDED,
    Canceled: EventType.ORDER_CANCELED,
    Filled: EventType.ORDER_FILLED,
}
_ENDED = {DecisionCode.ENTRY_EXPIRED: "expired"}


class Desk:
    """Everything that is open, by account and by symbol."""

    def __init__(self, costs: Costs, journal: TradingRecord, *, feed_live: bool) -> None:
        self._costs = costs
        self._journal = journal
        self._feed_live = feed_live
        self.accounts: dict[UUID, Account] = {}
        self._by_symbol = OnSymbols[ActiveTrade]()
        self._by_position: dict[UUID, ActiveTrade] = {}
        self._touched: set[UUID] = set()
        #: Last price by symbol.
        self.prices: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._by_position)

    # ---------------------------------------------------------------------------------------------------- entering

    def open(self, intent: AcceptedIntent, signal: Signal | None, at: int) -> None:
        """Carry out an accepted intent: size it and send the entry, or deny it with a reason and free its slot.

        Args:
            signal: None when it is over or unknown.
        """
        account = self._account(intent)
        price = self.prices.get(signal.symbol) if signal else None
        if signal is None or price is None:
            self._deny(intent, account, DenyReason.SIGNAL_CLOSED, {"signal": str(intent.signal_id)}, at)
            return
        if account.limits is None:
            asked = {"risk_per_trade": str(intent.risk_per_trade), "max_leverage": str(intent.max_leverage)}
            self._deny(intent, account, DenyReason.EXPOSURE_LIMIT, asked, at)
            return
        view = self._view(account, account.limits)
        quoted = signal.instrument.quantise(price, Rounding.NEAREST)
        sized = assess(signal, view, quoted, at, costs=self._costs, feed_live=self._feed_live, by_hand=intent.by_hand)
        if isinstance(sized, Denial):
            self._deny(intent, account, sized.reason, dict(sized.detail), at)
            return
        agreed = mandate(
            IntentId(intent.id),
            account.id,
            signal,
            frozenset(AutoAction(action) for action in intent.actions),
            sized.quantity,
            self._costs,
            sized.leverage,
        )
        trade, effects = begin(agreed, at)
        active = ActiveTrade(account, trade, PaperBook(signal.instrument, signal.side, self._costs, agreed.leverage))
        self._hold(active)
        self._journal.intent(intent.id, "working", position_id=trade.position_id)
        self._carry_out(active, effects, at)
        self._settle(active, at, PositionStatus.ENTERING)

    def _deny(
        self, intent: AcceptedIntent, account: Account, reason: DenyReason, detail: dict[str, str], at: int
    ) -> None:
        journal = self._journal
        journal.intent(intent.id, "denied", deny_reason=reason.value, detail=detail, holds_slot=False)
        journal.release_slot(intent.user_id)
        decision = Decision(DecisionCode.INTENT_DENIED, at, {"reason": reason.value, **detail})
        journal.decision(intent.id, 1, account, decision)
        payload = {"id": str(intent.id), "signal_id": str(intent.signal_id), "status": "denied", "deny_reason": reason}
        journal.event(EventType.INTENT_DENIED, intent.tenant_id, intent.id, at, payload, 0)
        self._touched.add(account.id)

    def _account(self, intent: AcceptedIntent) -> Account:
        limits = RiskLimits.read(intent.risk_per_trade, intent.max_leverage)
        account = self.accounts.get(intent.account_id)
        if account is None:
            account = self.accounts[intent.account_id] = Account(
                id=AccountId(intent.account_id),
                tenant_id=TenantId(intent.tenant_id),
                user_id=UserId(intent.user_id),
                balance=intent.balance,
                ledger_seq=intent.ledger_seq,
                limits=limits,
                real=not intent.is_demo,
            )
        account.limits = limits  # the owner may have changed them; the balance in memory is the newer one
        return account

    def _equity(self, account: Account) -> Decimal:
        """Balance and what is open, at the present prices."""
        return account.balance + sum(
            (active.trade.unrealised(self._price_for(active.trade)) for active in account.trades.values()), Decimal(0)
        )

    def _view(self, account: Account, limits: RiskLimits) -> AccountView:
        exposure, margin, sides = Decimal(0), Decimal(0), {}
        for symbol, active in sorted(account.trades.items()):  # quotients are rounded; a restart adds in this order too
            trade = active.trade
            sides[symbol] = trade.side
            exposure += trade.held.value * Decimal(repr(self._price_for(trade)))
            exposure += trade.entering_value
            margin += (trade.basis + trade.entering_value) / trade.mandate.leverage
        return AccountView(self._equity(account), exposure, sides, limits, account.real, margin)

    def _price_for(self, trade: Trade) -> float:
        return self.prices.get(trade.symbol, float(trade.stop))

    # -------------------------------------------------------------------------------------------------------- time

    def advance(self, symbol: str, stretch: Stretch) -> None:
        """Let every trade in `symbol` live through `stretch`."""
        before = self.prices.get(symbol, stretch.open)
        self.prices[symbol] = stretch.close
        for active in self._by_symbol[symbol]:
            if active.calm.covers(stretch) and active.book.asleep(stretch):
                continue
            if is_past(stretch, active.trade.since):
                continue
            if active.trade.overdue(stretch.start):
                # Time passed without prices, and with it the signal: its entry must not fill any more.
                self._observe(active, Observed(stretch.start, before, before, before), active.trade)
                if active.trade.over:
                    continue
            if active.book.asleep(stretch):
                observed = Observed(stretch.end, stretch.high, stretch.low, stretch.close)
                self._observe(active, observed, active.trade)
            else:
                self._walk(active, stretch)

    def sources(self, symbol: str) -> Set[SignalSource]:
        """What made the signals of the open trades in `symbol`."""
        return self._by_symbol.sources(symbol)

    def periods(self, symbol: str, timeframe: Timeframe) -> Set[int]:
        """Over how many candles the chandeliers of open trades take their ATR."""
        return self._by_symbol.periods(symbol, timeframe)

    def candle_closed(self, symbol: str, timeframe: Timeframe, at: int, market: float, period: int, atr: float) -> None:
        """Move the chandeliers that hang by the ATR over `period` candles, with the market at `market`."""
        for active in self._by_symbol.hanging(symbol, timeframe, period):
            if at > active.trade.since:
                self._observe(active, Observed(at, market, market, market, atr), active.trade)

    def _walk(self, active: ActiveTrade, stretch: Stretch) -> None:
        before = active.trade
        for fill in active.book.walk(stretch):
            self._feed(active, fill)
        high, low = active.book.seen
        self._observe(active, Observed(stretch.end, high, low, stretch.close), before)
        self._journal.trade_changed(active)  # the venue's book may have moved even where the trade has not

    def _observe(self, active: ActiveTrade, observed: Observed, before: Trade) -> None:
        trade, effects = handle(active.trade, observed)
        filled = active.trade is not before
        if trade is active.trade and not filled:
            return
        active.trade = trade
        self._carry_out(active, effects, observed.at)
        if filled or effects:
            self._settle(active, observed.at, before.status)
        else:
            self._journal.trade_changed(active)

    def exit(self, position_id: UUID, reason: ExitReason, at: int) -> bool:
        """Ask for an exit at market; False when there is nothing to close any more."""
        active = self._by_position.get(position_id)
        if active is None or active.trade.status.final:
            return False
        before = active.trade.status
        self._feed(active, ExitAsked(at, reason))
        self._settle(active, at, before)
        return True

    def leave(self, source: SignalSource, at: int) -> None:
        """Leave at market whatever was entered by signals of `source`, and enter no more of it."""
        for active in self._by_symbol[source.symbol]:
            if active.trade.mandate.signal.source == source:
                self.exit(active.trade.position_id, ExitReason.EXIT_CONDITION, at)

    def charge_funding(self, at: int) -> None:
        """Charge funding on everything held that was open at market ms `at`, in an order that a restart keeps."""
        for active in sorted(self._by_position.values(), key=lambda active: active.trade.position_id):
            opened_at = active.trade.opened_at
            if opened_at is None or opened_at > at:
                continue
            charge = active.book.funding(self.prices[active.trade.symbol], at)
            if charge is not None:
                self._feed(active, charge)
                self._settle(active, at, active.trade.status)

    def record_equity(self, at: int) -> None:
        """A point on the equity curve of every account that has something open; the others' curves are flat."""
        for account in self.accounts.values():
            if account.trades:
                self._journal.equity(account, at, self._equity(account))

    # ---------------------------------------------------------------------------------------------------- the loop

    def _feed(self, active: ActiveTrade, event: Event) -> None:
        trade, effects = handle(active.trade, event)
        active.trade = trade
        fill = event.fill if isinstance(event, Liquidated) else event
        if isinstance(fill, Filled):
            self._journal.fill(active, fill)
            self._tell_order(active, fill)
        self._carry_out(active, effects, event.at)
        self._note_protection(active, event.at)

    def _carry_out(self, active: ActiveTrade, effects: Iterable[Effect], at: int) -> None:
        """Carry out effects in their order, and those that the venue's answers bring."""
        pending = deque(effects)
        while pending:
            effect = pending.popleft()
            match effect:
                case Decision():
                    active.decisions += 1
                    intent_id = active.trade.mandate.intent_id
                    self._journal.decision(intent_id, active.decisions, active.account, effect)
                case Posting():
                    account = active.account
                    account.balance += effect.change
                    account.ledger_seq += 1
                    self._journal.posting(active, effect)
                case _:
                    report = active.book.execute(effect, at)
                    active.trade, answers = handle(active.trade, report)
                    self._tell_order(active, report)
                    pending.extend(answers)

    def _tell_order(self, active: ActiveTrade, report: Event) -> None:
        kind = _ORDER_EVENTS.get(type(report))
        if kind is None:
            return
        assert isinstance(report, Accepted | Refused | Amended | Canceled | Filled)
        order = active.trade.order(report.order_id)
        payload = {
            "id": str(order.id),
            "position_id": str(active.trade.position_id),
            "symbol": order.symbol,
            "purpose": order.purpose.value,
            "kind": order.kind.value,
            "status": order.status.value,
            "quantity": str(order.quantity),
            "filled": str(order.filled),
            "price": str(order.price) if order.price else None,
            "trigger": str(order.trigger) if order.trigger else None,
        }
        if isinstance(report, Filled):
            payload |= {"fill_price": str(report.price), "fill_quantity": str(report.quantity)}
        self._event(active, kind, order.id, report.at, payload)

    def _event(
        self, active: ActiveTrade, kind: EventType, subject_id: UUID, at: int, payload: Mapping[str, object]
    ) -> None:
        active.events += 1
        self._journal.event(kind, active.account.tenant_id, subject_id, at, payload, active.events)

    def _settle(self, active: ActiveTrade, at: int, before: PositionStatus) -> None:
        """After a trade has moved: note its protection, tell what changed, and let go of it once it is over."""
        trade = active.trade
        self._journal.trade_changed(active)
        self._note_protection(active, at)
        opened = before is PositionStatus.ENTERING and trade.opened_at is not None
        if opened:
            self._journal.intent(trade.mandate.intent_id, "open", position_id=trade.position_id)
            self._event(active, EventType.POSITION_OPENED, trade.position_id, at, position_item(trade))
        if trade.status.final and not before.final:
            self._finish(active, at)
        elif trade.opened_at is not None and not opened:
            self._event(active, EventType.POSITION_UPDATED, trade.position_id, at, position_item(trade))
        if trade.over:
            self._drop(active)

    def _finish(self, active: ActiveTrade, at: int) -> None:
        trade, account = active.trade, active.account
        if trade.status is PositionStatus.CLOSED:
            status = "closed"
            self._event(active, EventType.POSITION_CLOSED, trade.position_id, at, position_item(trade))
            self._journal.equity(account, at, self._equity(account))
        else:
            status = _ENDED.get(trade.entry_ending, "cancelled") if trade.entry_ending else "cancelled"
            payload = {
                "id": str(trade.mandate.intent_id),
                "signal_id": str(trade.mandate.signal.id),
                "status": status,
                "reason": trade.entry_ending.value if trade.entry_ending else None,
            }
            self._event(active, EventType.INTENT_ENDED, trade.mandate.intent_id, at, payload)
        intent_id = trade.mandate.intent_id
        self._journal.intent(intent_id, status, position_id=trade.position_id, holds_slot=False)
        self._journal.release_slot(account.user_id)

    def _note_protection(self, active: ActiveTrade, at: int) -> None:
        _, stop, protected = protection_of(active.trade)
        now = (active.trade.held.value, protected, stop.id if stop else None)
        if now != active.protection:
            if active.protection is not None or active.trade.held:
                active.protections += 1
                self._journal.protection(active, at, *now)
            active.protection = now

    # ------------------------------------------------------------------------------------------------------ memory

    def _hold(self, active: ActiveTrade) -> None:
        trade = active.trade
        active.account.trades[trade.symbol] = active
        self._by_symbol.add(trade.position_id, active, trade.mandate.signal)
        self._by_position[trade.position_id] = active

    def _drop(self, active: ActiveTrade) -> None:
        trade, account = active.trade, active.account
        del account.trades[trade.symbol]
        self._by_symbol.drop(trade.position_id, trade.mandate.signal)
        del self._by_position[trade.position_id]
        self._touched.add(account.id)

    def restore(self, active: ActiveTrade) -> None:
        """Take back a trade that was open when the engine stopped."""
        active.account = self.accounts.setdefault(active.account.id, active.account)
        active.written = {order.id: order for order in active.trade.orders}
        _, stop, protected = protection_of(active.trade)
        active.protection = (active.trade.held.value, protected, stop.id if stop else None)
        self._hold(active)

    def forget_idle(self, awaited: Set[UUID]) -> None:
        """Let go of accounts with nothing open. Call it right after a commit, never before: until then the balance in
        memory is the newer one. The next intent brings the account back from the database.

        Args:
            awaited: accounts for which an intent is queued; it was read with the balance of before the commit.
        """
        for account_id in self._touched - awaited:
            account = self.accounts.get(account_id)
            if account is not None and not account.trades:
                del self.accounts[account_id]
        self._touched &= awaited
