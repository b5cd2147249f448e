"""The engine: one step of the market after the other, each committed with everything it caused.

A step: intents accepted before are carried out; signals and trades live through the new prices; closed candles make
signals; signals are dispatched. Then what happened, the venue's books, and where the feed stands are written in one
transaction. Whatever kills the process, the next start goes on from the last commit and arrives at the same rows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from tradewind.core.costs import Costs
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import Strategy
from tradewind.core.values import Instrument
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import derive_id
from tradewind.market import Feed, Incident, SeriesKey, Step
from tradewind.market.record.models import CandleTailRow, MarketIncidentRow
from tradewind.platform.database import BulkWriter, WriteMode
from tradewind.platform.leases import Lease
from tradewind.platform.settings import MarketSource
from tradewind.platform.spine import WAKE_CHANNEL
from tradewind.trading.alerts import AlertKeeper, CandleRecord
from tradewind.trading.desk import Desk, Journal, SignalTracker
from tradewind.trading.dispatch import dispatch
from tradewind.trading.engine import service
from tradewind.trading.engine.cycle import Cycle
from tradewind.trading.engine.recovery import restore
from tradewind.trading.engine.service import Remembered

_log = structlog.get_logger()

#: How often, and for how many rows of a table, history is written ahead of its commit.
_WRITE_AHEAD_STEPS = 10
_WRITE_AHEAD_ROWS = 100


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the engine runs.

    Attributes:
        shard: which part of the work; also the name of its lease.
        steps_per_commit: 1 = every step that matters is durable before the next; more only where nobody waits (replay).
        equity_interval_ms: market time between two points of an equity curve.
        record_candles: keep closed candles for the candle store; off where the source is a recording.
        market: what is told about the market (source, speed), for banners.
        silent: symbols that strategies look at without making signals there.
    """

    shard: str = "main"
    steps_per_commit: int = 1
    equity_interval_ms: int = 3_600_000
    record_candles: bool = True
    costs: Costs = field(default_factory=Costs)
    market: Mapping[str, Any] | None = None
    silent: frozenset[str] = frozenset()


