"""The bias detectors for strategy documents.

Expressions cannot name a later candle, so a document that is biased shows a fault of an indicator, or a warm-up that
was reckoned too short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tradewind.core.expressions import Program
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy, evaluate
from tradewind.research.validation.bias import Decide, LookAhead, WarmUp, look_ahead, warm_up
from tradewind.research.validation.errors import Floats

#: What `decisions` says of a row, in this order: side is 1 long, −1 short, 0 when both stood at once.
OUTPUTS = ("side", "zone_low", "zone_high", "stop", "confidence")


def decisions(strategy: Strategy) -> Decide:
    """What `strategy` decides at every row: (rows, 5), see `OUTPUTS`; NaN where no set-up stands."""

    def decide(columns: Columns, /) -> Floats:
        found = evaluate(strategy, columns)
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


def expressions(program: Program) -> Decide:
    """The values of every root of `program`, (rows, roots): which expression it is that changes."""

    def decide(columns: Columns, /) -> Floats:
        if not program.roots:
            return np.empty((len(columns), 0))
        return np.column_stack([np.asarray(values, dtype=np.float64) for values in program.run(columns)])

    return decide


@dataclass(frozen=True, slots=True)
class DocumentCheck:
    """Both biases of one strategy document on one market."""

    look_ahead: LookAhead
    warm_up: WarmUp

    @property
    def biased(self) -> bool:
        return self.look_ahead.biased or self.warm_up.biased


def check_document(strategy: Strategy, columns: Columns, *, cuts: int = 200, starts: int = 24) -> DocumentCheck:
    """Look for both biases in what `strategy` decides on `columns`.

    Raises:
        ValidationError: fewer than two rows beyond twice its warm-up.
    """
    decide = decisions(strategy)
    early = warm_up(decide, columns, claimed=strategy.warmup, starts=starts)
    return DocumentCheck(look_ahead(decide, columns, cuts=cuts), early)
