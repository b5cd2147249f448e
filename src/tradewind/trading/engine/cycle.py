"""The engine's step without a database: what happens, apart from who is served and where it is written.

Live, paper and replay run it between two commits; a back-test runs it alone. That is why all of them decide the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.matching import Stretch
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import Strategy
from tradewind.core.values import Instrument
from tradewind.market import Closed, SeriesKey, Step, Tick
from tradewind.trading.desk import Desk, SignalTracker, TradingRecord
from tradewind.trading.dispatch import AcceptedIntent
from tradewind.trading.engine.analyst import Analyst
from tradewind.trading.engine.ticked import TickedCandles

#: Told of a symbol, its price before (None = not known yet) and how the price went on.
Passing = Callable[[str, float | None, Stretch], None]

FUNDING_INTERVAL_MS = 8 * 3_600_000


class Cycle:
    """A market lived through step by step, in memory: signals, open trades, and the moments of periodic work.

    Made, then `load`ed once; then for every step `live_through` it, have its signals served, and `queue` the intents
    that were accepted: they are carried out at the beginning of the next step.
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        finest: Timeframe,
        record: TradingRecord,
        costs: Costs,
        instrument_of: Callable[[str, float], Instrument],
        *,
        simulated: bool,
        feed_live: bool,
        equity_interval_ms: int = 3_600_000,
        silent: Set[str] = frozenset(),
        passing: Passing | None = None,
    ) -> None:
        """
        Args:
            simulated: the market is made up.
            feed_live: the prices are a live venue's own.
            equity_interval_ms: market time between two points of an equity curve.
            silent: symbols that strategies look at without making signals there.
            passing: told of all prices that pass, before anything comes of them.

        Raises:
            StrategyError: a strategy cannot run on candles as short as `finest`.
        """
        self._finest = finest
        self._instrument_of = instrument_of
        self._passing = passing
        self._equity_interval_ms = equity_interval_ms
        #: The price by which each symbol's steps were chosen.
        self._scales: dict[str, float] = {}
        self.tracker = SignalTracker(costs, record)
        self.desk = Desk(costs, record, feed_live=feed_live)
        self._analyst = Analyst(
            strategies, finest, simulated=simulated, instrument_of=self.instrument, silent=silent, costs=costs
        )
        self._ticked = TickedCandles(finest)
        self._last_ticks: dict[str, Tick] = {}
        #: Accepted intents that wait for the next step.
        self.waiting: list[AcceptedIntent] = []
        #: Steps and finest candles so far, market time, and when periodic work is next.
        self.steps = 0
        self.candles = 0
        self.at = 0
        self._funding_at = 0
        self._equity_at = 0

    @property
    def refusals(self) -> Mapping[str, int]:
        """How many set-ups made no signal so far, by `core.strategy.Refused.counted_as`."""
        return self._analyst.refusals

    # ------------------------------------------------------------------------------------------------------ memory

    def memory(self) -> dict[str, Any]:
        """What a restart needs beside signals and trades, as JSON values."""
        return {
            "prices": self.desk.prices,
            "anchors": self._analyst.anchors(),
            "funding_at": self._funding_at,
            "equity_at": self._equity_at,
            "scales": self._scales,
            "shown": self._ticked.dump(),
        }

    def load(
        self,
        history: Mapping[SeriesKey, Columns],
        recorded: Mapping[SeriesKey, Columns],
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        """Take in the past.

        Args:
            history: closed candles by series, after a restart reaching back to where each began.
            recorded: candles to come, where they are on record.
            memory: what `memory` said; None = nothing has been lived through yet.
        """
        if memory is not None:
            self.desk.prices.update(memory["prices"])
            self._funding_at = memory["funding_at"]
            self._equity_at = memory["equity_at"]
            self._scales.update(memory.get("scales", {}))
            self._ticked.load(memory.get("shown", {}))
        self._analyst.load(history, recorded, {} if memory is None else memory["anchors"])
        if memory is None:
            for (symbol, timeframe), columns in history.items():
                if timeframe is self._finest and len(columns):
                    self.desk.prices[symbol] = float(columns.close[-1])
                    self.at = max(self.at, int(columns.ts[-1]) + timeframe.ms)

    def instrument(self, symbol: str, price: float) -> Instrument:
        """The instrument, with the steps that its first price ever gave it: what is on record lies on them."""
        return self._instrument_of(symbol, self._scales.setdefault(symbol, price))

    # -------------------------------------------------------------------------------------------------------- step

    def live_through(self, step: Step) -> list[Signal]:
        """Carry out what waits, live through the step's prices and close its candles; the signals that they make."""
        self.open_waiting(self.at or step.at)
        for tick in step.ticks:
            symbol, at, price, volume = tick
            self._last_ticks[symbol] = tick
            self._ticked.see(tick)
            self._advance(symbol, Stretch(at, at, price, price, price, price, volume))
        self._live_through_candles(step)
        self.at = step.at
        self._keep_time(step.at)
        self.steps += 1
        return self._close_candles(step.closed)

    def queue(self, intents: Sequence[AcceptedIntent]) -> None:
        """Have accepted intents carried out with the next step."""
        self.waiting.extend(intents)
        # In the order in which a restart would read them: whoever comes first gets the symbol.
        self.waiting.sort(key=lambda intent: intent.id)

    def open_waiting(self, at: int) -> None:
        """Carry out at market ms `at` what waits."""
        if self.waiting:
            for intent in self.waiting:
                self.desk.open(intent, self.tracker.signal(intent.signal_id), at)
            self.waiting = []

    def _live_through_candles(self, step: Step) -> None:
        """Whatever of a finest candle neither tick nor finer candle has shown: it is all that is known of the way
        prices took. Then the finer candles, whose later ones come after what any of the step's candles began with."""
        shown = {symbol for symbol, _, _ in step.inside}
        for symbol, timeframe, candle in step.closed:
            if timeframe is not self._finest or symbol in shown:
                continue
            stretch = self._ticked.unseen(symbol, candle)
            if stretch is None:
                continue
            self._advance(symbol, stretch)
            last = self._last_ticks.get(symbol)
            if last is not None and last.at >= stretch.end:
                self.desk.prices[symbol] = last.price  # the candle came late, the present price is newer
        for symbol, finer, candle in step.inside:
            ts, opened, high, low, close, volume = candle
            self._advance(symbol, Stretch(ts, ts + finer.ms, opened, high, low, close, volume))

    def _advance(self, symbol: str, stretch: Stretch) -> None:
        self._charge_funding(stretch.start)
        if self._passing is not None:
            self._passing(symbol, self.desk.prices.get(symbol), stretch)
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
            interval = self._equity_interval_ms
            self.desk.record_equity(at - at % interval)
            self._equity_at = at - at % interval + interval

    def _hand_ranges(self, symbol: str) -> None:
        """Let the chandeliers of what is open take the ATR of the candle that closed."""
        timeframe = self._finest
        for period in sorted(self.tracker.periods(symbol, timeframe) | self.desk.periods(symbol, timeframe)):
            atr = self._analyst.atr(symbol, period)
            if atr is not None:
                at, market = self._analyst.closed_at(symbol), self.desk.prices[symbol]
                self.tracker.candle_closed(symbol, timeframe, at, market, period, atr)
                self.desk.candle_closed(symbol, timeframe, at, market, period, atr)

    def _close_candles(self, closed: Sequence[Closed]) -> list[Signal]:
        """What the candles that closed at this step make of each other: all of them are known before any is judged."""
        signals: list[Signal] = []
        self.candles += sum(timeframe is self._finest for _, timeframe, _ in closed)
        for symbol in self._analyst.close(closed):
            for source in self._analyst.leaving(symbol):
                self.tracker.leave(source, self.at)
                self.desk.leave(source, self.at)
            for signal in self._analyst.signals(symbol, self.tracker.occupied):
                self.tracker.add(signal)
                signals.append(signal)
            self._hand_ranges(symbol)
        return signals
