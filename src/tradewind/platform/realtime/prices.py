"""The price board: the latest price of every symbol, written by the engine, read by everybody."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import orjson
from redis.asyncio import Redis

PRICES_CHANNEL = "tradewind:prices"
_BOARD = "tradewind:board"
_USER_PREFIX = "tradewind:user:"
#: Pattern of every user's channel, for processes that fan out to many.
USER_CHANNELS = _USER_PREFIX + "*"


def user_channel(user_id: UUID) -> str:
    """Where a user's frames are announced."""
    return f"{_USER_PREFIX}{user_id}"


def user_of_channel(channel: bytes) -> UUID:
    """Whose channel it is."""
    return UUID(channel.decode().removeprefix(_USER_PREFIX))


class PriceBoard:
    """The engine's side: keeps the board and tells subscribers of changes."""

    def __init__(self, broker: Redis) -> None:
        self._broker = broker

    async def post(self, at: int, prices: Mapping[str, float], market: Mapping[str, object]) -> None:
        """Put up `prices` as of market ms `at`; `market` describes the feed (source, venue, speed)."""
        snapshot = orjson.dumps({"at": at, "prices": dict(prices), "market": dict(market)})
        async with self._broker.pipeline(transaction=False) as pipe:
            pipe.set(_BOARD, snapshot)
            pipe.publish(PRICES_CHANNEL, snapshot)
            await pipe.execute()


async def read_prices(broker: Redis) -> dict[str, object]:
    """The board: `{at, prices: {symbol: price}, market}`; empty before the engine's first word."""
    raw = await broker.get(_BOARD)
    board: dict[str, object] = orjson.loads(raw) if raw else {}
    return board
