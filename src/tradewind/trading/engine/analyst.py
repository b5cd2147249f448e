"""From closed candles to signals: every strategy on every symbol, at the close of every candle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.indicators import average_true_range
from tradewind.core.series import Columns, Floats, Series
from tradewind.core.signals import Signal
from tradewind.core.strategy import Evaluation, Refused, Strategy, evaluate, signal
from tradewind.core.values import Instrument
from tradewind.market import SeriesKey

#: A growing series longer than this is cut to its newer half. Recursive indicators start over from the first candle
#: kept, which at this length weighs nothing (an EMA(200) keeps 0.0003 % of its seed); which one it is gets committed,
#: so that a restart computes from the same.
_LONGEST = 2600


@dataclass(slots=True)
class _Watched:
    """One symbol and timeframe under watch; a recorded one is evaluated once, ahead, as whole columns."""

    instrument: Instrument
    series: Series
    ahead: list[tuple[Evaluation, frozenset[int]]] = field(default_factory=list)
    #: The ATR of a recorded one by its period.
    ranges: dict[int, Floats] = field(default_factory=dict)


class Analyst:
    """Series and strategies.

    What a strategy says of a candle depends on the candles up to it alone (a property its tests hold), so evaluating
    recorded columns ahead and evaluating after each candle give the same signals.
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        timeframes: Sequence[Timeframe],
        *,
        simulated: bool,
        instrument_of: Callable[[str, float], Instrument],
    ) -> None:
        self._strategies = strategies
        self._timeframes = frozenset(timeframes)
        self._simulated = simulated
        self._instrument_of = instrument_of
        self._watched: dict[SeriesKey, _Watched] = {}
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
        for key, past in history.items():
            symbol, timeframe = key
            if timeframe not in self._timeframes:
                continue
            to_come = recorded.get(key)
            anchor = anchors.get(f"{symbol} {timeframe.value}")
            if to_come is not None:
                series = Series.recorded(Columns.joined([past, to_come]), len(past))
            else:
                series = Series(past if anchor is None else past.since(anchor))
            columns = series.loaded
            if len(columns):
                watched = _Watched(self._instrument_of(symbol, float(columns.close[0])), series)
                if to_come is not None:
                    watched.ahead = [_ahead(strategy, columns) for strategy in self._strategies]
                self._watched[key] = watched

    def anchors(self) -> dict[str, int]:
        """The first candle of each series, UTC ms; committed with the step."""
        return {
            f"{symbol} {timeframe.value}": int(watched.series.closed.ts[0])
            for (symbol, timeframe), watched in self._watched.items()
        }

    def instrument(self, symbol: str) -> Instrument:
        """The instrument whose candles are watched.

        Raises:
            KeyError: the symbol is not.
        """
        return next(watched.instrument for (held, _), watched in self._watched.items() if held == symbol)

    def atr(self, symbol: str, timeframe: Timeframe, period: int) -> float | None:
        """The ATR at the last close of a watched series; None before there is one."""
        watched = self._watched.get((symbol, timeframe))
        if watched is None or watched.series.length <= period:
            return None
        if watched.ahead:  # on record: what comes later does not change it
            values = watched.ranges.get(period)
            if values is None:
                values = watched.ranges[period] = average_true_range(watched.series.loaded, period)
            return float(values[watched.series.length - 1])
        return float(average_true_range(watched.series.closed, period)[-1])

    def close(
        self, symbol: str, timeframe: Timeframe, candle: Candle, occupied: Callable[[str, str, str], bool]
    ) -> list[Signal]:
        """The signals that the close of `candle` makes.

        Args:
            occupied: whether a strategy (by name) has an active signal on a symbol and timeframe; it makes no second.
        """
        watched = self._watched.get((symbol, timeframe))
        if watched is None:
            if timeframe not in self._timeframes:
                return []
            series = Series(Columns.of([]))
            watched = _Watched(self._instrument_of(symbol, candle.close), series)
            self._watched[symbol, timeframe] = watched
        row = watched.series.append(candle)
        if watched.ahead:
            evaluations = [evaluation for evaluation, rows in watched.ahead if row in rows]
        else:
            if row + 1 > _LONGEST:
                watched.series = Series(Columns.joined([watched.series.closed.rows(_LONGEST // 2, row + 1)]))
                row = watched.series.length - 1
            columns = watched.series.closed
            evaluations = [evaluate(strategy, columns) for strategy in self._strategies]
        made: list[Signal] = []
        for evaluation in evaluations:
            if occupied(evaluation.strategy.ref.name, symbol, timeframe.value):
                continue
            answer = signal(
                evaluation, row, instrument=watched.instrument, timeframe=timeframe, simulated=self._simulated
            )
            if isinstance(answer, Refused):
                self.refusals[answer.reason.value] = self.refusals.get(answer.reason.value, 0) + 1
            elif answer is not None:
                made.append(answer)
        return made


def _ahead(strategy: Strategy, columns: Columns) -> tuple[Evaluation, frozenset[int]]:
    evaluation = evaluate(strategy, columns)
    rows = (*evaluation.long_rows.tolist(), *evaluation.short_rows.tolist(), *evaluation.conflict_rows.tolist())
    return evaluation, frozenset(rows)
