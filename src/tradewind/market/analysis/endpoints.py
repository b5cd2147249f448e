"""The route of market analysis."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from tradewind.core.candles import Timeframe
from tradewind.market.analysis.schemas import MarketAnalysis
from tradewind.market.analysis.service import MarketAnalyst
from tradewind.market.analysis.view import market_analysis
from tradewind.platform.realtime.board import Board, BoardWatch
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import Scope, requires
from tradewind.platform.web.units import Reading

router = api_router("/market", "Market")

Prices = Annotated[BoardWatch, part(BoardWatch)]
Analyst = Annotated[MarketAnalyst, part(MarketAnalyst)]


@router.get("/{symbol}/analysis", dependencies=[requires(Scope.MARKET_READ)])
async def get_market_analysis(
    session: Reading,
    prices: Prices,
    analyst: Analyst,
    language: Spoken,
    symbol: Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,40}$")],
    timeframe: Annotated[Timeframe, Query()],
) -> MarketAnalysis:
    """Regime, levels, volume by price and agreement of timeframes, at the last closed candle."""
    symbol = symbol.upper()
    board = await prices.now()
    found = await analyst.find(session, symbol, timeframe, now=board.ms)
    if not found.candles:
        _refuse_unknown(board, symbol, timeframe)
    return market_analysis(found, language)


def _refuse_unknown(board: Board, symbol: str, timeframe: Timeframe) -> None:
    """What will never have candles here is not there; what has none yet is no error."""
    if board.prices and symbol not in board.prices:
        raise problem(
            ErrorCode.NOT_FOUND, f"no market data for {symbol}; GET /api/v1/market/symbols lists what there is"
        )
    kept = board.market.get("timeframes", ())
    if kept and timeframe not in kept:
        raise problem(ErrorCode.NOT_FOUND, f"no {timeframe} candles of {symbol} here; there are {', '.join(kept)}")