class Engine:
    """One shard. Made, then `start`ed once, then `step`ped for every step of its feed."""

    def __init__(
        self,
        connection: asyncpg.Connection[asyncpg.Record],
        feed: Feed,
        strategies: Sequence[Strategy],
        lease: Lease,
        instrument_of: Callable[[str, float], Instrument],
        options: EngineOptions,
        record: CandleRecord | None = None,
    ) -> None:
        """
        Args:
            record: closed candles of the past, for alerts that are made while the engine runs.
        """
        self._connection = connection
        self._feed = feed
        self._lease = lease
        self._options = options
        self.journal = Journal()
        self._alerts = AlertKeeper(feed.timeframes[0], record)
        self._cycle = Cycle(
            strategies,
            feed.timeframes[0],
            self.journal,
            options.costs,
            instrument_of,
            simulated=feed.source is MarketSource.SIMULATED,
            feed_live=feed.source is MarketSource.LIVE,
            equity_interval_ms=options.equity_interval_ms,
            silent=options.silent,
            passing=self._alerts.pass_prices,
        )
        self._market_writer = BulkWriter()
        tail_columns = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume")
        # As an upsert: a venue that fills its gaps later may make a restart close a longer candle once more.
        self._tail = self._market_writer.declare(CandleTailRow, tail_columns, WriteMode.UPSERT)
        incident_columns = ("id", "kind", "symbol", "timeframe", "at", "ts", "detail")
        self._incidents = self._market_writer.declare(MarketIncidentRow, incident_columns, WriteMode.UPSERT)
        #: Of the rows to be written: a stream may say the same thing twice within a millisecond.
        self._noted: set[UUID] = set()
        self._transaction: Any = None
        self._writing: asyncio.Task[None] | None = None
        self._uncommitted = 0
        self._committed_at = time.monotonic()

    @property
    def tracker(self) -> SignalTracker:
        """Every active signal."""
        return self._cycle.tracker

    @property
    def desk(self) -> Desk:
        """Everything that is open."""
        return self._cycle.desk

    @property
    def steps(self) -> int:
        """Steps lived through since the beginning of this world."""
        return self._cycle.steps

    @property
    def candles(self) -> int:
        """Finest candles lived through since the beginning of this world."""
        return self._cycle.candles

    @property
    def at(self) -> int:
        """Market time, UTC ms."""
        return self._cycle.at

    # ------------------------------------------------------------------------------------------------------- start

    async def start(self, remembered: Remembered | None, history: Mapping[SeriesKey, Columns]) -> None:
        """Load the past: closed candles, and what was open when the engine stopped.

        Args:
            history: the feed's, and for a resumed one reaching back to where each series began.
        """
        cycle = self._cycle
        if remembered is not None:
            cycle.steps, cycle.candles, cycle.at = remembered.step, remembered.candles, remembered.at
        cycle.load(history, self._feed.recorded(), None if remembered is None else remembered.memory)
        await restore(
            self._connection,
            self.tracker,
            self.desk,
            costs=self._options.costs,
            instrument_of=cycle.instrument,
        )
        cycle.waiting = await service.waiting_intents(self._connection)
        await self._begin()
        await self._alerts.start(self._connection, self.at)
        await self.commit()

    # -------------------------------------------------------------------------------------------------------- step

    async def step(self, step: Step) -> None:
        """Live through `step`; durable on return unless steps are batched."""
        for incident in step.incidents:
            self._note(incident)
        signals = self._cycle.live_through(step)
        self._alerts.close(step.closed, step.at)
        if self._options.record_candles:
            self._tail.extend((symbol, timeframe.value, *candle) for symbol, timeframe, candle in step.closed)
        for signal in signals:
            await self._publish(signal)
        self._uncommitted += 1
        await self._maybe_commit(closed=bool(step.closed))

    async def attend(self) -> None:
        """Carry out what people asked for meanwhile, at the present market time; a sign of life when it is nothing."""
        cycle = self._cycle
        known = {intent.id for intent in cycle.waiting}
        accepted = await service.waiting_intents(self._connection)
        cycle.waiting.extend(intent for intent in accepted if intent.id not in known)
        cycle.open_waiting(self.at)
        await self._begin()
        for request_id, position_id in await service.pending_exits(self._connection):
            done = self.desk.exit(position_id, ExitReason.MANUAL, self.at)
            await service.settle_exit(self._connection, request_id, done=done)
        await self._alerts.attend(self._connection, self.at)
        await self.commit()

    async def _publish(self, signal: Signal) -> None:
        await self._begin()
        at = from_ms(signal.created_at)
        dispatched = asyncio.create_task(
            dispatch(
                self._connection,
                signal.id,
                day=at.date(),
                at=at,
                real_accounts=self._feed.source is MarketSource.LIVE,
                released=self.journal.released,
            )
        )
        await asyncio.sleep(0)  # lets the statement go out
        self.journal.settle()
        accepted = await dispatched
        self.journal.released.clear()
        self._cycle.queue(accepted)

    def _note(self, incident: Incident) -> None:
        incident_id = derive_id(
            "incident", incident.kind.value, incident.symbol, incident.timeframe.value, incident.at, incident.ts
        )
        if incident_id in self._noted:
            return
        self._noted.add(incident_id)
        at = from_ms(incident.at)
        kind, timeframe = incident.kind.value, incident.timeframe.value
        self._incidents.append((incident_id, kind, incident.symbol, timeframe, at, incident.ts, incident.detail))
        self.journal.urgent = True

    # ------------------------------------------------------------------------------------------------------ commit

    async def _begin(self) -> None:
        """Have the connection to oneself, inside a transaction."""
        if self._writing is not None:
            await self._writing
            self._writing = None
        if self._transaction is None:
            self._transaction = self._connection.transaction()
            await self._transaction.start()

    async def _maybe_commit(self, *, closed: bool) -> None:
        # Later than that the lease might lapse; and a replay at a finite speed would lose more than a moment to a kill.
        due = time.monotonic() - self._committed_at > self._lease.seconds / 3
        if self._options.steps_per_commit > 1:
            if due or self._uncommitted >= self._options.steps_per_commit:
                await self.commit()
            elif not self._uncommitted % _WRITE_AHEAD_STEPS:
                await self._write_ahead()
        elif due or self.journal.urgent or self._alerts.urgent or closed or self._transaction is not None:
            await self.commit()

    async def _write_ahead(self) -> None:
        """Let PostgreSQL work on the history of a long batch while the next steps are computed."""
        if self._writing is not None and not self._writing.done():
            await asyncio.sleep(0)  # lets the next of the statements go out
            return
        batch = self.journal.take(_WRITE_AHEAD_ROWS)
        if batch is not None:
            await self._begin()
            self._writing = asyncio.create_task(batch.write(self._connection))
            await asyncio.sleep(0)

    async def commit(self) -> None:
        """Write what happened since the last commit, with where the engine and its feed stand.

        Raises:
            LeaseLostError: another process took this shard over; nothing was written.
        """
        await self._begin()
        await self._lease.renew(self._connection)
        await self._alerts.write(self._connection, self.journal)
        told = await self.journal.flush(self._connection)
        await self._market_writer.flush(self._connection)
        self._noted.clear()
        state = Remembered(
            self._feed.world, self.steps, self.candles, self.at, self._feed.state(), self._cycle.memory()
        )
        await service.save_state(self._connection, self._options.shard, state, self._options.market or {})
        if told:
            await self._connection.execute(f"notify {WAKE_CHANNEL}")
        await self._transaction.commit()
        self._transaction = None
        self._uncommitted = 0
        self._committed_at = time.monotonic()
        self.desk.forget_idle({intent.account_id for intent in self._cycle.waiting})
