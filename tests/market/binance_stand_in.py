"""Enough of Binance's spot market data, over real HTTP and WebSockets on loopback, to drive the live feed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tradewind.core.candles import Candle, Timeframe, merge


class BinanceStandIn:
    """A venue whose time, candles and moods the test sets; it pushes exactly what the test tells it to."""

    def __init__(self, now: int) -> None:
        #: Venue time, ms. It stands still until the test moves it.
        self.now = now
        #: What REST knows of the finest timeframe, by symbol and open time.
        self.known: dict[str, dict[int, Candle]] = {}
        #: Rows that REST gives a second time.
        self.repeated: set[int] = set()
        #: Beginnings of the paths that answer nothing but 503.
        self.refused: set[str] = set()
        #: Whether a page is a span of time, as at some venues, or whatever comes next, as at Binance.
        self.pages_are_spans = False
        self.url = ""
        self._sockets: dict[web.WebSocketResponse, set[str]] = {}
        self._changed = asyncio.Condition()

    def learn(self, symbol: str, candles: Iterable[Candle]) -> None:
        """Let REST know these candles of the finest timeframe."""
        self.known.setdefault(symbol, {}).update({candle.ts: candle for candle in candles})

    # ----------------------------------------------------------------------------------------------------- pushing

    async def subscribed(self, *streams: str) -> None:
        """Wait until somebody follows every one of `streams`, as btcusdt@kline_1m."""
        async with self._changed:
            await self._changed.wait_for(lambda: set(streams) <= set().union(*self._sockets.values()))

    async def push_kline(self, symbol: str, candle: Candle, timeframe: Timeframe = Timeframe.M1) -> None:
        """An update of a candle that is, or was, in the making."""
        numbers = {name: str(value) for name, value in zip("ohlcv", candle[1:], strict=True)}
        kline = {"t": candle.ts, "T": candle.ts + timeframe.ms - 1, "s": symbol, "i": timeframe.value, **numbers}
        await self._push(
            f"{symbol.lower()}@kline_{timeframe}",
            {"e": "kline", "E": self.now, "s": symbol, "k": {**kline, "x": False}},
        )

    async def push_trade(self, symbol: str, at: int, price: float, quantity: float) -> None:
        trade = {"e": "trade", "E": at, "s": symbol, "t": at, "p": str(price), "q": str(quantity), "T": at, "m": True}
        await self._push(f"{symbol.lower()}@trade", trade)

    async def drop(self) -> None:
        """Break every connection."""
        for socket in list(self._sockets):
            await socket.close(code=1001)
        async with self._changed:
            await self._changed.wait_for(lambda: not self._sockets)

    async def _push(self, stream: str, message: dict[str, Any]) -> None:
        for socket, streams in list(self._sockets.items()):
            if stream in streams:
                await socket.send_str(json.dumps(message))

    # ----------------------------------------------------------------------------------------------------- serving

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[BinanceStandIn]:
        """Listen on a free port of the loopback interface; `url` says where."""
        app = web.Application(middlewares=[self._mood])
        app.router.add_get("/api/v3/exchangeInfo", self._exchange_info)
        app.router.add_get("/api/v3/time", self._time)
        app.router.add_get("/api/v3/klines", self._klines)
        app.router.add_get("/ws/{stream}", self._stream)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _mood(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith(tuple(self.refused)):
            return web.Response(status=503, text="unavailable")
        response: web.StreamResponse = await handler(request)
        return response

    async def _time(self, _: web.Request) -> web.Response:
        return web.json_response({"serverTime": self.now})

    async def _exchange_info(self, _: web.Request) -> web.Response:
        return web.json_response({"symbols": [_symbol(symbol) for symbol in self.known]})

    async def _klines(self, request: web.Request) -> web.Response:
        query = request.query
        timeframe = Timeframe(query["interval"])
        start, limit = int(query["startTime"]), int(query["limit"])
        longer: dict[int, list[Candle]] = {}
        for ts, candle in sorted(self.known[query["symbol"]].items()):
            if timeframe.open_of(ts) >= start and ts <= self.now:
                longer.setdefault(timeframe.open_of(ts), []).append(candle)
        if self.pages_are_spans:
            longer = {ts: parts for ts, parts in longer.items() if ts < start + limit * timeframe.ms}
        rows = [_row(merge(parts, ts), timeframe) for ts, parts in longer.items()]
        rows = [row for row in rows for _ in range(2 if row[0] in self.repeated else 1)]
        return web.json_response(rows[: min(limit, 1000)])

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self._follow(socket, set())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    wanted = json.loads(message.data)
                    await self._follow(socket, self._sockets[socket] | set(wanted["params"]))
                    await socket.send_str(json.dumps({"result": None, "id": wanted["id"]}))
        finally:
            async with self._changed:
                del self._sockets[socket]
                self._changed.notify_all()
        return socket

    async def _follow(self, socket: web.WebSocketResponse, streams: set[str]) -> None:
        async with self._changed:
            self._sockets[socket] = streams
            self._changed.notify_all()


def _row(candle: Candle, timeframe: Timeframe) -> list[Any]:
    ts, *numbers = candle
    opens, high, low, close, volume = map(str, numbers)
    return [ts, opens, high, low, close, volume, ts + timeframe.ms - 1, "0", 1, "0", "0", "0"]


def _symbol(symbol: str) -> dict[str, Any]:
    base = symbol.removesuffix("USDT")
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
        ],
    }
