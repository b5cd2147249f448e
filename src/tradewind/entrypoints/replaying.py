"""A replay: the whole engine over recorded candles, as fast as it goes, into a database of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import asyncpg

from tradewind.accounts import create_user
from tradewind.billing import PlanCode, grant_plan, start_trial, sync_plans
from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy
from tradewind.entrypoints.migrating import migrate
from tradewind.entrypoints.tradable import check_tradable
from tradewind.kit.clock import WallClock, from_ms, to_ms
from tradewind.kit.ids import derive_id
from tradewind.market import ReplayFeed, check_readable, only_read
from tradewind.platform.database import Database, Urls
from tradewind.platform.hooks import Hooks
from tradewind.platform.leases import take_lease
from tradewind.platform.settings import Settings
from tradewind.trading import Engine, EngineOptions, ReplayReport, build_report, open_paper_account, read_state
from tradewind.venues.paper import instrument_for

#: Steps in one transaction: enough that commits cost nothing, few enough that a kill loses a second or two.
_STEPS_PER_COMMIT = 3000
_SHARD = "replay"


class DatabaseGoneError(Exception):
    """The database stopped under the replay; nothing that was committed is lost."""


class ReplayStateError(Exception):
    """The data folder and the wish to resume do not go together."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What to replay.

    Attributes:
        start, stop: bounds of the candles' open times; `stop` is outside.
        speed: market seconds per second; infinite = as fast as possible.
        followers: accounts that trade every signal automatically.
        plan: what they are subscribed to.
        inside: with which finer candles of the folder to look inside; "auto" = the shortest there.
    """

    candles: Path
    symbols: tuple[str, ...]
    timeframe: Timeframe | None
    start: datetime | None
    stop: datetime | None
    speed: float
    followers: int
    plan: PlanCode
    strategies: Sequence[Strategy]
    inside: Timeframe | Literal["auto"] | None = None

    @property
    def silent(self) -> frozenset[str]:
        """Symbols that are only looked at."""
        return only_read(self.strategies, self.symbols)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay has come: finest candles of all, market ms, and candles a second of this run."""

    candles: int
    total: int
    at: int
    rate: float


def open_feed(plan: ReplayPlan, resume: Mapping[str, Any] | None) -> ReplayFeed:
    """Read and check every candle file.

    Raises:
        CandleFileError, CandleFolderError, FeedSettingsError, ForeignStateError: see `ReplayFeed.open`; or a strategy
            that cannot run on these candles.
    """
    feed = ReplayFeed.open(
        plan.candles,
        symbols=(*plan.symbols, *sorted(plan.silent)),
        timeframe=plan.timeframe,
        timeframes=(),
        start=None if plan.start is None else to_ms(plan.start),
        stop=None if plan.stop is None else to_ms(plan.stop),
        speed=plan.speed,
        resume=resume,
        inside=plan.inside,
    )
    check_tradable(feed)
    check_readable(plan.strategies, feed.symbols, feed.timeframes[0])
    return feed


async def run_replay(
    settings: Settings, plan: ReplayPlan, feed: ReplayFeed, *, resume: bool, progress: Callable[[Progress], None]
) -> ReplayReport:
    """Replay from the start, or from where the database says that the last run was killed.

    Args:
        feed: opened by `open_feed` without a state, before anything was written.

    Raises:
        ReplayStateError: the database holds a replay and `resume` is off, or one of other inputs.
        DatabaseGoneError: go on with `resume`.
    """
    try:
        await migrate(settings)
        system = Database(Urls.system(settings))
        try:
            connection = await system.connect()
            try:
                return await _replay(settings, plan, feed, system, connection, resume=resume, progress=progress)
            finally:
                await connection.close(timeout=2)
        finally:
            await system.close()
    except Exception as error:
        if _is_disconnection(error):
            raise DatabaseGoneError(str(error).partition("\n")[0]) from error
        raise


#: The last is what asyncpg raises when the server says farewell between two statements.
_BROKEN = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    ConnectionError,
    asyncpg.InternalClientError,
)


