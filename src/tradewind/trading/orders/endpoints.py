"""Routes of orders and fills."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from tradewind.kit.pages import Place
from tradewind.platform.web.paging import Paged
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import TradingReader
from tradewind.platform.web.units import Reading
from tradewind.trading.orders import queries
from tradewind.trading.orders.queries import Mine
from tradewind.trading.orders.schemas import OrderItem, TradeItem
from tradewind.trading.orders.view import order_item, trade_item

router = api_router("", "Orders")

OfAccount = Annotated[UUID | None, Query(description="Only of this trading account.")]
OfPosition = Annotated[UUID | None, Query(description="Only of this position.")]


@router.get("/orders")
async def list_orders(
    caller: TradingReader,
    session: Reading,
    paging: Paged,
    account_id: OfAccount = None,
    position_id: OfPosition = None,
) -> PageOf[OrderItem]:
    """The caller's orders, the last sent first."""
    listing = f"orders {account_id} {position_id}"
    rows = await queries.list_orders(
        session, Mine(caller.user_id, account_id, position_id), after=paging.after(listing), limit=paging.read
    )
    page = paging.page(listing, rows, lambda row: Place(row.sent_at, row.id))
    return PageOf(items=[order_item(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/trades")
async def list_trades(
    caller: TradingReader,
    session: Reading,
    paging: Paged,
    account_id: OfAccount = None,
    position_id: OfPosition = None,
) -> PageOf[TradeItem]:
    """The caller's fills, the last first."""
    listing = f"trades {account_id} {position_id}"
    rows = await queries.list_fills(
        session, Mine(caller.user_id, account_id, position_id), after=paging.after(listing), limit=paging.read
    )
    page = paging.page(listing, rows, lambda row: Place(row.at, row.id))
    return PageOf(items=[trade_item(row) for row in page.items], next_cursor=page.next_cursor)
