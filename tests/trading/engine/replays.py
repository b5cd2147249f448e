"""Small replays of candles that the tests make: the real engine, database and feed, and a way to kill it anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from tests.core.strategy_maker import strategy_of
from tests.market.candle_maker import START, save
from tests.simulation.trade_driver import CANDLE, signal_of
from tradewind.accounts import create_user
from tradewind.billing import PlanCode, grant_plan, start_trial
from tradewind.core.candles import Candle, Timeframe
from tradewind.core.costs import Costs
from tradewind.core.ids import SignalId
from tradewind.core.plan import TrailingKind
from tradewind.core.series import Columns
from tradewind.core.signals import Management, Signal, StrategyRef
from tradewind.core.strategy import Strategy
from tradewind.core.values import Side
from tradewind.entrypoints.candles import candle_source
from tradewind.kit.clock import WallClock, from_ms
from tradewind.kit.ids import derive_id
from tradewind.market import Closed, ReplayFeed, SeriesKey, Step, Tick
from tradewind.platform.database import Database, Urls
from tradewind.platform.hooks import Hooks
from tradewind.platform.leases import Lease, take_lease
from tradewind.platform.settings import MarketSource, Settings
from tradewind.trading import Engine, EngineOptions, ReplayReport, build_report, open_paper_account, read_state
from tradewind.venues.paper import instrument_for

SHARD = "test"
#: Candles that are history; the strategies below need few.
HISTORY = 40
#: What the test's world costs: as the product's, but more fills are partial.
COSTS = Costs(participation=0.02)
PRICES = {"BTCUSDT": 40_000.0, "ETHUSDT": 2_000.0, "SOLUSDT": 90.0, "ZZZUSDT": 0.97}


class KilledError(Exception):
    """The process was killed here."""


# -------------------------------------------------------------------------------------------------------------- markets


def market(folder: Path, seed: int, *, candles: int = 400, timeframe: Timeframe = Timeframe.M5, **gaps: range) -> Path:
    """Candle files of four symbols that move a lot; ZZZUSDT is a stranger whose price goes up and down across 1.

    Args:
        gaps: by symbol, rows that are missing.
    """
    folder.mkdir(exist_ok=True)
    for number, (symbol, price) in enumerate(PRICES.items()):
        save(folder, symbol, timeframe, wild(seed * 10 + number, candles, price, timeframe, gaps.get(symbol, range(0))))
    return folder


def wild(seed: int, count: int, price: float, timeframe: Timeframe, missing: range) -> Columns:
    """Trends, reversals, gaps between candles, candles without volume; on the instrument's tick."""
    rng = np.random.default_rng(seed)
    tick = float(instrument_for("ZZZUSDT", price).tick)
    drift = np.repeat(rng.normal(0, 1e-3, count // 25 + 1), 25)[:count]
    steps = rng.normal(0, 2.5e-3, count) + drift
    jumps = np.where(rng.random(count) < 0.03, rng.normal(0, 1e-2, count), 0.0)
    closes = price * np.exp(np.cumsum(steps + jumps))
    opens = np.concatenate([[price], closes[:-1]]) * np.exp(jumps)
    reach = np.abs(rng.normal(0, 1.5e-3, (2, count)))
    highs = np.maximum(opens, closes) * (1 + reach[0])
    lows = np.minimum(opens, closes) * (1 - reach[1])
    opens, highs, lows, closes = (
        np.round(np.round(column / tick) * tick, 10) for column in (opens, highs, lows, closes)
    )
    volumes = np.where(rng.random(count) < 0.05, 0.0, rng.lognormal(0, 1, count) * 4e5 / price)
    keep = np.ones(count, dtype=bool)
    keep[list(missing)] = False
    ts = START + np.arange(count, dtype=np.int64) * timeframe.ms
    return Columns(*(column[keep] for column in (ts, opens, highs, lows, closes, volumes)))


def strategies() -> list[Strategy]:
    """Three that speak often, on the same symbols and on both sides."""
    return [
        named("rising", strategy_of(
            long="crosses_above(close, sma(close, 5))",
            zone=("close * 0.998", "close * 1.0005"),
            stop="close * 0.99",
            ladder=(("r", "0.6", "0.5"), ("r", "1.2", "0.3"), ("r", "2", "0.2")),
            breakeven=(1, None),
            trailing=(TrailingKind.DISTANCE, "close * 0.004", 2),
            time_stop="40",
        )),
        named("falling", strategy_of(
            long=None,
            short="crosses_below(close, sma(close, 8))",
            short_zone=("close * 0.9995", "close * 1.002"),
            short_stop="close * 1.012",
            ladder=(("r", "0.5", "0.6"), ("r", "1.5", "0.4")),
            breakeven=(0, "0.4"),
            trailing=(TrailingKind.PERCENT, "0.5", 1),
            time_stop="25",
        )),
        named("patient", strategy_of(
            long="crosses_above(close, sma(close, 12))",
            zone=("close * 0.99", "close * 0.997"),
            stop="close * 0.98",
            ladder=(("r", "1", "1"),),
        )),
        observant(),
    ]  # fmt: skip


def observant() -> Strategy:
    """Looks at a longer timeframe, another symbol and the time; filters, leaves by a condition and asks for less."""
    return named("observant", strategy_of(
        long="crosses_above(close, sma(close, 4)) and on(15m, close > sma(close, 3))",
        short="crosses_below(close, sma(close, 4)) and not on(BTCUSDT, 15m, close > sma(close, 3))",
        zone=("close * 0.997", "close * 1.001"),
        stop="close * 0.985",
        short_zone=("close * 0.999", "close * 1.003"),
        short_stop="close * 1.015",
        exits={Side.LONG: "close < on(15m, sma(close, 3))", Side.SHORT: "on(BTCUSDT, close > sma(close, 6))"},
        filters={"night": ("session(3, 23)", None), "bitcoin": ("on(BTCUSDT, close > open)", Side.LONG)},
        risk_scale="clip(on(BTCUSDT, rsi(close, 5)) / 100, 0, 0.8)",
    ))  # fmt: skip


def grid() -> Strategy:
    """Makes round trips all the time."""
    return named("grid", strategy_of(
        long="crosses_below(close, sma(close, 5))",
        zone=("close * 0.999", "close * 1.001"),
        stop="close * 0.96",
        ladder=(("at", "close * 1.008", "1"),),
        time_stop="60",
        grid=("4", "close * 0.024"),
    ))  # fmt: skip


def named(name: str, strategy: Strategy) -> Strategy:
    """`strategy` under another name; its signals' ids follow from its document's hash."""
    blueprint = replace(strategy.blueprint, name=name, document_hash=name.encode().hex().ljust(64, "0"))
    return Strategy.of(blueprint)


# ------------------------------------------------------------------------------------------------------------ followers


async def make_followers(settings: Settings, plans: Sequence[PlanCode], at: int = START) -> list[UUID]:
    """A user with a paper account on each of `plans`; ids follow from the place in the list."""
    clock = WallClock()
    hooks = Hooks([partial(start_trial, clock=clock), partial(open_paper_account, at=from_ms(at))])
    database = Database(Urls.app(settings))
    users = []
    try:
        for number, plan in enumerate(plans):
            async with database.writing() as session:
                user = await create_user(
                    session,
                    hooks,
                    clock,
                    email=f"follower-{number}@test.invalid",
                    password_hash="!",
                    full_name=None,
                    user_id=derive_id("test user", number),
                    tenant_id=derive_id("test tenant", number),
                )
                assert user is not None
                if plan is not PlanCode.FREE_TRIAL:
                    await grant_plan(session, user.tenant_id, plan, clock)
                users.append(user.user_id)
    finally:
        await database.close()
    return users


# -------------------------------------------------------------------------------------------------------------- replays


Watch = Callable[["Run"], Awaitable[None]]


@dataclass
class Run:
    """An engine at work."""

    connection: asyncpg.Connection[asyncpg.Record]
    feed: ReplayFeed
    engine: Engine
    lease: Lease
    #: A connection of its own: it sees what is committed.
    committed: asyncpg.Connection[asyncpg.Record]

    async def report(self) -> ReplayReport:
        candles = {"replayed": self.engine.candles, "steps": self.engine.steps}
        return await build_report(self.connection, {"world": self.feed.world}, candles)


def open_feed(folder: Path, resume: Mapping[str, Any] | None = None, *, stop: int | None = None) -> ReplayFeed:
    return ReplayFeed.open(folder, history=HISTORY, timeframes=(), stop=stop, resume=resume)


@asynccontextmanager
async def started(
    settings: Settings,
    folder: Path,
    *,
    steps_per_commit: int = 1,
    chosen: Sequence[Strategy] | None = None,
    stop: int | None = None,
    costs: Costs = COSTS,
    lease_seconds: float = 6.0,
) -> AsyncIterator[Run]:
    """An engine that has started, fresh or from where the last one was killed; its connection breaks at the end."""
    database = Database(Urls.system(settings))
    connection, committed = await database.connect(), await database.connect()
    try:
        lease = await take_lease(connection, f"engine:{SHARD}", seconds=lease_seconds)
        remembered = await read_state(connection, SHARD)
        feed = open_feed(folder, remembered.feed if remembered else None, stop=stop)
        options = EngineOptions(SHARD, steps_per_commit, record_candles=False, costs=costs)
        made = strategies() if chosen is None else chosen
        on_record = candle_source(settings.model_copy(update={"market": feed.source, "candles": folder}), database)
        engine = Engine(connection, feed, made, lease, instrument_for, options, on_record)
        await engine.start(remembered, await feed.history())
        yield Run(connection, feed, engine, lease, committed)
    finally:
        connection.terminate()
        committed.terminate()
        await database.close()


async def replay(settings: Settings, folder: Path, *, watch: Watch | None = None, **options: Any) -> ReplayReport:
    """The whole of it, or what is left of it; `watch` looks on after every step."""
    async with started(settings, folder, **options) as run:
        async for step in run.feed.steps():
            await run.engine.step(step)
            if watch is not None:
                await watch(run)
        await run.engine.commit()
        return await run.report()


async def killed_now_and_then(settings: Settings, folder: Path, rng: Random, **options: Any) -> ReplayReport:
    """The whole of it by a process that is killed again and again: between steps, inside them, inside commits."""
    while True:
        try:
            async with started(settings, folder, **options) as run:
                left = rng.choice([1, 3, 10, 40, 150])
                async for step in run.feed.steps():
                    left -= 1
                    if left > 0:
                        await run.engine.step(step)
                    elif rng.random() < 0.3:
                        raise KilledError  # noqa: TRY301 - here it dies
                    else:
                        await _killed_inside(run, run.engine.step(step), rng.choice([1, 1, 2, 3, 5, 8]))
                await run.engine.commit()
                return await run.report()
        except KilledError:
            continue


async def _killed_inside(run: Run, work: Awaitable[None], moments: int) -> None:
    """Break the connection after `moments` turns of the loop, wherever the work is then."""
    task = asyncio.ensure_future(work)
    for _ in range(moments):
        await asyncio.sleep(0)
    run.connection.terminate()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    raise KilledError


# ---------------------------------------------------------------------------------------------------------- by the hand


class QuietFeed:
    """A feed without a will of its own: the test makes the steps."""

    venue = "test"
    world = "test"
    symbols = ("BTCUSDT", "ETHUSDT")

    def __init__(self, timeframe: Timeframe, source: MarketSource) -> None:
        self.timeframes = (timeframe,)
        self.source = source

    async def history(self) -> Mapping[SeriesKey, Columns]:
        return {}

    def recorded(self) -> Mapping[SeriesKey, Columns]:
        return {}

    async def steps(self) -> AsyncIterator[Step]:
        for step in ():
            yield step

    def state(self) -> dict[str, Any]:
        return {}


@dataclass
class Stage:
    """An engine whose market is in the hands of the test. Prices are of BTCUSDT unless another symbol is named."""

    connection: asyncpg.Connection[asyncpg.Record]
    engine: Engine
    lease: Lease
    timeframe: Timeframe
    at: int

    async def candle(
        self,
        opened: float,
        high: float,
        low: float,
        close: float,
        *,
        volume: float = 1e9,
        ts: int | None = None,
        symbol: str = "BTCUSDT",
    ) -> None:
        """The next candle closes (or the one of `ts`)."""
        ts = self.at if ts is None else ts
        self.at = max(self.at, ts + self.timeframe.ms)
        candle = Candle(ts, opened, high, low, close, volume)
        await self.engine.step(Step(max(self.at, self.engine.at + 1), (Closed(symbol, self.timeframe, candle),)))

    async def tick(self, at: int, price: float, *, volume: float = 1e9, symbol: str = "BTCUSDT") -> None:
        await self.engine.step(Step(max(at, self.engine.at + 1), (), (Tick(symbol, at, price, volume),)))

    async def publish(self, made: Signal) -> None:
        """What the engine does with a signal of its own strategies: follow it, deliver it, execute it."""
        self.engine.tracker.add(made)
        await self.engine._publish(made)
        await self.engine.commit()

    async def one(self, query: str, *arguments: Any) -> Any:
        return await self.connection.fetchval(query, *arguments)


@asynccontextmanager
async def staged(
    settings: Settings,
    *,
    timeframe: Timeframe = Timeframe.M5,
    source: MarketSource = MarketSource.SIMULATED,
    at: int = START,
    costs: Costs = COSTS,
) -> AsyncIterator[Stage]:
    """An engine on a quiet feed, fresh or from where the last one was left."""
    database = Database(Urls.system(settings))
    connection = await database.connect()
    try:
        lease = await take_lease(connection, f"engine:{SHARD}")
        remembered = await read_state(connection, SHARD)
        feed = QuietFeed(timeframe, source)
        options = EngineOptions(SHARD, record_candles=False, costs=costs)
        engine = Engine(connection, feed, [], lease, instrument_for, options)
        await engine.start(remembered, {})
        yield Stage(connection, engine, lease, timeframe, remembered.at if remembered else at)
    finally:
        connection.terminate()
        await database.close()


def btc_signal(at: int, *, side: Side = Side.LONG, number: int = 1, candles: int = 10, **management: Any) -> Signal:
    """Limit 40,000, stop 1 % away, targets 1 and 2 % away; for a short mirrored."""
    level = 4_000_000  # ticks of 0.01
    away = side.sign * level // 100
    made = signal_of(
        instrument_for("BTCUSDT", 40_000.0),
        side,
        (level, level),
        level - away,
        [(level + away, "0.5"), (level + 2 * away, "0.5")],
        management=Management(**management),
        created_at=at,
        expires_at=at + candles * CANDLE,
    )
    return replace(
        made, id=SignalId(derive_id("test signal", number)), strategy=StrategyRef(f"test_{number}", 1, "0" * 64)
    )
