"""An indicator kernel that takes one candle after the other, for a batch of symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tradewind.core.indicators.incremental.state import ALL, Form, Rows, State
from tradewind.core.series import Floats


class Running:
    """One kernel with its arguments over a batch of symbols: what `Kernel.run` computes, one row at a time.

    Values are those of the whole-column form to 1e-9, in the same rows, from the first candle that was taken in.

    Attributes:
        state: what it remembers.
    """

    __slots__ = ("_outputs", "_update", "_warmup", "state")

    def __init__(self, form: Form, outputs: int, arguments: Sequence[float], warmup: int, symbols: int) -> None:
        self.state = State(symbols)
        self._update = form(self.state, *(int(each) if float(each).is_integer() else each for each in arguments))
        self._outputs, self._warmup = outputs, warmup

    def update(self, inputs: Sequence[Floats], rows: Rows = ALL) -> tuple[Floats, ...]:
        """The outputs at the next candle of the symbols in `rows`, one array of their number each.

        A gap (an input that is not finite) interrupts: NaN now, and behind it the symbol warms up anew.

        Args:
            inputs: one array per input of the kernel, one value per symbol in `rows`.
        """
        finite: NDArray[np.bool_] = np.isfinite(inputs[0])
        for values in inputs[1:]:
            finite &= np.isfinite(values)
        if finite.all():
            return self._next(inputs, rows)
        self.state.rows = rows
        index = self.state.index()
        gone = index[~finite]
        self.state.forget(gone[self.state.age[gone] > 0])
        outputs = tuple(np.full(len(finite), np.nan) for _ in range(self._outputs))
        if finite.any():
            part = self._next([values[finite] for values in inputs], index[finite])
            for whole, piece in zip(outputs, part, strict=True):
                whole[finite] = piece
        return outputs

    def _next(self, inputs: Sequence[Floats], rows: Rows) -> tuple[Floats, ...]:
        state = self.state
        state.rows = rows
        answer = self._update(*inputs)
        outputs = answer if isinstance(answer, tuple) else (answer,)
        young = state.age[rows] < self._warmup
        state.age[rows] += 1
        return tuple(np.where(young, np.nan, each) for each in outputs) if young.any() else outputs
