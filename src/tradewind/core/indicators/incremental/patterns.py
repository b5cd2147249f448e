"""Forms of the candlestick patterns: TA-Lib looks at each symbol's last candles again."""

from __future__ import annotations

import numpy as np

from tradewind.core.indicators.incremental.parts import Window
from tradewind.core.indicators.incremental.state import Form, State, Update
from tradewind.core.indicators.model import Indicator
from tradewind.core.series import Floats


def pattern(indicator: Indicator) -> Form:
    """The form that runs the indicator's own kernel over as many candles as its warm-up needs, and one."""
    length = indicator.warmup() + 1

    def form(state: State) -> Update:
        columns = [Window(state, length) for _ in indicator.fields]

        def update(*inputs: Floats) -> Floats:
            windows = np.stack([column(values) for column, values in zip(columns, inputs, strict=True)], axis=1)
            found = np.full(len(windows), np.nan)
            for symbol in np.flatnonzero(state.age[state.rows] >= length - 1):
                found[symbol] = indicator.kernel.function(tuple(windows[symbol]), ())[0][-1]
            return found

        return update

    return form
