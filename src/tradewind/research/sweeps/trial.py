"""One parameter set on one market, and many of them with the work that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import MEMO_BYTES, ExpressionError, Memo
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy, evaluate
from tradewind.research.backtest import IdealOptions
from tradewind.research.backtest.entries import entries_of
from tradewind.research.metrics import ClosedTrades, measure
from tradewind.research.sweeps.space import Settings

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
    """

    def __init__(
        self,
        columns: Mapping[str, Columns],
        timeframe: Timeframe,
        options: IdealOptions | None = None,
        memory: int = MEMO_BYTES,
    ) -> None:
        from tradewind.research.backtest.compiled import checked_bars  # noqa: PLC0415 - half a second of Numba
        from tradewind.research.sweeps.measuring import Days  # noqa: PLC0415

        self._options = options or IdealOptions()
        self._timeframe = timeframe
        self._symbols = [
            (Memo(each, memory // len(columns)), checked_bars(each, timeframe), Days.of(each))
            for each in columns.values()
        ]

    @property
    def executed(self) -> int:
        """Instructions executed over whole columns so far."""
        return sum(memo.executed for memo, _, _ in self._symbols)

    def run(self, strategy: Strategy) -> Trial:
        """Back-test `strategy` with the ideal profile; its measures are those of `run_ideal`."""
        from tradewind.research.backtest.compiled import run_kernel  # noqa: PLC0415
        from tradewind.research.sweeps.measuring import account, daily_returns  # noqa: PLC0415

        options = self._options
        capital = options.start_equity / len(self._symbols)
        accounts = []
        for memo, bars, days in self._symbols:
            entries = entries_of(evaluate(strategy, memo.columns, memo), self._timeframe)
            outcomes = run_kernel(entries, bars, options.fee)
            accounts.append((account(outcomes, memo.columns, days, capital), days))
        returns = daily_returns(accounts, capital)
        closed = ClosedTrades(*map(np.concatenate, zip(*(each.closed for each, _ in accounts), strict=True)))
        metrics = measure(
            closed,
            returns,
            start_equity=options.start_equity,
            exposure=sum(each.exposure for each, _ in accounts) / len(accounts),
            periods=options.periods,
        )
        return Trial(metrics.items(), _condensed(returns), None)

    def run_all(self, strategy: Strategy, sets: Iterable[Settings]) -> Iterator[Trial]:
        """A trial for each of `sets`, in their order; a set that the document refuses has its reason."""
        for settings in sets:
            try:
                chosen = strategy.with_parameters(settings)
            except ExpressionError as error:
                yield Trial(None, np.empty(0, dtype=np.float32), str(error))
            else:
                yield self.run(chosen)


def _condensed(returns: NDArray[np.float64]) -> NDArray[np.float32]:
    """The returns over equal stretches of days, so that there are at most `MOST_PERIODS`."""
    days = -(-len(returns) // MOST_PERIODS)
    growth = np.ones(-(-len(returns) // days) * days)
    growth[: len(returns)] += np.nan_to_num(returns, nan=0.0, posinf=0.0, neginf=0.0)
    whole: NDArray[np.float64] = growth.reshape(-1, days).prod(axis=1) - 1.0
    return whole.astype(np.float32)
