"""From closed candles to signals: every strategy on every symbol, at the close of every candle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.expressions import Market
from tradewind.core.indicators import average_true_range
from tradewind.core.series import Columns, Floats, Series
from tradewind.core.signals import Signal, SignalSource
from tradewind.core.strategy import Evaluation, Refused, Strategy, evaluate, signal
from tradewind.core.values import Instrument, Side
from tradewind.market import Closed, SeriesKey

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


@dataclass(slots=True)
class _Watched:
    """One symbol and timeframe under watch; a recorded one is evaluated once, ahead, as whole columns."""

    instrument: Instrument
    series: Series
    ahead: list[tuple[Evaluation, frozenset[int]]] = field(default_factory=list)
    #: The ATR of a recorded one by its period.
    ranges: dict[int, Floats] = field(default_factory=dict)
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
                self._watched[symbol] = _Watched(self._instrument_of(symbol, float(columns.close[0])), series)
                if to_come is not None:
                    ahead[symbol] = columns
        market = Market(self._timeframe, ahead)
        for symbol, columns in ahead.items():
            if symbol not in self._silent:
                self._watched[symbol].ahead = [_ahead(strategy, columns, market) for strategy in self._strategies]

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
        return int(self._watched[symbol].series.closed.ts[-1]) + self._timeframe.ms

    def atr(self, symbol: str, period: int) -> float | None:
        """The ATR at the last close of a watched series; None before there is one."""
        watched = self._watched.get(symbol)
        if watched is None or watched.series.length <= period:
            return None
        if watched.ahead:  # on record: what comes later does not change it
            values = watched.ranges.get(period)
            if values is None:
                values = watched.ranges[period] = average_true_range(watched.series.loaded, period)
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
                watched = _Watched(self._instrument_of(symbol, candle.close), Series(Columns.of([])))
                self._watched[symbol] = watched
            length = watched.series.append(candle) + 1
            if length > self._longest and not watched.ahead:
                watched.series = Series(Columns.joined([watched.series.closed.rows(self._longest // 2, length)]))
            watched.present = None
            if symbol not in self._silent:
                new.append(symbol)
        self._market = None
        return new

    def leaving(self, symbol: str) -> Iterator[SignalSource]:
        """The set-ups whose positions shall be left at the close of the symbol's last candle."""
        row = self._watched[symbol].series.length - 1
        for evaluation in self._said(symbol):
            for side in Side:
                if evaluation.leaves_at(side, row):
                    yield SignalSource(evaluation.strategy.ref.content_hash, symbol, self._timeframe, side)

    def signals(self, symbol: str, occupied: Callable[[str, str, str], bool]) -> list[Signal]:
        """The signals that the close of the symbol's last candle makes.

        Args:
            occupied: whether a strategy (by name) has an active signal on a symbol and timeframe; it makes no second.
        """
        watched, timeframe = self._watched[symbol], self._timeframe
        row = watched.series.length - 1
        made: list[Signal] = []
        for evaluation in self._said(symbol):
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

    def _said(self, symbol: str) -> list[Evaluation]:
        """The evaluations that have something to say of the symbol's last candle."""
        watched = self._watched[symbol]
        if watched.ahead:
            row = watched.series.length - 1
            return [evaluation for evaluation, rows in watched.ahead if row in rows]
        if self._market is None:
            self._market = Market(self._timeframe, {name: each.series.closed for name, each in self._watched.items()})
        if watched.present is None:
            columns = watched.series.closed
            watched.present = [evaluate(strategy, columns, self._market) for strategy in self._strategies]
        return watched.present


def _ahead(strategy: Strategy, columns: Columns, market: Market) -> tuple[Evaluation, frozenset[int]]:
    evaluation = evaluate(strategy, columns, market)
    said = (evaluation.long_rows, evaluation.short_rows, evaluation.conflict_rows, *evaluation.exit_rows.values())
    rows = frozenset().union(*(each.tolist() for each in said), evaluation.filtered)
    return evaluation, rows
