"""An unfinished trade to JSON values and back, so that the engine goes on after a kill exactly where it was."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradewind.core.costs import Costs
from tradewind.core.decisions import DecisionCode
from tradewind.core.ids import AccountId, IntentId, OrderId
from tradewind.core.orders import Order, OrderKind, OrderPurpose, OrderStatus
from tradewind.core.plan import AutoAction, PlanAction, PlanState
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import Signal
from tradewind.core.trade import Trade, mandate
from tradewind.core.values import Instrument, Price, Quantity

_AMOUNTS = (
    "entry_value",
    "exit_value",
    "basis",
    "realised",
    "fees",
    "funding",
    "entry_fees",
    "funding_per_unit",
)


def dump_trade(trade: Trade) -> dict[str, Any]:
    """The trade as JSON values; signal, account and intent are found by the ids in its row."""
    return {
        "actions": sorted(trade.mandate.actions),
        "quantity": str(trade.mandate.quantity.value),
        "leverage": str(trade.mandate.leverage),
        "status": trade.status.value,
        "orders": [_dump_order(order) for order in trade.orders],
        "held": str(trade.held.value),
        "entered": str(trade.entered.value),
        **{name: str(getattr(trade, name)) for name in _AMOUNTS},
        "plan": trade.plan._asdict() if trade.plan else None,
        "stop": str(trade.stop.value),
        "stop_reason": trade.stop_reason,
        "entry_ending": trade.entry_ending,
        "exit_reason": trade.exit_reason,
        "began_at": trade.began_at,
        "opened_at": trade.opened_at,
        "closed_at": trade.closed_at,
    }


def load_trade(dumped: Mapping[str, Any], *, intent_id: UUID, account_id: UUID, signal: Signal, costs: Costs) -> Trade:
    """What `dump_trade` wrote."""
    instrument = signal.instrument
    agreed = mandate(
        IntentId(intent_id),
        AccountId(account_id),
        signal,
        frozenset(AutoAction(action) for action in dumped["actions"]),
        instrument.quantity(Decimal(dumped["quantity"])),
        costs,
        Decimal(dumped.get("leverage", 1)),
    )
    return Trade(
        mandate=agreed,
        status=PositionStatus(dumped["status"]),
        orders=tuple(_load_order(raw, signal) for raw in dumped["orders"]),
        held=Quantity(Decimal(dumped["held"]), instrument.lot),
        entered=Quantity(Decimal(dumped["entered"]), instrument.lot),
        **{name: Decimal(dumped[name]) for name in _AMOUNTS},
        plan=PlanState(**dumped["plan"]) if dumped["plan"] else None,
        stop=instrument.price(Decimal(dumped["stop"])),
        stop_reason=PlanAction(dumped["stop_reason"]) if dumped["stop_reason"] else None,
        entry_ending=DecisionCode(dumped["entry_ending"]) if dumped["entry_ending"] else None,
        exit_reason=ExitReason(dumped["exit_reason"]) if dumped["exit_reason"] else None,
        began_at=dumped["began_at"],
        opened_at=dumped["opened_at"],
        closed_at=dumped["closed_at"],
    )


def _dump_order(order: Order) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "purpose": order.purpose,
        "kind": order.kind,
        "quantity": str(order.quantity.value),
        "price": _text(order.price),
        "trigger": _text(order.trigger),
        "reduce_only": order.reduce_only,
        "level": order.level,
        "sent_at": order.sent_at,
        "status": order.status,
        "filled": str(order.filled.value),
        "spent": str(order.spent),
        "asked": order.asked and [str(order.asked[0].value), _text(order.asked[1])],
        "canceling": order.canceling,
    }


def _load_order(raw: Mapping[str, Any], signal: Signal) -> Order:
    instrument = signal.instrument
    asked = raw["asked"]
    return Order(
        id=OrderId(UUID(raw["id"])),
        symbol=signal.symbol,
        side=signal.side,
        purpose=OrderPurpose(raw["purpose"]),
        kind=OrderKind(raw["kind"]),
        quantity=Quantity(Decimal(raw["quantity"]), instrument.lot),
        price=_price(raw["price"], instrument),
        trigger=_price(raw["trigger"], instrument),
        reduce_only=raw["reduce_only"],
        level=raw["level"],
        sent_at=raw["sent_at"],
        status=OrderStatus(raw["status"]),
        filled=Quantity(Decimal(raw["filled"]), instrument.lot),
        spent=Decimal(raw["spent"]),
        asked=(Quantity(Decimal(asked[0]), instrument.lot), _price(asked[1], instrument)) if asked else None,
        canceling=raw["canceling"],
    )


def _text(price: Price | None) -> str | None:
    return None if price is None else str(price.value)


def _price(text: str | None, instrument: Instrument) -> Price | None:
    return None if text is None else instrument.price(Decimal(text))
