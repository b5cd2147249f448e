"""From closed candles to signals: every strategy on every symbol, at the close of every candle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.expressions import Market
from tradewind.core.indicators import average_true_range
from tradewind.core.series import Columns, Floats, Series
from tradewind.core.signals import Signal, SignalSource
from tradewind.core.strategy import Evaluation, Refused, Strategy, evaluate, signal
from tradewind.core.values import Instrument
from tradewind.market import Closed, SeriesKey

_Rows = NDArray[np.int64]

#: A growing series longer than this is cut to its newer half. Recursive indicators start over from the first candle
#: kept, which at this length weighs nothing (an EMA(200) keeps 0.0003 % of its seed); which one it is gets committed,
#: so that a restart computes from the same.
_LONGEST = 2600


def longest_series(strategies: Sequence[Strategy], timeframe: Timeframe) -> int:
    """How many candles a growing series may have before it is cut: its half is enough for every strategy.

    Raises:
        StrategyError: a strategy cannot run on `timeframe`.
    """
    return max([_LONGEST, *(2 * strategy.warmup_on(timeframe) + 2 for strategy in strategies)])


@dataclass(frozen=True, slots=True)
class _Foretold:
    """What one strategy says of a recorded series: of the rows alone of which it says something.

    Attributes:
        rows: those, rising; `evaluation` is of them and counts them from 0.
    """

    rows: _Rows
    evaluation: Evaluation

    def at(self, row: int) -> tuple[Evaluation, int] | None:
        place = int(self.rows.searchsorted(row))
        return (self.evaluation, place) if place < len(self.rows) and self.rows[place] == row else None


@dataclass(slots=True)
class _Record:
    """A series on record, with what strategies say of it; evaluated once, ahead, as whole columns.

    Attributes:
        foretold: in the order of the strategies.
        spoken: by row, whether any of them says something.
        leaves: by row, whether positions from that source shall be left.
        ranges: the ATR by its period.
    """

    columns: Columns
    foretold: list[_Foretold]
    spoken: bytes
    leaves: dict[SignalSource, bytes]
    ranges: dict[int, Floats] = field(default_factory=dict)


@dataclass(slots=True)
class _Watched:
    """One symbol and timeframe under watch."""

    instrument: Instrument
    series: Series
    #: When its last candle closed, UTC ms.
    closed_at: int
    #: Of a series whose future is on record.
    record: _Record | None = None
    #: Of the candle that closed last, once somebody asks.
    present: list[Evaluation] | None = None


class Analyst:
    """Series and strategies.

    What a strategy says of a candle depends on the candles up to it alone (a property its tests hold), so evaluating
    recorded columns ahead and evaluating after each candle give the same signals. With strategies that look at other
    symbols that holds for candles that close together.
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        timeframe: Timeframe,
        *,
        simulated: bool,
        instrument_of: Callable[[str, float], Instrument],
        silent: Set[str] = frozenset(),
        costs: Costs | None = None,
    ) -> None:
        """
        Args:
            timeframe: of the candles that strategies run on; longer ones are put together from them.
            silent: symbols that are looked at and make no signals.
            costs: the venue's, which a grid must more than pay for; the usual ones when not given.

        Raises:
            StrategyError: a strategy cannot run on `timeframe`.
        """
        self._strategies = strategies
        self._timeframe = timeframe
        self._simulated = simulated
        self._instrument_of = instrument_of
        self._silent = silent
        self._costs = costs or Costs()
        self._longest = longest_series(strategies, timeframe)
        self._watched: dict[str, _Watched] = {}
        #: What strategies see at this moment, once somebody asks.
        self._market: Market | None = None
        #: How often a set-up made no signal, by reason.
        self.refusals: dict[str, int] = {}

    def load(
        self,
        history: Mapping[SeriesKey, Columns],
        recorded: Mapping[SeriesKey, Columns],
        anchors: Mapping[str, int],
    ) -> None:
        """Take in the closed candles of the past, and those on record that are still to come.

        Args:
            anchors: the first candle of each series by "symbol timeframe", from `anchors` before a restart.
        """
        ahead: dict[str, Columns] = {}
        for (symbol, timeframe), past in history.items():
            if timeframe is not self._timeframe:
                continue
            to_come = recorded.get((symbol, timeframe))
            anchor = anchors.get(self._name(symbol))
            if to_come is not None:
                series = Series.recorded(Columns.joined([past, to_come]), len(past))
            else:
                series = Series(past if anchor is None else past.since(anchor))
            columns = series.loaded
            if len(columns):
                closed = series.closed.ts
                closed_at = int(closed[-1]) + timeframe.ms if len(closed) else 0
                instrument = self._instrument_of(symbol, float(columns.close[0]))
                self._watched[symbol] = _Watched(instrument, series, closed_at)
                if to_come is not None:
                    ahead[symbol] = columns
        market = Market(self._timeframe, ahead)
        for symbol, columns in ahead.items():
            if symbol not in self._silent:
                self._watched[symbol].record = self._recorded(symbol, columns, market)

    def _recorded(self, symbol: str, columns: Columns, market: Market) -> _Record:
        foretold: list[_Foretold] = []
        leaves: dict[SignalSource, bytes] = {}
        spoken = np.zeros(len(columns), dtype=np.bool_)
        for strategy in self._strategies:
            evaluation = evaluate(strategy, columns, market)
            rows = evaluation.spoken_rows
            spoken[rows] = True
            # Only these: the columns of all strategies and symbols together would be most of a replay's memory.
            foretold.append(_Foretold(rows, evaluation.picked(rows)))
            for side, exits in evaluation.exit_rows.items():
                source = SignalSource(strategy.ref.content_hash, symbol, self._timeframe, side)
                leaves[source] = _flags(exits, len(columns))
        return _Record(columns, foretold, spoken.tobytes(), leaves)

    def _name(self, symbol: str) -> str:
        return f"{symbol} {self._timeframe.value}"

    def anchors(self) -> dict[str, int]:
        """The first candle of each series, UTC ms; committed with the step."""
        return {self._name(symbol): int(watched.series.closed.ts[0]) for symbol, watched in self._watched.items()}

    def instrument(self, symbol: str) -> Instrument:
        """The instrument whose candles are watched.

        Raises:
            KeyError: the symbol is not.
        """
        return self._watched[symbol].instrument

    def closed_at(self, symbol: str) -> int:
        """When the symbol's last candle closed, UTC ms."""
        return self._watched[symbol].closed_at

    def atr(self, symbol: str, period: int) -> float | None:
        """The ATR at the last close of a watched series; None before there is one."""
        watched = self._watched.get(symbol)
        if watched is None or watched.series.length <= period:
            return None
        record = watched.record
        if record is not None:  # what comes later does not change it
            values = record.ranges.get(period)
            if values is None:
                values = record.ranges[period] = average_true_range(record.columns, period)
            return float(values[watched.series.length - 1])
        return float(average_true_range(watched.series.closed, period)[-1])

    def close(self, closed: Sequence[Closed]) -> list[str]:
        """Take in the candles that closed at one moment; the symbols that have something new to say, in their order."""
        new: list[str] = []
        for symbol, timeframe, candle in closed:
            if timeframe is not self._timeframe:
                continue
            watched = self._watched.get(symbol)
            if watched is None:
                watched = _Watched(self._instrument_of(symbol, candle.close), Series(Columns.of([])), 0)
                self._watched[symbol] = watched
            length = watched.series.append(candle) + 1
            if length > self._longest and watched.record is None:
                watched.series = Series(Columns.joined([watched.series.closed.rows(self._longest // 2, length)]))
            watched.closed_at, watched.present = candle.ts + timeframe.ms, None
            if symbol not in self._silent:
                new.append(symbol)
        self._market = None
        return new

    def leaving(self, symbol: str, held: Iterable[SignalSource]) -> list[SignalSource]:
        """Those of `held`, sources of what is open on the symbol, whose condition to leave holds at the close of its
        last candle; in an order that a restart keeps."""
        watched = self._watched[symbol]
        row, record = watched.series.length - 1, watched.record
        if record is not None:
            leaves = record.leaves
            due = [source for source in held if source in leaves and leaves[source][row]]
        else:
            due = [source for source in held if self._leaves(watched, source, row)]
        return sorted(due)

    def _leaves(self, watched: _Watched, source: SignalSource, row: int) -> bool:
        return any(
            evaluation.strategy.ref.content_hash == source.content_hash and evaluation.leaves_at(source.side, row)
            for evaluation in self._present(watched)
        )

    def signals(self, symbol: str, occupied: Callable[[str, str, str], bool]) -> list[Signal]:
        """The signals that the close of the symbol's last candle makes.

        Args:
            occupied: whether a strategy (by name) has an active signal on a symbol and timeframe; it makes no second.
        """
        watched, timeframe = self._watched[symbol], self._timeframe
        made: list[Signal] = []
        for evaluation, row in self._said(watched):
            if occupied(evaluation.strategy.ref.name, symbol, timeframe.value):
                continue
            answer = signal(
                evaluation,
                row,
                instrument=watched.instrument,
                timeframe=timeframe,
                simulated=self._simulated,
                costs=self._costs,
            )
            if isinstance(answer, Refused):
                self.refusals[answer.counted_as] = self.refusals.get(answer.counted_as, 0) + 1
            elif answer is not None:
                made.append(answer)
        return made

    def _said(self, watched: _Watched) -> Iterable[tuple[Evaluation, int]]:
        """The evaluations that may have something to say of the last candle, each with its row there."""
        row = watched.series.length - 1
        record = watched.record
        if record is None:
            return [(evaluation, row) for evaluation in self._present(watched)]
        if not record.spoken[row]:
            return ()
        return [said for each in record.foretold if (said := each.at(row)) is not None]

    def _present(self, watched: _Watched) -> list[Evaluation]:
        if self._market is None:
            self._market = Market(self._timeframe, {name: each.series.closed for name, each in self._watched.items()})
        if watched.present is None:
            columns = watched.series.closed
            last = len(columns) - 1
            watched.present = [evaluate(each, columns, self._market, since=last) for each in self._strategies]
        return watched.present


def _flags(rows: _Rows, length: int) -> bytes:
    """A byte for each of `length` rows, 1 in `rows`."""
    flags = np.zeros(length, dtype=np.bool_)
    flags[rows] = True
    return flags.tobytes()
