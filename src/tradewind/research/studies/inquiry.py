"""A validation: what walk-forward chose window by window, the best of the whole time, and the verdict on it.

Windows need nothing of each other, and the verdict needs of them only what they came to; so each may be somebody
else's work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.research.backtest import IdealOptions, run_ideal
from tradewind.research.reports.validating import Validation, validated
from tradewind.research.studies.study import SweepPlan, ValidationPlan
from tradewind.research.sweeps.forward import Asked, Span, WalkedForward, Window, ends_of, run_window, spans_of, sweep
from tradewind.research.sweeps.honesty import honesty
from tradewind.research.sweeps.trial import Workbench


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is to be believed of `strategy` on `columns` (by symbol, all of `timeframe`, none empty).

    Attributes:
        beside: series of the same timeframe that the strategy looks at and does not trade.
        search: what varies; None = the strategy is judged as it is.
    """

    strategy: Strategy
    columns: Mapping[str, Columns]
    beside: Mapping[str, Columns]
    timeframe: Timeframe
    options: IdealOptions
    plan: ValidationPlan
    search: SweepPlan | None

    def spans(self) -> Sequence[Span]:
        """Of the walk-forward's windows, oldest first; none where nothing varies.

        Raises:
            SweepError: too few days for that many.
        """
        if self.search is None:
            return ()
        plan = self.plan
        return spans_of(ends_of(self.columns), self.timeframe, folds=plan.folds, mode=plan.mode, purge=plan.purge)

    def window(self, span: Span) -> Window:
        """What walking through `span` comes to.

        Raises:
            StrategyError: the strategy cannot run on the timeframe.
        """
        assert self.search is not None, "there are spans"
        return run_window(
            Asked(
                self.strategy,
                self.columns,
                self.timeframe,
                self.search.sampler,
                self.search.objective,
                self.options,
                self.beside,
            ),
            span,
        )[0]

    def verdict(self, windows: Sequence[Window], bounds: tuple[int | None, int | None]) -> Validation:
        """The best set of the whole time before the judge, with all `windows` beside it.

        Args:
            bounds: what was asked for, UTC ms; None = as far as the candles go.

        Raises:
            StrategyError: the strategy cannot run on the timeframe.
            ValidationError: too few candles for the detectors.
        """
        chosen, judged, forward = self.strategy, None, None
        if self.search is not None:
            space = self.search.sampler.space
            forward = WalkedForward(self.plan.mode, tuple(windows), space, self.options.periods)
            bench = Workbench(self.columns, self.timeframe, self.options, beside=self.beside)
            found = sweep(bench, chosen, self.search.sampler, self.search.objective)
            if found.tried:
                judged = honesty(space, self.search.objective, found.tried, found.returns)
            if found.best is not None:
                chosen = chosen.with_parameters(space.settings(found.tried[found.best].number))
        result = run_ideal(chosen, self.columns, self.timeframe, self.options, bounds=bounds, beside=self.beside)
        return validated(
            result,
            {**self.beside, **self.columns},
            seed=self.plan.seed,
            paths=self.plan.paths,
            ruin=self.plan.ruin,
            honesty=judged,
            forward=forward,
        )
