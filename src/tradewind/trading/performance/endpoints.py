"""Routes of a user's figures."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from tradewind.platform.database import Reader
from tradewind.platform.realtime.board import BoardWatch
from tradewind.platform.realtime.snapshots import Figures
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import GivenMoment, PageOf
from tradewind.platform.web.subjects import TradingReader
from tradewind.platform.web.units import QuickReading
from tradewind.trading.performance.queries import equity_curve, user_figures
from tradewind.trading.performance.schemas import EquityPointItem, StatsAnswer

router = api_router("/user", "Performance")

Prices = Annotated[BoardWatch, part(BoardWatch)]

_MOST_POINTS = 500


class LiveFigures:
    """Gives the realtime hub the same figures that the route gives."""

    async def load(self, reader: Reader, user_id: UUID) -> Figures:
        return await user_figures(reader, user_id)


@router.get("/stats")
async def get_stats(caller: TradingReader, reader: QuickReading, prices: Prices) -> StatsAnswer:
    """Balance, equity and results at the present prices."""
    figures = await user_figures(reader, caller.user_id)
    return StatsAnswer.of(figures.stats(await prices.now()))


@router.get("/equity")
async def get_equity(
    caller: TradingReader,
    reader: QuickReading,
    prices: Prices,
    since: Annotated[
        GivenMoment | None, Query(description="Points from this market time on; all when not given.")
    ] = None,
) -> PageOf[EquityPointItem]:
    """The equity curve, oldest first, thinned to at most 500 points; the last one is the present."""
    points = await equity_curve(reader, caller.user_id, since, _MOST_POINTS - 1)
    present = (await user_figures(reader, caller.user_id)).stats(await prices.now())
    items = [EquityPointItem(at=point.at, balance=point.balance, equity=point.equity) for point in points]
    items = [item for item in items if item.at < present.market_time]
    items.append(EquityPointItem(at=present.market_time, balance=present.balance, equity=present.equity))
    return PageOf(items=items, next_cursor=None)
