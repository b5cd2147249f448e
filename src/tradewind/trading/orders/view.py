"""Orders and fills as programs outside see them."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from tradewind.trading.orders.models import FillRow, OrderRow
from tradewind.trading.orders.schemas import OrderItem, TradeItem

_AVERAGE_STEP = Decimal("0.00000001")


def order_item(row: OrderRow) -> OrderItem:
    average = (row.spent / row.filled).quantize(_AVERAGE_STEP, ROUND_HALF_EVEN) if row.filled else None
    return OrderItem.model_validate(
        {
            "id": row.id,
            "account_id": row.account_id,
            "position_id": row.position_id,
            "symbol": row.symbol,
            "side": row.side,
            "purpose": row.purpose,
            "kind": row.kind,
            "status": row.status,
            "quantity": row.quantity,
            "filled": row.filled,
            "price": None if row.price is None else str(row.price),
            "trigger": None if row.trigger is None else str(row.trigger),
            "average_price": average,
            "reduce_only": row.reduce_only,
            "level": row.level,
            "sent_at": row.sent_at,
        }
    )


def trade_item(row: FillRow) -> TradeItem:
    return TradeItem.model_validate(
        {
            "id": row.id,
            "account_id": row.account_id,
            "order_id": row.order_id,
            "position_id": row.position_id,
            "symbol": row.symbol,
            "side": row.side,
            "purpose": row.purpose,
            "price": str(row.price),
            "quantity": row.quantity,
            "fee": row.fee,
            "maker": row.maker,
            "at": row.at,
        }
    )
