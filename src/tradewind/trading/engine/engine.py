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
from tradewind.core.matching import Stretch
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import Strategy
from tradewind.core.values import Instrument
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import derive_id
from tradewind.market import Closed, Feed, Incident, SeriesKey, Step, Tick
from tradewind.market.record.models import CandleTailRow, MarketIncidentRow
from tradewind.platform.database import Batch, BulkWriter, WriteMode
from tradewind.platform.leases import Lease
from tradewind.platform.settings import MarketSource
from tradewind.platform.spine import WAKE_CHANNEL
from tradewind.trading.desk import Desk, Journal, SignalTracker
from tradewind.trading.dispatch import AcceptedIntent, dispatch
from tradewind.trading.engine import service
from tradewind.trading.engine.analyst import Analyst
from tradewind.trading.engine.recovery import restore
from tradewind.trading.engine.service import Remembered
from tradewind.trading.engine.ticked import TickedCandles

_log = structlog.get_logger()

FUNDING_INTERVAL_MS = 8 * 3_600_000
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
    """

    shard: str = "main"
    steps_per_commit: int = 1
    equity_interval_ms: int = 3_600_000
    record_candles: bool = True
    costs: Costs = field(default_factory=Costs)
    market: Mapping[str, Any] | None = None


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
    ) -> None:
        self._connection = connection
        self._feed = feed
        self._lease = lease
        self._options = options
        self._instrument_of = instrument_of
        #: The price by which each symbol's steps were chosen.
        self._scales: dict[str, float] = {}
        simulated = feed.source is MarketSource.SIMULATED
        self.journal = Journal()
        self.tracker = SignalTracker(options.costs, self.journal)
        self.desk = Desk(options.costs, self.journal, feed_live=feed.source is MarketSource.LIVE)
        self._analyst = Analyst(strategies, feed.timeframes[:1], simulated=simulated, instrument_of=self._instrument)
        self._market_writer = BulkWriter()
        tail_columns = ("symbol", "timeframe", "ts", "open", "high", "low", "close", "volume")
        # As an upsert: a venue that fills its gaps later may make a restart close a longer candle once more.
        self._tail = self._market_writer.declare(CandleTailRow, tail_columns, WriteMode.UPSERT)
        incident_columns = ("id", "kind", "symbol", "timeframe", "at", "ts", "detail")
        self._incidents = self._market_writer.declare(MarketIncidentRow, incident_columns, WriteMode.UPSERT)
        #: Of the rows to be written: a stream may say the same thing twice within a millisecond.
        self._noted: set[UUID] = set()
        self._queue: list[AcceptedIntent] = []
        self._last_ticks: dict[str, Tick] = {}
        self._ticked = TickedCandles(feed.timeframes[0])
        self._transaction: Any = None
        self._writing: asyncio.Task[None] | None = None
        self._uncommitted = 0
        self._committed_at = time.monotonic()
        #: Steps and finest candles so far, market time, and when periodic work is next.
        self.steps = 0
        self.candles = 0
        self.at = 0
        self._funding_at = 0
        self._equity_at = 0

    # ------------------------------------------------------------------------------------------------------- start

    async def start(self, remembered: Remembered | None, history: Mapping[SeriesKey, Columns]) -> None:
        """Load the past: closed candles, and what was open when the engine stopped.

        Args:
            history: the feed's, and for a resumed one reaching back to where each series began.
        """
        anchors: dict[str, int] = {}
        if remembered is not None:
            self.steps, self.candles, self.at = remembered.step, remembered.candles, remembered.at
            self.desk.prices.update(remembered.memory["prices"])
            self._funding_at = remembered.memory["funding_at"]
            self._equity_at = remembered.memory["equity_at"]
            self._scales.update(remembered.memory.get("scales", {}))
            self._ticked.load(remembered.memory.get("shown", {}))
            anchors = remembered.memory["anchors"]
        self._analyst.load(history, self._feed.recorded(), anchors)
        if remembered is None:
            for (symbol, timeframe), columns in history.items():
                if timeframe is self._feed.timeframes[0] and len(columns):
                    self.desk.prices[symbol] = float(columns.close[-1])
                    self.at = max(self.at, int(columns.ts[-1]) + timeframe.ms)
        await restore(
            self._connection,
            self.tracker,
            self.desk,
            costs=self._options.costs,
            instrument_of=self._instrument,
        )
        self._queue = await service.waiting_intents(self._connection)
        await self.commit()

    def _instrument(self, symbol: str, price: float) -> Instrument:
        """The instrument, with the steps that its first price ever gave it: what is on record lies on them."""
        return self._instrument_of(symbol, self._scales.setdefault(symbol, price))

    # -------------------------------------------------------------------------------------------------------- step

    async def step(self, step: Step) -> None:
        """Live through `step`; durable on return unless steps are batched."""
        before = self.at or step.at
        self._open_queued(before)
        for incident in step.incidents:
            self._note(incident)
        for tick in step.ticks:
            symbol, at, price, volume = tick
            self._last_ticks[symbol] = tick
            self._ticked.see(tick)
            self._advance(symbol, Stretch(at, at, price, price, price, price, volume))
        self._live_through_candles(step.closed)
        self.at = step.at
        self._keep_time(step.at)
        signals = self._close_candles(step.closed)
        for signal in signals:
            await self._publish(signal)
        # In the order in which a restart would read them: whoever comes first gets the symbol.
        self._queue.sort(key=lambda intent: intent.id)
        self.steps += 1
        self._uncommitted += 1
        await self._maybe_commit(closed=bool(step.closed))

    async def attend(self) -> None:
        """Carry out what people asked for meanwhile, at the present market time; a sign of life when it is nothing."""
        known = {intent.id for intent in self._queue}
        self._queue.extend(
            intent for intent in await service.waiting_intents(self._connection) if intent.id not in known
        )
        self._open_queued(self.at)
        await self._begin()
        for request_id, position_id in await service.pending_exits(self._connection):
            done = self.desk.exit(position_id, ExitReason.MANUAL, self.at)
            await service.settle_exit(self._connection, request_id, done=done)
        await self.commit()

    def _open_queued(self, at: int) -> None:
        if self._queue:
            for intent in self._queue:
                self.desk.open(intent, self.tracker.signal(intent.signal_id), at)
            self._queue = []

    def _live_through_candles(self, closed: Sequence[Closed]) -> None:
        """Whatever of a finest candle no tick has shown: the candle is all that is known of the way prices took."""
        finest = self._feed.timeframes[0]
        for symbol, timeframe, candle in closed:
            if timeframe is not finest:
                continue
            stretch = self._ticked.unseen(symbol, candle)
            if stretch is None:
                continue
            self._advance(symbol, stretch)
            last = self._last_ticks.get(symbol)
            if last is not None and last.at >= stretch.end:
                self.desk.prices[symbol] = last.price  # the candle came late, the present price is newer

    def _advance(self, symbol: str, stretch: Stretch) -> None:
        self._charge_funding(stretch.start)
        self.tracker.advance(symbol, stretch)
        self.desk.advance(symbol, stretch)

    def _charge_funding(self, until: int) -> None:
        """Charge every funding that has fallen due by `until`, one after the other, also where no prices came."""
        if not self._funding_at:
            self._funding_at = until - until % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS
        while self._funding_at <= until:
            self.desk.charge_funding(self._funding_at)
            self._funding_at += FUNDING_INTERVAL_MS

    def _keep_time(self, at: int) -> None:
        self._charge_funding(at)
        if at >= self._equity_at:
            interval = self._options.equity_interval_ms
            self.desk.record_equity(at - at % interval)
            self._equity_at = at - at % interval + interval

    def _close_candles(self, closed: Sequence[Closed]) -> list[Signal]:
        signals: list[Signal] = []
        finest = self._feed.timeframes[0]
        for symbol, timeframe, candle in closed:
            if timeframe is finest:
                self.candles += 1
            if self._options.record_candles:
                self._tail.append((symbol, timeframe.value, *candle))
            for signal in self._analyst.close(symbol, timeframe, candle, self.tracker.occupied):
                self.tracker.add(signal)
                signals.append(signal)
        return signals

    async def _publish(self, signal: Signal) -> None:
        await self._begin()
        at = from_ms(signal.created_at)
        accepted = await dispatch(
            self._connection,
            signal.id,
            day=at.date(),
            at=at,
            real_accounts=self._feed.source is MarketSource.LIVE,
            released=self.journal.released,
        )
        self.journal.released.clear()
        self._queue.extend(accepted)

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
        elif due or self.journal.urgent or closed or self._transaction is not None:
            await self.commit()

    async def _write_ahead(self) -> None:
        """Let PostgreSQL work on the history of a long batch while the next steps are computed."""
        if self._writing is not None and not self._writing.done():
            await asyncio.sleep(0)  # lets the next of the statements go out
            return
        batches = self.journal.take(_WRITE_AHEAD_ROWS)
        if batches:
            await self._begin()
            self._writing = asyncio.create_task(self._write(batches))
            await asyncio.sleep(0)

    async def _write(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            await batch.write(self._connection)

    async def commit(self) -> None:
        """Write what happened since the last commit, with where the engine and its feed stand.

        Raises:
            LeaseLostError: another process took this shard over; nothing was written.
        """
        await self._begin()
        await self._lease.renew(self._connection)
        told = await self.journal.flush(self._connection)
        await self._market_writer.flush(self._connection)
        self._noted.clear()
        memory = {
            "prices": self.desk.prices,
            "anchors": self._analyst.anchors(),
            "funding_at": self._funding_at,
            "equity_at": self._equity_at,
            "scales": self._scales,
            "shown": self._ticked.dump(),
        }
        state = Remembered(self._feed.world, self.steps, self.candles, self.at, self._feed.state(), memory)
        await service.save_state(self._connection, self._options.shard, state, self._options.market or {})
        if told:
            await self._connection.execute(f"notify {WAKE_CHANNEL}")
        await self._transaction.commit()
        self._transaction = None
        self._uncommitted = 0
        self._committed_at = time.monotonic()
        self.desk.forget_idle({intent.account_id for intent in self._queue})
