"""The journal: turns what happened in memory into rows and events, written with the step that made it happen.

Rows that are history are gathered as they come; rows that have a present state (positions, orders, accounts, signals)
are gathered by key and written once per commit, however often they changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from tradewind.core.decisions import Decision
from tradewind.core.ledger import entry
from tradewind.core.outcome import SignalEvent
from tradewind.core.positions import PositionStatus
from tradewind.core.signals import Signal
from tradewind.core.trade import Filled, Posting
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import derive_id
from tradewind.platform.database import Batch, BulkWriter, WriteMode
from tradewind.platform.spine import (
    Event,
    EventRow,
    EventType,
    event_columns,
    event_row,
    to_outbox,
)
from tradewind.trading.accounts.models import EquityPointRow, TradingAccountRow
from tradewind.trading.desk.codec import dump_trade
from tradewind.trading.desk.state import Account, ActiveTrade, TrackedSignal
from tradewind.trading.dispatch import release_slots
from tradewind.trading.intents.models import IntentRow
from tradewind.trading.ledger.models import DecisionRow, LedgerEntryRow
from tradewind.trading.orders.models import FillRow, OrderRow
from tradewind.trading.positions.models import PositionRow, ProtectionRow
from tradewind.trading.positions.view import ladder_of, protection_of
from tradewind.trading.signals.mapping import CONTENT_COLUMNS, PROGRESS_COLUMNS, content_values, progress_values
from tradewind.trading.signals.models import SignalEventRow, SignalRow
from tradewind.venues.paper.models import PaperBookRow

_POSITION_COLUMNS = (
    "id",
    "tenant_id",
    "user_id",
    "account_id",
    "intent_id",
    "signal_id",
    "symbol",
    "side",
    "status",
    "quantity",
    "entered",
    "entry_price",
    "exit_price",
    "initial_stop",
    "stop_loss",
    "take_profit",
    "protection_state",
    "protection_order_id",
    "protection_quantity",
    "realised_pnl",
    "fees",
    "funding",
    "exit_reason",
    "began_at",
    "opened_at",
    "closed_at",
    "decision_seq",
    "state",
)
_ORDER_COLUMNS = (
    "id",
    "tenant_id",
    "account_id",
    "position_id",
    "seq",
    "symbol",
    "side",
    "purpose",
    "kind",
    "quantity",
    "price",
    "trigger",
    "reduce_only",
    "level",
    "status",
    "filled",
    "spent",
    "sent_at",
)
_FILL_COLUMNS = (
    "id",
    "tenant_id",
    "account_id",
    "order_id",
    "position_id",
    "symbol",
    "side",
    "purpose",
    "price",
    "quantity",
    "fee",
    "maker",
    "at",
)
_LEDGER_COLUMNS = (
    "account_id",
    "seq",
    "tenant_id",
    "at",
    "kind",
    "debit",
    "credit",
    "amount",
    "position_id",
    "fill_id",
)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


class Journal:
    """What is to be written with the next commit."""

    def __init__(self) -> None:
        writer = self._writer = BulkWriter()
        self._signals = writer.declare(SignalRow, (*CONTENT_COLUMNS, *PROGRESS_COLUMNS))
        self._signal_updates = writer.declare(SignalRow, ("id", *PROGRESS_COLUMNS), WriteMode.UPDATE)
        signal_event_columns = ("signal_id", "seq", "at", "kind", "price", "before", "rung", "why")
        self._signal_events = writer.declare(SignalEventRow, signal_event_columns)
        intent_columns = ("id", "status", "deny_reason", "detail", "holds_slot", "position_id")
        self._intents = writer.declare(IntentRow, intent_columns, WriteMode.UPDATE)
        self._positions = writer.declare(PositionRow, _POSITION_COLUMNS, WriteMode.UPSERT)
        self._orders = writer.declare(OrderRow, _ORDER_COLUMNS, WriteMode.UPSERT)
        self._fills = writer.declare(FillRow, _FILL_COLUMNS)
        protection_columns = ("position_id", "seq", "tenant_id", "at", "held", "protected", "order_id", "stop")
        self._protections = writer.declare(ProtectionRow, protection_columns)
        decision_columns = ("intent_id", "seq", "tenant_id", "account_id", "at", "code", "data")
        self._decisions = writer.declare(DecisionRow, decision_columns)
        self._ledger = writer.declare(LedgerEntryRow, _LEDGER_COLUMNS)
        self._accounts = writer.declare(TradingAccountRow, ("id", "balance", "ledger_seq"), WriteMode.UPDATE)
        equity_columns = ("account_id", "at", "tenant_id", "balance", "equity")
        self._equity = writer.declare(EquityPointRow, equity_columns, WriteMode.UPSERT)
        book_columns = ("position_id", "tenant_id", "account_id", "symbol", "book")
        self._books = writer.declare(PaperBookRow, book_columns, WriteMode.UPSERT)
        self._finished_books = writer.declare(PaperBookRow, ("position_id",), WriteMode.DELETE)
        self._events = writer.declare(EventRow, event_columns, then=to_outbox)

        #: What happened and is no row yet.
        self._told: list[tuple[EventType, UUID | None, UUID, int, Mapping[str, Any], int]] = []
        self._new_signals: dict[UUID, TrackedSignal] = {}
        self._changed_signals: dict[UUID, TrackedSignal] = {}
        self._changed_trades: dict[UUID, ActiveTrade] = {}
        self._changed_accounts: dict[UUID, Account] = {}
        self._changed_intents: dict[UUID, tuple[Any, ...]] = {}
        self._equity_points: dict[tuple[UUID, int], tuple[Any, ...]] = {}
        #: Slots given back and not yet written, by user.
        self.released: dict[UUID, int] = {}
        #: Something happened that must not wait for the next candle to be committed.
        self.urgent = False

    # ----------------------------------------------------------------------------------------------------- signals

    def signal_created(self, tracked: TrackedSignal) -> None:
        self._new_signals[tracked.signal.id] = tracked
        self.urgent = True

    def signal_event(self, signal: Signal, seq: int, event: SignalEvent) -> None:
        price = Decimal(repr(event.price)) if event.price else None
        before = Decimal(repr(event.before)) if event.before else None
        row = (signal.id, seq, from_ms(event.at), event.kind.value, price, before, event.rung, event.why)
        self._signal_events.append(row)

    def signal_changed(self, tracked: TrackedSignal) -> None:
        self._changed_signals[tracked.signal.id] = tracked

    # ------------------------------------------------------------------------------------------------------ trades

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
        text = None if detail is None else _json(detail)
        self._changed_intents[intent_id] = (intent_id, status, deny_reason, text, holds_slot, position_id)
        self.urgent = True

    def release_slot(self, user_id: UUID) -> None:
        self.released[user_id] = self.released.get(user_id, 0) + 1

    def decision(self, intent_id: UUID, seq: int, account: Account, decision: Decision) -> None:
        data = _json(dict(decision.data))
        at = from_ms(decision.at)
        self._decisions.append((intent_id, seq, account.tenant_id, account.id, at, decision.code.value, data))

    def fill(self, active: ActiveTrade, fill: Filled) -> None:
        trade, account = active.trade, active.account
        order = trade.order(fill.order_id)
        self._fills.append(
            (
                fill.fill_id,
                account.tenant_id,
                account.id,
                fill.order_id,
                trade.position_id,
                trade.symbol,
                trade.side.value,
                order.purpose.value,
                fill.price.value,
                fill.quantity.value,
                fill.fee,
                fill.maker,
                from_ms(fill.at),
            )
        )
        self.urgent = True

    def posting(self, active: ActiveTrade, posting: Posting) -> None:
        """Book `posting`; the account's balance was changed by the caller."""
        account = active.account
        booked = entry(posting.kind, posting.change)
        at, position_id = from_ms(posting.at), active.trade.position_id
        self._ledger.append(
            (
                account.id,
                account.ledger_seq,
                account.tenant_id,
                at,
                booked.kind.value,
                booked.debit.value,
                booked.credit.value,
                booked.amount,
                position_id,
                posting.fill_id,
            )
        )
        self._changed_accounts[account.id] = account
        self.urgent = True

    def protection(
        self, active: ActiveTrade, at: int, held: Decimal, protected: Decimal, order_id: UUID | None
    ) -> None:
        trade = active.trade
        stop = trade.stop.value if order_id else None
        self._protections.append(
            (
                trade.position_id,
                active.protections,
                active.account.tenant_id,
                from_ms(at),
                held,
                protected,
                order_id,
                stop,
            )
        )

    def trade_changed(self, active: ActiveTrade) -> None:
        self._changed_trades[active.trade.position_id] = active

    def equity(self, account: Account, at: int, equity: Decimal) -> None:
        self._equity_points[account.id, at] = (account.id, from_ms(at), account.tenant_id, account.balance, equity)

    # ------------------------------------------------------------------------------------------------------ events

    def event(
        self, kind: EventType, tenant_id: UUID | None, subject_id: UUID, at: int, payload: Mapping[str, Any], seq: int
    ) -> None:
        """Record an event; its id follows from what it names, so that a replayed step writes the same one.

        `payload` must not change afterwards.
        """
        self._told.append((kind, tenant_id, subject_id, at, payload, seq))
        self.urgent = True

    def settle(self) -> None:
        """Make rows of the events so far. `take` and `flush` do it too; a good moment is while the database is busy."""
        for kind, tenant_id, subject_id, at, payload, seq in self._told:
            event_id = derive_id("event", kind.value, subject_id, at, seq)
            self._events.append(event_row(Event(kind, tenant_id, subject_id, from_ms(at), payload, event_id)))
        self._told.clear()

    # ------------------------------------------------------------------------------------------------------ commit

    def take(self, least: int) -> Batch | None:
        """History rows of a table that has at least `least`, to be written ahead of the flush that commits them."""
        self.settle()
        return self._writer.take(least)

    async def flush(self, connection: asyncpg.Connection[asyncpg.Record]) -> bool:
        """Write everything, inside the caller's transaction; whether there are events for the relay."""
        self._gather()
        self.settle()
        told = bool(self._events)
        await release_slots(connection, self.released)
        self.released.clear()
        await self._writer.flush(connection)
        self.urgent = False
        return told

    def _gather(self) -> None:
        for tracked in self._new_signals.values():
            content = content_values(tracked.signal)
            self._signals.append((*content, *progress_values(tracked.spec, tracked.outcome, tracked.events)))
        for signal_id, tracked in self._changed_signals.items():
            if signal_id not in self._new_signals:
                self._signal_updates.append(
                    (signal_id, *progress_values(tracked.spec, tracked.outcome, tracked.events))
                )
        for active in self._changed_trades.values():
            self._gather_trade(active)
        self._accounts.extend(
            (account.id, account.balance, account.ledger_seq) for account in self._changed_accounts.values()
        )
        self._intents.extend(self._changed_intents.values())
        self._equity.extend(self._equity_points.values())
        self._new_signals.clear()
        self._changed_signals.clear()
        self._changed_trades.clear()
        self._changed_accounts.clear()
        self._changed_intents.clear()
        self._equity_points.clear()

    def _gather_trade(self, active: ActiveTrade) -> None:
        trade, account = active.trade, active.account
        signal = trade.mandate.signal
        state, stop, protected = protection_of(trade)
        over = trade.over
        self._positions.append(
            (
                trade.position_id,
                account.tenant_id,
                account.user_id,
                account.id,
                trade.mandate.intent_id,
                signal.id,
                trade.symbol,
                trade.side.value,
                trade.status.value,
                trade.held.value,
                trade.entered.value,
                trade.entry_price,
                trade.exit_price,
                signal.stop.value,
                trade.stop.value,
                _json(ladder_of(trade)),
                state.value,
                stop.id if stop else None,
                protected,
                trade.realised,
                trade.fees,
                trade.funding,
                trade.exit_reason.value if trade.exit_reason else None,
                from_ms(trade.began_at),
                None if trade.opened_at is None else from_ms(trade.opened_at),
                None if trade.closed_at is None else from_ms(trade.closed_at),
                active.decisions,
                "{}" if over else _json(dump_trade(trade) | active.counters()),
            )
        )
        for seq, order in enumerate(trade.orders):
            if active.written.get(order.id) is not order:
                active.written[order.id] = order
                self._orders.append(
                    (
                        order.id,
                        account.tenant_id,
                        account.id,
                        trade.position_id,
                        seq,
                        order.symbol,
                        order.side.value,
                        order.purpose.value,
                        order.kind.value,
                        order.quantity.value,
                        order.price.value if order.price else None,
                        order.trigger.value if order.trigger else None,
                        order.reduce_only,
                        order.level,
                        order.status.value,
                        order.filled.value,
                        order.spent,
                        from_ms(order.sent_at),
                    )
                )
        if not over:
            book = _json(active.book.dump())
            self._books.append((trade.position_id, account.tenant_id, account.id, trade.symbol, book))
        elif trade.status is not PositionStatus.ENTERING:
            self._finished_books.append((trade.position_id,))
