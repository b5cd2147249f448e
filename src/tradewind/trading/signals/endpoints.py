"""Routes of signals."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from tradewind.kit.pages import Place
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.paging import Paged
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import TradingReader
from tradewind.platform.web.units import QuickReading
from tradewind.trading.signals import queries
from tradewind.trading.signals.answers import signal_answer, signal_detail
from tradewind.trading.signals.queries import SignalFilter, SignalTotals, Wanted
from tradewind.trading.signals.schemas import SignalDetail, SignalPage

router = api_router("/signals", "Signals")

Totals = Annotated[SignalTotals, part(SignalTotals)]
SymbolFilter = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_]{1,40}$", description="Only of this symbol.")]
StrategyFilter = Annotated[str | None, Query(pattern=r"^[a-z0-9_-]{1,80}$", description="Only of this strategy.")]


@router.get("")
async def list_signals(
    caller: TradingReader,
    reader: QuickReading,
    totals: Totals,
    paging: Paged,
    status: Annotated[SignalFilter, Query()] = SignalFilter.ALL,
    symbol: SymbolFilter = None,
    strategy: StrategyFilter = None,
) -> SignalPage:
    """Signals, the newest first. Of those beyond the plan's daily limit only that they are there, not what they say."""
    wanted = Wanted(status, symbol, strategy)
    listing = f"signals {status} {symbol} {strategy}"
    seen = await queries.list_signals(
        reader, caller.user_id, caller.tenant_id, wanted, after=paging.after(listing), limit=paging.read
    )
    page = paging.page(listing, seen.rows, lambda row: Place(row["created_at"], row["id"]))
    return SignalPage(
        items=[signal_answer(row) for row in page.items],
        next_cursor=page.next_cursor,
        total=await totals.count(reader, wanted),
        limit=seen.per_day,
    )


@router.get("/{signal_id}")
async def get_signal(signal_id: UUID, caller: TradingReader, reader: QuickReading) -> SignalDetail:
    """A signal with its life."""
    row = await queries.signal_seen(reader, caller.user_id, signal_id)
    if row is None:
        raise problem(ErrorCode.NOT_FOUND, "no signal has this id")
    if not row["delivered"]:
        raise locked()
    return signal_detail(row, await queries.life_of(reader, signal_id))


def locked() -> Exception:
    """The answer about a signal that was not delivered."""
    return problem(
        ErrorCode.PLAN_LIMIT_REACHED,
        "this signal is beyond your plan's signals per day; a larger plan unlocks more from the next signal on",
    )
