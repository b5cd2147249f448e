"""Routes of market data."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from fastapi import Query

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.values import decimal_of
from tradewind.kit.clock import from_ms, to_ms
from tradewind.market.record.queries import incident_count
from tradewind.market.record.schemas import CandleItem, CandlePage, MarketStatus, SymbolItem
from tradewind.market.record.service import CandleReader
from tradewind.platform.realtime.board import Board, BoardWatch
from tradewind.platform.settings import MarketSource, Settings
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import GivenMoment, PageOf
from tradewind.platform.web.subjects import Scope, requires
from tradewind.platform.web.units import Reading

router = api_router("/market", "Market")

Prices = Annotated[BoardWatch, part(BoardWatch)]
Candles = Annotated[CandleReader, part(CandleReader)]
Config = Annotated[Settings, part(Settings)]

_MARKET = [requires(Scope.MARKET_READ)]


@router.get("/candles", dependencies=_MARKET)
async def list_candles(
    session: Reading,
    prices: Prices,
    reader: Candles,
    symbol: Annotated[str, Query(pattern=r"^[A-Za-z0-9_]{1,40}$")],
    timeframe: Annotated[Timeframe, Query()],
    limit: Annotated[int, Query(ge=1, le=1500)] = 500,
    before: Annotated[GivenMoment | None, Query(description="Only candles that opened before this time.")] = None,
) -> CandlePage:
    """Closed candles, oldest first: the newest ones, or those before a time."""
    symbol = symbol.upper()
    board = await prices.now()
    bound = reader.bound(timeframe, board.ms)
    if before is not None:
        bound = min(bound, max(0, to_ms(before)))
    candles = await reader.read(session, symbol, timeframe, before=bound, limit=limit + 1)
    if not candles and before is None and board.prices and symbol not in board.prices:
        raise problem(
            ErrorCode.NOT_FOUND, f"no market data for {symbol}; GET /api/v1/market/symbols lists what there is"
        )
    shown = candles[-limit:]
    return CandlePage(
        symbol=symbol,
        timeframe=timeframe,
        items=_items(shown),
        next_cursor=from_ms(shown[0].ts) if len(candles) > limit else None,
    )


@router.get("/symbols", dependencies=_MARKET)
async def list_symbols(prices: Prices) -> PageOf[SymbolItem]:
    """What is traded here, with the present prices."""
    board = await prices.now()
    symbols = sorted(set(board.market.get("symbols", ())) | board.prices.keys())
    items = [SymbolItem(symbol=symbol, price=_price(board, symbol)) for symbol in symbols]
    return PageOf(items=items, next_cursor=None)


@router.get("/status", dependencies=_MARKET)
async def get_market_status(session: Reading, prices: Prices, settings: Config) -> MarketStatus:
    """Where prices come from, and how far the market clock is."""
    board = await prices.now()
    market = board.market
    return MarketStatus(
        source=MarketSource(market.get("source", settings.market.value)).value,
        venue=market.get("venue"),
        simulated=market.get("simulated", settings.market is MarketSource.SIMULATED),
        speed=market.get("speed") or None,
        finished=market.get("finished", False),
        market_time=board.at,
        symbols=sorted(set(market.get("symbols", ())) | board.prices.keys()),
        timeframes=list(market.get("timeframes", ())),
        prices={symbol: decimal_of(price) for symbol, price in board.prices.items()},
        incidents=await incident_count(session),
    )


def _price(board: Board, symbol: str) -> Decimal | None:
    price = board.prices.get(symbol)
    return None if price is None else decimal_of(price)


def _items(candles: Sequence[Candle]) -> list[CandleItem]:
    return [
        CandleItem(
            time=from_ms(candle.ts),
            open=decimal_of(candle.open),
            high=decimal_of(candle.high),
            low=decimal_of(candle.low),
            close=decimal_of(candle.close),
            volume=decimal_of(candle.volume),
        )
        for candle in candles
    ]
