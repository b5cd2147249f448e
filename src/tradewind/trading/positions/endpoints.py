"""Routes of positions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from starlette.requests import Request

from tradewind.platform.realtime.board import BoardWatch
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.once import OnlyOnce
from tradewind.platform.web.origins import origin_of
from tradewind.platform.web.paging import Paged
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import TradingReader, TradingWriter
from tradewind.platform.web.units import QuickReading, Reading, Writing
from tradewind.trading.accounts.service import market_time
from tradewind.trading.ledger.queries import decisions_of
from tradewind.trading.ledger.view import decision_items
from tradewind.trading.orders.queries import fills_of, orders_of
from tradewind.trading.orders.view import order_item, trade_item
from tradewind.trading.positions import queries
from tradewind.trading.positions.answers import position_answer, position_values
from tradewind.trading.positions.queries import PositionFilter
from tradewind.trading.positions.schemas import ExitRequestItem, PositionDetail, PositionItem
from tradewind.trading.positions.service import ExitRefusal, request_exit

router = api_router("/positions", "Positions")

Prices = Annotated[BoardWatch, part(BoardWatch)]


@router.get("")
async def list_positions(
    caller: TradingReader,
    reader: QuickReading,
    prices: Prices,
    paging: Paged,
    status: Annotated[PositionFilter, Query()] = PositionFilter.OPEN,
    account_id: Annotated[UUID | None, Query(description="Only of this trading account.")] = None,
) -> PageOf[PositionItem]:
    """The caller's positions, with their PnL at the present prices."""
    listing = f"positions {status} {account_id}"
    rows = await queries.list_positions(
        reader,
        caller.user_id,
        status,
        account_id=account_id,
        after=paging.after(listing),
        limit=paging.read,
    )
    page = paging.page(listing, rows, lambda row: row.place(status))
    board = await prices.now()
    return PageOf(items=[position_answer(row, board) for row in page.items], next_cursor=page.next_cursor)


@router.get("/{position_id}")
async def get_position(
    position_id: UUID, caller: TradingReader, session: Reading, prices: Prices, language: Spoken
) -> PositionDetail:
    """A position with its orders, its fills and every decision about it."""
    record = await queries.position_of(session, caller.user_id, position_id)
    if record is None:
        raise _not_found()
    board = await prices.now()
    decisions = await decisions_of(session, caller.user_id, intent_id=record.intent_id)
    return PositionDetail.model_validate(
        position_values(record, board)
        | {
            "orders": [order_item(row) for row in await orders_of(session, position_id)],
            "fills": [trade_item(row) for row in await fills_of(session, position_id)],
            "decisions": decision_items(decisions or (), language),
        }
    )


@router.post("/{position_id}/close", status_code=202, response_model=ExitRequestItem)
async def close_position(
    position_id: UUID, caller: TradingWriter, session: Writing, once: OnlyOnce, request: Request
) -> Response:
    """Close a position at market. The engine carries it out within a second; the protective stop stays until then."""

    async def work() -> ExitRequestItem:
        asked = await request_exit(
            session,
            position_id,
            user_id=caller.user_id,
            tenant_id=caller.tenant_id,
            market_at=await market_time(session),
            origin=origin_of(request),
        )
        if asked is ExitRefusal.NOT_FOUND:
            raise _not_found()
        if asked is ExitRefusal.NOT_OPEN:
            raise problem(ErrorCode.POSITION_NOT_OPEN, "the position is closed already; nothing is left to close")
        assert not isinstance(asked, ExitRefusal)
        return ExitRequestItem.model_validate(asked, from_attributes=True)

    return await once.answer(session, 202, work)


def _not_found() -> Exception:
    return problem(ErrorCode.NOT_FOUND, "no position of yours has this id")