def _is_disconnection(error: BaseException | None) -> bool:
    """Whether an error, in whatever call it showed and however libraries wrapped it, is that the connection broke."""
    while error is not None:
        if isinstance(error, _BROKEN) or (isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _replay(
    settings: Settings,
    plan: ReplayPlan,
    feed: ReplayFeed,
    system: Database,
    connection: asyncpg.Connection[asyncpg.Record],
    *,
    resume: bool,
    progress: Callable[[Progress], None],
) -> ReplayReport:
    remembered = await read_state(connection, _SHARD)
    if remembered is not None and not resume:
        raise ReplayStateError("the data folder holds a replay already; go on with --resume or take another folder")
    inputs = _inputs(plan, feed)
    if remembered is None:
        async with system.writing() as session:
            await sync_plans(session)
        await _make_followers(settings, plan, feed)
    else:
        began_with = await connection.fetchval("select market from engine_states where shard = $1", _SHARD)
        if began_with != inputs:
            raise ReplayStateError(
                "the replay in the data folder was begun with other inputs; resume it with the same, "
                f"which were {began_with}, not {inputs}"
            )
        feed = open_feed(plan, remembered.feed)
    lease = await take_lease(connection, f"engine:{_SHARD}")
    options = EngineOptions(
        shard=_SHARD,
        steps_per_commit=_STEPS_PER_COMMIT,
        record_candles=False,
        market=inputs,
        silent=plan.silent,
    )
    engine = Engine(connection, feed, plan.strategies, lease, instrument_for, options)
    await engine.start(remembered, await feed.history())
    before, began = engine.candles, time.perf_counter()
    total = before + sum(len(columns) for columns in feed.recorded().values())

    def tell() -> None:
        rate = (engine.candles - before) / max(time.perf_counter() - began, 1e-9)
        progress(Progress(engine.candles, total, engine.at, rate))

    gc.freeze()  # what was loaded lives to the end: nothing in it needs to be looked at again and again
    try:
        async for step in feed.steps():
            await engine.step(step)
            if not engine.steps % 500:
                tell()
    finally:
        gc.unfreeze()
    await engine.commit()
    await lease.release(connection)
    tell()
    return await build_report(connection, inputs, _candles(engine))


def _inputs(plan: ReplayPlan, feed: ReplayFeed) -> dict[str, Any]:
    return {
        "world": feed.world,
        "symbols": list(feed.symbols),
        "timeframe": feed.timeframes[0].value,
        "from": plan.start.isoformat() if plan.start else None,
        "to": plan.stop.isoformat() if plan.stop else None,
        "followers": plan.followers,
        "plan": plan.plan.value,
        "strategies": [
            {"name": ref.name, "version": ref.version, "content_hash": ref.content_hash}
            for ref in (strategy.ref for strategy in plan.strategies)
        ],
        "costs": {name: str(rate) for name, rate in asdict(EngineOptions().costs).items()},
    }


def _candles(engine: Engine) -> dict[str, Any]:
    return {"replayed": engine.candles, "steps": engine.steps, "until": from_ms(engine.at).isoformat()}


async def _make_followers(settings: Settings, plan: ReplayPlan, feed: ReplayFeed) -> None:
    """Accounts whose ids follow from their number, opened at the market time at which the replay begins."""
    clock = WallClock()
    finest = feed.timeframes[0]
    history = await feed.history()
    ends = [int(columns.ts[-1]) + finest.ms for key, columns in history.items() if key[1] is finest and len(columns)]
    opened_at = from_ms(max(ends))
    hooks = Hooks([partial(start_trial, clock=clock), partial(open_paper_account, at=opened_at)])
    app = Database(Urls.app(settings))
    try:
        for number in range(plan.followers):
            async with app.writing() as session:
                user = await create_user(
                    session,
                    hooks,
                    clock,
                    email=f"follower-{number}@replay.invalid",
                    password_hash="!",  # nobody logs in here
                    full_name=None,
                    user_id=derive_id("replay user", number),
                    tenant_id=derive_id("replay tenant", number),
                )
                if user is not None:
                    await grant_plan(session, user.tenant_id, plan.plan, clock)
    finally:
        await app.close()
