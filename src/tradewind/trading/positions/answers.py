"""Positions as the API answers them: what `view.position_item` tells, plus what depends on the present price."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tradewind.core.values import Side
from tradewind.platform.realtime.board import Board
from tradewind.trading.performance.figures import Held, money, percent, price_on
from tradewind.trading.positions.queries import PositionRecord
from tradewind.trading.positions.schemas import PositionItem

_ZERO = Decimal(0)


def position_answer(record: PositionRecord, board: Board) -> PositionItem:
    """The position at the board's prices."""
    return PositionItem.model_validate(position_values(record, board))


def position_values(record: PositionRecord, board: Board) -> dict[str, Any]:
    """The fields of `PositionItem`."""
    mark = price_on(board, record.symbol) if record.quantity else None
    held = Held(record.symbol, Side(record.side).sign, record.quantity, record.entry_price)
    realised = money(record.realised_pnl - record.fees - record.funding)
    unrealised = None if mark is None else money(held.unrealised(mark))
    pnl = realised + (unrealised or _ZERO)
    return {
        "id": record.id,
        "account_id": record.account_id,
        "signal_id": record.signal_id,
        "intent_id": record.intent_id,
        "symbol": record.symbol,
        "side": record.side,
        "status": record.status,
        "quantity": record.quantity,
        "entered": record.entered,
        "entry_price": _average(record.entry_price, record.stop_loss),
        "exit_price": None if record.exit_price is None else _average(record.exit_price, record.stop_loss),
        "mark_price": mark,
        "stop_loss": str(record.stop_loss),
        "initial_stop": str(record.initial_stop),
        "take_profit": record.take_profit,
        "protection": {
            "state": record.protection_state,
            "order_id": record.protection_order_id,
            "quantity": record.protection_quantity,
        },
        "pnl": pnl,
        "pnl_pct": percent(pnl, record.entry_price * record.entered) or _ZERO,
        "realised_pnl": realised,
        "unrealised_pnl": unrealised,
        "fees": money(record.fees),
        "funding": money(record.funding),
        "exit_reason": record.exit_reason,
        "opened_at": record.opened_at,
        "closed_at": record.closed_at,
    }


def _average(price: Decimal, on_tick: Decimal) -> Decimal:
    """An average price with two digits beyond the tick (the scale of a price on it): averages fall between ticks."""
    exponent = on_tick.as_tuple().exponent
    assert isinstance(exponent, int)
    return price.quantize(Decimal(1).scaleb(exponent - 2), ROUND_HALF_EVEN)
