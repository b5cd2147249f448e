"""A position as people and programs outside see it; the API, realtime frames and webhooks share the shape."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tradewind.core.orders import Order, OrderPurpose, OrderStatus
from tradewind.core.positions import PositionStatus
from tradewind.core.trade import Trade
from tradewind.kit.clock import from_ms
from tradewind.platform.web.schemas import plain


class ProtectionState(StrEnum):
    """How the held quantity is protected."""

    LIVE = "live"
    PLACING = "placing"
    FLATTENING = "flattening"
    NONE = "none"


def protection_of(trade: Trade) -> tuple[ProtectionState, Order | None, Decimal]:
    """State, protective order and protected quantity."""
    if not trade.held:
        return ProtectionState.NONE, None, Decimal(0)
    stop = trade.protective_order
    if stop is None:
        closing = trade.status is PositionStatus.CLOSING
        return (ProtectionState.FLATTENING if closing else ProtectionState.NONE), None, Decimal(0)
    if not stop.status.working:
        return ProtectionState.PLACING, stop, Decimal(0)
    return ProtectionState.LIVE, stop, stop.remaining.value


def ladder_of(trade: Trade) -> list[dict[str, Any]]:
    """The targets, where they are now, and how much of each was executed."""
    filled: dict[int, Decimal] = {}
    for order in _targets(trade.orders):
        filled[order.level] = filled.get(order.level, Decimal(0)) + order.filled.value
    return [
        {
            "price": str(target.price),
            "share": str(target.share),
            "filled": plain(filled.get(number, Decimal(0))),
        }
        for number, target in enumerate(trade.targets, start=1)
    ]


def _targets(orders: Iterable[Order]) -> Iterable[Order]:
    return (
        order for order in orders if order.purpose is OrderPurpose.TARGET and order.status is not OrderStatus.DENIED
    )


def position_item(trade: Trade) -> dict[str, Any]:
    """The position as JSON values, without what depends on the present price."""
    state, order, quantity = protection_of(trade)
    entry = trade.entry_price
    return {
        "id": str(trade.position_id),
        "account_id": str(trade.mandate.account_id),
        "signal_id": str(trade.mandate.signal.id),
        "symbol": trade.symbol,
        "side": trade.side.value,
        "status": trade.status.value,
        "quantity": str(trade.held),
        "entered": str(trade.entered),
        "entry_price": price_text(entry, trade.mandate.signal.instrument.tick),
        "exit_price": price_text(trade.exit_price, trade.mandate.signal.instrument.tick),
        "stop_loss": str(trade.stop),
        "initial_stop": str(trade.mandate.signal.stop),
        "take_profit": ladder_of(trade),
        "protection": {
            "state": state.value,
            "order_id": str(order.id) if order else None,
            "quantity": plain(quantity),
        },
        "realised_pnl": plain(trade.net_pnl),
        "fees": plain(trade.fees),
        "funding": plain(trade.funding),
        "exit_reason": trade.exit_reason.value if trade.exit_reason else None,
        "opened_at": from_ms(trade.opened_at).isoformat() if trade.opened_at is not None else None,
        "closed_at": from_ms(trade.closed_at).isoformat() if trade.closed_at is not None else None,
    }


def price_text(price: Decimal | None, tick: Decimal) -> str | None:
    """An average price with two digits beyond the tick, because averages fall between ticks."""
    return None if price is None else plain(price.quantize(tick.scaleb(-2)))
