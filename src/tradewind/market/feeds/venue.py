"""The public market data of one venue, through ccxt. No other module knows ccxt."""

from __future__ import annotations

import asyncio
import importlib
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from tradewind.core.candles import Candle, Timeframe
from tradewind.market.errors import LiveFeedError
from tradewind.market.feeds.guard import END_OF_TIME
from tradewind.market.feeds.port import Tick

#: Largest page of candles asked for; venues that give less say so in ccxt's feature table.
_PAGE = 1000
_ATTEMPTS = 4


class VenueUnreachableError(Exception):
    """The venue did not answer, or the connection to it broke; trying again may help."""


def redirected(urls: Any, base: str) -> Any:
    """ccxt's nested table of URLs with every host replaced by that of `base`; paths stay.

    WebSocket URLs follow the base's security: `http://…` makes them `ws://…`.
    """
    if isinstance(urls, dict):
        return {key: redirected(value, base) for key, value in urls.items()}
    if isinstance(urls, list):
        return [redirected(value, base) for value in urls]
    if not isinstance(urls, str):
        return urls
    url, target = urlsplit(urls), urlsplit(base)
    if url.scheme not in {"http", "https", "ws", "wss"}:
        return urls
    secure = "s" if target.scheme == "https" else ""
    scheme = ("ws" if url.scheme.startswith("ws") else "http") + secure
    return urlunsplit((scheme, target.netloc, target.path.rstrip("/") + url.path, url.query, ""))


