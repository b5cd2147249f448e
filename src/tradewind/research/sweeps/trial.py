"""One parameter set on one market, and many of them with the work that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import MEMO_BYTES, ExpressionError, Market, Memo
from tradewind.core.indicators import average_true_range
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy, UnevenSetsError, evaluate
from tradewind.research.backtest import IdealOptions, run_ideal
from tradewind.research.backtest.entries import entries_of
from tradewind.research.metrics import measure_sets
from tradewind.research.sweeps.groups import Group, grouped
from tradewind.research.sweeps.space import Settings

if TYPE_CHECKING:
    from tradewind.core.kernel import Bars

Floats = NDArray[np.float64]

#: Periods of which a trial's returns are kept; longer spans are told in stretches of several days.
MOST_PERIODS = 512


class Trial(NamedTuple):
    """What one parameter set came to.

    Attributes:
        metrics: as `research.metrics.Metrics.items`; None when the document refuses the set.
        returns: per period, float32, at most `MOST_PERIODS` of them, all of one length but perhaps the last.
        error: why it was refused.
    """

    metrics: dict[str, float | int | None] | None
    returns: NDArray[np.float32]
    error: str | None


class Workbench:
    """Candles of one timeframe, ready for any number of parameter sets. Sets share every indicator that they have in
    common; what is kept for that is bounded by `memory` bytes over all symbols.

    Importing what this needs imports Numba.

    Args:
        beside: series of the same timeframe that strategies look at and do not trade.
    """

    def __init__(
        self,
        columns: Mapping[str, Columns],
        timeframe: Timeframe,
        options: IdealOptions | None = None,
        *,
        beside: Mapping[str, Columns] = MappingProxyType({}),
        memory: int = MEMO_BYTES,
    ) -> None:
        from tradewind.research.sweeps.measuring import Days  # noqa: PLC0415 - half a second of Numba

        self._options = options or IdealOptions()
        self._columns, self._timeframe, self._beside = columns, timeframe, beside
        self._symbols = [(Memo(each, memory // len(columns)), Days.of(each)) for each in columns.values()]
        #: By the period of the ATR in them; those of the last that was asked for.
        self._bars: dict[int, list[Bars]] = {}

    @property
    def executed(self) -> int:
        """Instructions executed over whole columns so far."""
        return sum(memo.executed for memo, _ in self._symbols)

    def run(self, strategy: Strategy) -> Trial:
        """Back-test `strategy` with the ideal profile; its measures are those of `run_ideal`.

        Raises:
            StrategyError: it cannot run on this timeframe.
        """
        return self._ridden(strategy)[0] if _kernel_knows(strategy) else self._walked(strategy)

    def run_all(self, strategy: Strategy, sets: Iterable[Settings]) -> Iterator[Trial]:
        """A trial for each of `sets`, in their order; a set that the document refuses has its reason.

        Sets that differ only in numbers of their plans are run together.
        """
        wanted = list(sets)
        groups = {number: group for group in grouped(strategy, wanted) for number in group.numbers}
        known: dict[int, Trial] = {}
        for number, settings in enumerate(wanted):
            if number in groups and number not in known:
                known |= self._together(strategy, wanted, groups[number])
            yield known.pop(number) if number in known else self._alone(strategy, settings)

    def _together(self, strategy: Strategy, wanted: Sequence[Settings], group: Group) -> dict[int, Trial]:
        """The trials of a group by their numbers."""
        try:
            linked = group.family.linked
            if linked is not None and _kernel_knows(linked):
                return dict(zip(group.numbers, self._ridden(linked, group.settings), strict=True))
        except (ExpressionError, UnevenSetsError):
            pass  # each by itself says what is wrong with it, or that nothing is
        return {number: self._alone(strategy, wanted[number]) for number in group.numbers}

    def _alone(self, strategy: Strategy, settings: Settings) -> Trial:
        try:
            return self.run(strategy.with_parameters(settings))
        except ExpressionError as error:
            return Trial(None, np.empty(0, dtype=np.float32), str(error))

    def _ridden(self, strategy: Strategy, settings: Mapping[str, Floats] = MappingProxyType({})) -> list[Trial]:
        """The trials of `strategy` with each set of `settings`, by the kernel."""
        from tradewind.research.backtest.compiled import run_kernel  # noqa: PLC0415
        from tradewind.research.sweeps.measuring import accounts, daily_returns, together  # noqa: PLC0415

        options = self._options
        capital = options.start_equity / len(self._symbols)
        # One for each set: what is derived and computed there would be kept for ever.
        market = Market(self._timeframe, {**self._beside, **self._columns})
        parts = []
        for (memo, days), bars in zip(self._symbols, self._bars_for(strategy), strict=True):
            evaluation = evaluate(strategy, memo.columns, market, memo, settings=settings)
            outcomes = run_kernel(entries_of(evaluation, self._timeframe), bars, options.fee)
            parts.append((accounts(outcomes, memo.columns, days, capital), days))
        returns = daily_returns(parts, capital)
        closed, counts = together([each for each, _ in parts])
        exposures = zip(*(each.exposure.tolist() for each, _ in parts), strict=True)
        measured = measure_sets(
            closed,
            counts,
            returns,
            start_equity=options.start_equity,
            exposure=[sum(each) / len(parts) for each in exposures],
            periods=options.periods,
        )
        return [Trial(metrics.items(), told, None) for metrics, told in zip(measured, _condensed(returns), strict=True)]

    def _walked(self, strategy: Strategy) -> Trial:
        """What the kernel does not know."""
        result = run_ideal(strategy, self._columns, self._timeframe, self._options, beside=self._beside)
        return Trial(result.metrics.items(), _condensed(np.array([result.daily.values]))[0], None)

    def _bars_for(self, strategy: Strategy) -> list[Bars]:
        """Every symbol's candles as the kernel reads them, with the ATR that the strategy's stops hang by."""
        from tradewind.research.backtest.compiled import checked_bars  # noqa: PLC0415

        rule = strategy.exits.trailing
        period = rule.period if rule is not None else 0
        if period not in self._bars:
            self._bars = {
                period: [
                    checked_bars(each, self._timeframe, average_true_range(each, period) if period else None)
                    for each in self._columns.values()
                ]
            }
        return self._bars[period]


def _kernel_knows(strategy: Strategy) -> bool:
    """Conditions to leave and sizes by condition it does not."""
    return strategy.risk_scale is None and all(setup.exit is None for setup in strategy.setups)


def _condensed(returns: Floats) -> NDArray[np.float32]:
    """The returns of each row over equal stretches of days, so that there are at most `MOST_PERIODS`."""
    sets, count = returns.shape
    days = -(-count // MOST_PERIODS)
    growth = np.ones((sets, -(-count // days) * days))
    growth[:, :count] += np.nan_to_num(returns, nan=0.0, posinf=0.0, neginf=0.0)
    whole: Floats = growth.reshape(sets, -1, days).prod(axis=2) - 1.0
    return whole.astype(np.float32)
