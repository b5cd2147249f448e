"""The bias detectors for strategy documents.

Expressions cannot name a later candle, so a document that is biased shows a fault of an indicator, or a warm-up that
was reckoned too short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Market, Program
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy, evaluate
from tradewind.research.validation.bias import Decide, LookAhead, WarmUp, look_ahead, warm_up
from tradewind.research.validation.errors import Floats

#: Series by symbol.
Beside = Mapping[str, Columns]
NOTHING: Beside = MappingProxyType({})

#: What `decisions` says of a row, in this order: side is 1 long, −1 short, 0 when both stood at once.
OUTPUTS = ("side", "zone_low", "zone_high", "stop", "confidence")


def decisions(strategy: Strategy, timeframe: Timeframe | None = None, others: Beside = NOTHING) -> Decide:
    """What `strategy` decides at every row: (rows, 5), see `OUTPUTS`; NaN where no set-up stands.

    Args:
        timeframe, others: of the candles, and series of it by symbol that are cut where the candles are; needed by a
            strategy that asks for the time or looks at other series.
    """

    def decide(columns: Columns, /) -> Floats:
        found = evaluate(strategy, columns, _market(columns, timeframe, others))
        said = np.full((len(columns), len(OUTPUTS)), np.nan)
        said[found.conflict_rows, 0] = 0.0
        for setup in strategy.setups:
            rows = found.long_rows if setup.side.sign > 0 else found.short_rows
            said[rows, 0] = setup.side.sign
            places = (setup.zone_low, setup.zone_high, setup.stop, setup.confidence)
            for output, place in enumerate(places, start=1):
                said[rows, output] = found.values[place][rows]
        return said

    return decide


def expressions(program: Program, timeframe: Timeframe | None = None, others: Beside = NOTHING) -> Decide:
    """The values of every root of `program`, (rows, roots): which expression it is that changes."""

    def decide(columns: Columns, /) -> Floats:
        if not program.roots:
            return np.empty((len(columns), 0))
        market = _market(columns, timeframe, others)
        return np.column_stack([np.asarray(values, dtype=np.float64) for values in program.run(columns, market)])

    return decide


def _market(columns: Columns, timeframe: Timeframe | None, others: Beside) -> Market | None:
    """What stands beside `columns`, with nothing before its first candle and nothing behind its last."""
    if timeframe is None or not len(columns):
        return None if timeframe is None else Market(timeframe)
    first, last = int(columns.ts[0]), int(columns.ts[-1])
    beside = {symbol: each.since(first) for symbol, each in others.items()}
    return Market(
        timeframe,
        {symbol: each.rows(0, int(np.searchsorted(each.ts, last, side="right"))) for symbol, each in beside.items()},
    )


@dataclass(frozen=True, slots=True)
class DocumentCheck:
    """Both biases of one strategy document on one market."""

    look_ahead: LookAhead
    warm_up: WarmUp

    @property
    def biased(self) -> bool:
        return self.look_ahead.biased or self.warm_up.biased


def check_document(
    strategy: Strategy,
    columns: Columns,
    *,
    timeframe: Timeframe | None = None,
    others: Beside = NOTHING,
    cuts: int = 200,
    starts: int = 24,
) -> DocumentCheck:
    """Look for both biases in what `strategy` decides on `columns`.

    Args:
        timeframe, others: see `decisions`.

    Raises:
        ValidationError: fewer than two rows beyond twice its warm-up.
        StrategyError: it cannot run on `timeframe`.
    """
    decide = decisions(strategy, timeframe, others)
    claimed = strategy.warmup if timeframe is None else strategy.warmup_on(timeframe)
    early = warm_up(decide, columns, claimed=claimed, starts=starts)
    return DocumentCheck(look_ahead(decide, columns, cuts=cuts), early)