class Venue:
    """Public market data of the ccxt venue `name`, at `base_url` instead of its own hosts if one is given.

    Symbols are written as base and quote, BTCUSDT; a spot market comes before a linear perpetual of that name. Requests
    are tried four times, with `pause` seconds before the second attempt and twice as many before each further one.

    Raises:
        LiveFeedError: ccxt knows no such venue, or no streams of it.
    """

    def __init__(self, name: str, base_url: str | None, *, pause: float) -> None:
        # Costs a second and 100 MB, hence only where a live feed is really opened.
        library = importlib.import_module("ccxt.pro")
        if name not in library.exchanges:
            raise LiveFeedError(f"expected a venue that ccxt streams from, as binance, bybit or okx; got {name}")
        self.name = name
        self._pause = pause
        self._errors = library
        self._exchange = getattr(library, name)({"enableRateLimit": True})
        for feature in ("watchOHLCV", "watchTrades", "fetchOHLCV"):
            if not self._exchange.has.get(feature):
                raise LiveFeedError(f"expected a venue with {feature}; {name} does not offer it, choose another")
        # Not needed for prices, and not public everywhere.
        self._exchange.has["fetchCurrencies"] = False
        if name == "binance":
            # USD-M has its own id, binanceusdm. Besides, spot ids are ambiguous when both are loaded, and ccxt tells
            # them apart by the host's name, which `base_url` replaces.
            self._exchange.options["fetchMarkets"] = {"types": ["spot"]}
        if base_url is not None:
            self._exchange.urls = redirected(self._exchange.urls, base_url)
        #: How many WebSocket connections were made so far: when it changes, updates may have been missed.
        self.connections = 0
        self._count_connections()
        self._markets: dict[str, str] = {}
        self._time = (0, 0.0)

    async def open(self, symbols: Iterable[str]) -> None:
        """Find the markets of `symbols` and the venue's time.

        Raises:
            LiveFeedError: a symbol is not traded there, or the venue does not answer.
        """
        markets = await self._persistently(self._exchange.load_markets)
        for symbol in symbols:
            self._markets[symbol] = self._market(symbol, markets.values())
        await self._persistently(self.synchronise)

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()

    def offers(self, timeframe: Timeframe) -> bool:
        """Whether the venue has candles of that length."""
        return timeframe.value in self._exchange.timeframes

    def now(self) -> int:
        """The venue's time, UTC ms: what it last said plus what has passed since."""
        said, at = self._time
        return said + int((time.monotonic() - at) * 1000.0)

    async def synchronise(self) -> None:
        """Ask the venue for its time; the local clock's where it does not tell.

        Raises:
            VenueUnreachableError: no answer.
        """
        told = self._exchange.has.get("fetchTime")
        said = await self._call(self._exchange.fetch_time) if told else self._exchange.milliseconds()
        self._time = (int(said), time.monotonic())

    async def candles(self, symbol: str, timeframe: Timeframe, start: int, stop: int) -> list[Candle]:
        """The candles that opened from `start` up to but without `stop`, as the venue gives them, page by page.

        The caller makes sure that they are closed: `stop` is not after the open time of the one in the making.

        Raises:
            VenueUnreachableError: no answer after several attempts.
            LiveFeedError: the venue refuses.
        """
        market = self._markets[symbol]
        page = self._exchange.feature_value(market, "fetchOHLCV", "limit", _PAGE) or _PAGE
        found: list[Candle] = []
        since = start
        while since < stop:
            limit = min(page, _PAGE, (stop - since) // timeframe.ms)
            rows = await self._retried(self._exchange.fetch_ohlcv, market, timeframe.value, since, limit)
            candles = [candle for candle in map(_candle, rows) if since <= candle.ts < stop]
            found += candles
            # Some venues answer with what lies in the page's span alone: where they stood still it may be empty.
            since = max((candle.ts for candle in candles), default=since + (limit - 1) * timeframe.ms) + timeframe.ms
        return found

    async def watch_candles(self, symbol: str, timeframe: Timeframe) -> list[Candle]:
        """Wait for the next updates: candles that changed since the last call, the newest of them last, not closed.

        Raises:
            VenueUnreachableError: the connection broke.
            LiveFeedError: the venue refuses.
        """
        rows = await self._call(self._exchange.watch_ohlcv, self._markets[symbol], timeframe.value)
        return [_candle(row) for row in rows]

    async def watch_trades(self, symbol: str) -> list[Tick]:
        """Wait for trades: those since the last call; impossible ones are left out.

        Raises:
            VenueUnreachableError: the connection broke.
            LiveFeedError: the venue refuses.
        """
        trades = await self._call(self._exchange.watch_trades, self._markets[symbol])
        ticks = (
            Tick(symbol, int(trade["timestamp"] or -1), _number(trade["price"]), _number(trade["amount"]))
            for trade in trades
        )
        # One trade from the future would carry market time away for good.
        latest = self.now() + 60_000
        return [tick for tick in ticks if 0 < tick.at <= latest and 0.0 < tick.price < math.inf and tick.volume >= 0.0]

    def _market(self, symbol: str, markets: Iterable[dict[str, Any]]) -> str:
        """ccxt's name of the market that `symbol` means."""
        named = [
            market
            for market in markets
            if f"{market['base']}{market['quote']}" == symbol and market["active"] is not False
            # A contract of several coins would give volumes in contracts.
            if market["spot"] or (market["swap"] and market["linear"] and market["contractSize"] == 1)
        ]
        if not named:
            raise LiveFeedError(
                f"expected a symbol with a spot or linear perpetual market at {self.name}, got {symbol}"
            )
        return cast("str", min(named, key=lambda market: not market["spot"])["symbol"])

    def _count_connections(self) -> None:
        announce = self._exchange.on_connected  # ccxt's hook for its users

        def connected(client: object, message: object = None) -> None:
            self.connections += 1
            announce(client, message)

        self._exchange.on_connected = connected

    async def _persistently(self, function: Callable[..., Awaitable[Any]]) -> Any:
        """As `_retried`, where there is nothing to do without an answer."""
        try:
            return await self._retried(function)
        except VenueUnreachableError as error:
            raise LiveFeedError(f"expected an answer of {self.name}, got none: {error}; check the network") from error

    async def _retried(self, function: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
        for attempt in range(_ATTEMPTS - 1):
            try:
                return await self._call(function, *arguments)
            except VenueUnreachableError:
                await asyncio.sleep(self._pause * 2**attempt)
        return await self._call(function, *arguments)

    async def _call(self, function: Callable[..., Awaitable[Any]], *arguments: object) -> Any:
        try:
            return await function(*arguments)
        except asyncio.CancelledError:
            # ccxt cancels who waits on a connection that it closes, which is not to be taken for our own end.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise VenueUnreachableError("the connection was closed") from None
        except (self._errors.OperationFailed, OSError, TimeoutError) as error:
            raise VenueUnreachableError(f"{type(error).__name__}: {error}") from error
        except self._errors.BaseError as error:
            raise LiveFeedError(f"{self.name} refused: {type(error).__name__}: {error}") from error


def _number(value: object) -> float:
    """`value` as a float; what is missing is NaN, which no check lets pass."""
    return float(value) if isinstance(value, int | float) else math.nan


def _candle(row: Sequence[Any]) -> Candle:
    """One of ccxt's rows `[ts, open, high, low, close, volume]`, unchecked; an open time that is none is −1."""
    ts, opens, high, low, close, volume = row
    return Candle(
        int(ts) if isinstance(ts, int | float) and 0 <= ts < END_OF_TIME else -1,
        _number(opens),
        _number(high),
        _number(low),
        _number(close),
        _number(volume),
    )
