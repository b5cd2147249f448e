"""How an instruction is carried out over whole columns, and what it may look at beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions.instructions import (
    Apply,
    Clock,
    Column,
    Compute,
    Constant,
    CurrentRegime,
    Instruction,
    Previous,
    RegimeConstant,
    Seen,
    Session,
    Setting,
    Take,
)
from tradewind.core.expressions.market import Known, Market, due_rows, longer
from tradewind.core.expressions.operations import OPERATIONS, Value, clock, picked, shifted, within
from tradewind.core.expressions.values import Answer
from tradewind.core.regime import regimes
from tradewind.core.series import Columns

if TYPE_CHECKING:  # a program is run around its readings, and a reading has a program
    from tradewind.core.expressions.program import Reading


class Around:
    """The candles of one run and, once they are asked for, the other series as they are seen from there."""

    def __init__(self, known: Known, market: Market | None, readings: tuple[Reading, ...]) -> None:
        self._known = known
        self.columns = known.columns
        self._market = market
        self._readings = readings
        self._whole: dict[int, bool] = {}
        self._seen: dict[int, tuple[Answer, NDArray[np.int64]]] = {}

    @classmethod
    def alone(cls, columns: Columns) -> Self:
        """Candles with nothing beside them."""
        return cls(Known(columns, columns.ts), None, ())

    def is_whole(self, values: NDArray[np.float64]) -> bool:
        """Whether `values` are a column of the candles without a gap; each column is looked at once."""
        for place, column in enumerate(self.columns):
            if column is values:
                if place not in self._whole:
                    self._whole[place] = math.isfinite(values.sum())
                return self._whole[place]
        return False

    @property
    def closes(self) -> NDArray[np.int64]:
        """When each candle closes, UTC ms."""
        assert self._market is not None, "checked before"
        return self.columns.ts + self._market.timeframe.ms

    def seen(self, reading: int) -> tuple[Answer, NDArray[np.int64]]:
        """What is said of another series, and which of its rows is seen from each of ours (−1: none)."""
        if reading not in self._seen:
            assert self._market is not None, "checked before"
            symbol, wanted = self._readings[reading].symbol, self._readings[reading].timeframe
            program = self._readings[reading].program
            there = self._market.at(wanted or self._market.timeframe)
            here = self._market.timeframe
            if symbol is None:
                known = longer(self._known, here, there.timeframe)
                answer = program.answer_of(known, there)
            else:
                known = there.known(symbol)
                key = (id(program), symbol)
                if key not in there.results:
                    # The program is kept with its result, so that its id stays its own.
                    there.results[key] = (program, program.answer_of(known, there))
                answer = there.results[key][1]
            self._seen[reading] = answer, due_rows(self._known, here, known, there.timeframe)
        return self._seen[reading]

    def present(self) -> NDArray[np.bool_] | None:
        """See `Answer.present`."""
        if not self._readings:
            return None
        present = np.ones(len(self.columns), dtype=bool)
        for number, reading in enumerate(self._readings):
            answer, rows = self.seen(number)
            present &= rows >= reading.program.settled
            if answer.present is not None:
                present &= picked(answer.present, rows)
        return present


def execute(
    instruction: Instruction, results: Mapping[int, Any], around: Around
) -> Value | tuple[NDArray[np.float64], ...]:
    """The result of one instruction; `results` has those of its operands."""
    match instruction:
        case Clock(part):
            return clock(part, around.closes)
        case Session(start, stop):
            return within(around.closes, start, stop)
        case Seen(reading, root):
            answer, rows = around.seen(reading)
            return picked(answer.values[root], rows)
        case Constant(value):
            return value
        case Setting(name):
            raise ValueError(f"expected a program without open parameters, this needs {name}")
        case RegimeConstant(regime):
            return np.int8(regime.code)
        case Column(field):
            return field.of(around.columns)
        case CurrentRegime():
            return regimes(around.columns).codes
        case Apply(op, operands):
            applied: Value = OPERATIONS[op](*(results[each] for each in operands))
            return applied
        case Previous(operand, rows):
            return shifted(results[operand], rows)
        case Compute(kernel, operands, arguments, warmup):
            inputs = [results[each] for each in operands]
            return kernel.run(inputs, arguments, warmup, unbroken=all(map(around.is_whole, inputs)))
        case Take(operand, output):
            taken: NDArray[np.float64] = results[operand][output]
            return taken
