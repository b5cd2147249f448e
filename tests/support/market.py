"""A market that does exactly what a test says: the real engine on a feed without a will of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
from redis.asyncio import Redis

from tradewind.core.candles import Timeframe
from tradewind.core.ids import SignalId
from tradewind.core.plan import Breakeven, Trailing
from tradewind.core.series import Columns
from tradewind.core.signals import Management, Rationale, Signal, SignalTarget, StrategyRef
from tradewind.core.values import Rounding, Side
from tradewind.entrypoints.audience import audience
from tradewind.kit.ids import new_id
from tradewind.market import Feed, Incident, SeriesKey, Step, Tick
from tradewind.platform.database import Database
from tradewind.platform.leases import take_lease
from tradewind.platform.realtime import PriceBoard, frames_handler
from tradewind.platform.settings import MarketSource
from tradewind.platform.spine import Destination, Relay
from tradewind.trading import Engine, EngineOptions
from tradewind.venues.paper import instrument_for

#: 2026-01-05 12:00 UTC: a market day with room on both sides.
NOON = 1_767_614_400_000
MINUTE = 60_000
PLENTY = 1e9


class _Feed:
    """Nothing happens here by itself."""

    source = MarketSource.SIMULATED
    venue = "simulated"
    world = "test"
    symbols = ("BTCUSDT", "ETHUSDT")
    timeframes = (Timeframe.M1,)

    async def history(self) -> Mapping[SeriesKey, Columns]:
        return {}

    def recorded(self) -> Mapping[SeriesKey, Columns]:
        return {}

    async def steps(self) -> AsyncIterator[Step]:
        for step in ():
            yield step

    def state(self) -> dict[str, Any]:
        return {}


def make_signal(
    at: int,
    *,
    symbol: str = "BTCUSDT",
    price: float = 60_000.0,
    side: Side = Side.LONG,
    strategy: str = "test_strategy",
    targets: int = 2,
    stop: float = 0.02,
    reach: float = 0.02,
    breakeven: bool = True,
    trailing: Trailing | None = None,
) -> Signal:
    """A signal that may be entered at `price` at once.

    Args:
        stop, reach: distances of the stop and of each target from the one before, as fractions of the price.
    """
    instrument = instrument_for(symbol, price)

    def level(factor: float) -> Any:
        return instrument.quantise(price * (1 + side.sign * factor), Rounding.NEAREST)

    share = Decimal(1) / targets
    return Signal(
        id=SignalId(new_id()),
        revision=1,
        instrument=instrument,
        timeframe=Timeframe.M1,
        side=side,
        strategy=StrategyRef(strategy, 1, "0" * 64),
        created_at=at,
        zone_low=min(level(0.001), level(-0.001)),
        zone_high=max(level(0.001), level(-0.001)),
        stop=level(-stop),
        targets=tuple(SignalTarget(level(reach * (rung + 1)), share) for rung in range(targets)),
        management=Management(Breakeven() if breakeven else None, trailing),
        confidence=Decimal("0.5"),
        leverage_cap=5,
        fresh_until=at + 30 * MINUTE,
        expires_at=at + 24 * 60 * MINUTE,
        rationale=Rationale({"price": str(price)}, {"en": ("a test wants it",), "ru": ("так хочет тест",)}),
        simulated=True,
    )


class TestMarket:
    """The engine, its clock and its prices in the hands of a test."""

    __test__ = False

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], engine: Engine, broker: Redis) -> None:
        self.connection = connection
        self.engine = engine
        self._broker = broker
        self._board = PriceBoard(broker)
        self._numbers = count(1)
        self.at = NOON

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, broker: Redis) -> AsyncIterator[TestMarket]:
        connection = await database.connect()
        try:
            lease = await take_lease(connection, "engine:main")
            feed: Feed = _Feed()
            options = EngineOptions(market={"source": "simulated", "venue": "simulated", "simulated": True})
            engine = Engine(connection, feed, [], lease, instrument_for, options)
            await engine.start(None, await feed.history())
            market = cls(connection, engine, broker)
            await market.move(BTCUSDT=60_000.0, ETHUSDT=3_000.0)
            yield market
        finally:
            await connection.close(timeout=1)

    async def move(self, *, minutes: float = 1, incidents: tuple[Incident, ...] = (), **prices: float) -> None:
        """Let market time pass, then every named price be seen; what follows is committed and posted."""
        self.at += int(minutes * MINUTE)
        ticks = tuple(Tick(symbol, self.at, price, PLENTY) for symbol, price in sorted(prices.items()))
        await self.engine.step(Step(self.at, ticks=ticks, incidents=incidents))
        await self.engine.commit()
        await self.post()

    async def post(self) -> None:
        """Put the prices on the board."""
        market = {"source": "simulated", "venue": "simulated", "simulated": True, "speed": "60"}
        await self._board.post(
            self.at, self.engine.desk.prices, market | {"symbols": list(_Feed.symbols), "timeframes": ["1m"]}
        )

    async def publish(self, signal: Signal | None = None, **shape: Any) -> Signal:
        """Publish a signal: delivered to whoever has room for it, executed for those who trade automatically."""
        if signal is None:
            # One strategy has one active signal on a symbol, hence a strategy for each.
            shape.setdefault("strategy", f"test_{next(self._numbers)}")
            shape.setdefault("price", self.engine.desk.prices[shape.get("symbol", "BTCUSDT")])
            signal = make_signal(self.at, **shape)
        self.engine.tracker.add(signal)
        await self.engine._publish(signal)
        await self.engine.commit()
        return signal

    async def attend(self) -> None:
        """Carry out what people asked for."""
        await self.engine.attend()

    async def enter(self, price: float | None = None) -> None:
        """Carry out accepted intents and let their entries fill at the present price."""
        await self.attend()
        price = price or self.engine.desk.prices["BTCUSDT"]
        await self.move(BTCUSDT=price)

    async def deliver(self, user_id: UUID, signals: list[Signal]) -> None:
        """Deliver signals beyond any plan's daily limit."""
        await self.connection.executemany(
            "insert into user_signals (user_id, tenant_id, signal_id, day, delivered_at) "
            "select user_id, tenant_id, $2, day, now() from allowances where user_id = $1 on conflict do nothing",
            [(user_id, signal.id) for signal in signals],
        )

    async def subscribe(self, tenant_id: UUID, plan: str) -> None:
        """Put a tenant on a plan."""
        await self.connection.execute(
            "update subscriptions set plan = $2, status = 'active', current_period_end = null where tenant_id = $1",
            tenant_id,
            plan,
        )

    def relay(self) -> Relay:
        """What moves events to users' frames; other destinations are nobody's here."""

        async def connect() -> asyncpg.Connection[asyncpg.Record]:
            return self.connection

        return Relay(connect, {Destination.REALTIME: frames_handler(self._broker, audience)})

    async def tell(self) -> None:
        """Move every event to the frames of those whom it concerns."""
        relay = self.relay()
        while await relay.relay_once(self.connection):
            pass
