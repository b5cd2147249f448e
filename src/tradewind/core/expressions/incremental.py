"""A program one candle at a time, for a batch of symbols: what `Program.run` says of the last row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions.operations import BLANK, OPERATIONS, crossed_above, crossed_below
from tradewind.core.expressions.program import (
    Apply,
    Clock,
    Column,
    Compute,
    Constant,
    CurrentRegime,
    Instruction,
    Previous,
    Program,
    RegimeConstant,
    Seen,
    Session,
    Take,
)
from tradewind.core.expressions.tree import Kind, Op
from tradewind.core.indicators.incremental import ALL, Rows, running
from tradewind.core.indicators.incremental.parts import Lag
from tradewind.core.indicators.incremental.state import State
from tradewind.core.regime import RunningRegimes
from tradewind.core.series import Columns

#: (results of earlier instructions, candles, the symbols they are of) → the instruction's result.
_Step = Callable[[list[Any], Columns, Rows], Any]

_DTYPES = {Kind.NUMBER: "f", Kind.CONDITION: "b", Kind.REGIME: "i"}
_CROSSINGS = {Op.CROSSES_ABOVE: crossed_above, Op.CROSSES_BELOW: crossed_below}
_NOTHING: Mapping[int, NDArray[Any]] = MappingProxyType({})


class ProgramState:
    """The state of a program over a batch of symbols.

    Cost of a step: some array operations per instruction, whatever number of candles lies behind.

    Attributes:
        nbytes: memory of the state.
    """

    __slots__ = ("_lags", "_program", "_sizes", "_steps", "_symbols")

    def __init__(self, program: Program, symbols: int) -> None:
        self._program = program
        self._symbols = symbols
        self._lags = State(symbols)
        self._sizes: list[Callable[[], int]] = [lambda: self._lags.nbytes]
        self._steps = [self._step(instruction) for instruction in program.instructions]

    @property
    def nbytes(self) -> int:
        return sum(size() for size in self._sizes)

    def step(
        self, candles: Columns, rows: Rows = ALL, given: Mapping[int, NDArray[Any]] = _NOTHING
    ) -> tuple[NDArray[Any], ...]:
        """The roots' values at the next candle of each symbol in `rows`, one array of their number each.

        Args:
            candles: one row per symbol in `rows`, in their order.
            given: results by the number of the instruction, of those that read something else than these candles.
        """
        results: list[Any] = [None] * len(self._steps)
        self._lags.rows = rows
        with np.errstate(all="ignore"):
            for index, step in enumerate(self._steps):
                results[index] = given[index] if index in given else step(results, candles, rows)
        return tuple(np.broadcast_to(results[root], len(candles)) for root in self._program.roots)

    def _step(self, instruction: Instruction) -> _Step:
        match instruction:
            case Constant(value):
                return lambda *_: value
            case RegimeConstant(regime):
                code = np.int8(regime.code)
                return lambda *_: code
            case Column(field):
                return lambda _, candles, __: field.of(candles)
            case CurrentRegime():
                regimes = RunningRegimes(self._symbols)
                self._sizes.append(lambda: regimes.nbytes)
                return lambda _, candles, rows: regimes.update(candles, rows)
            case Apply(op, (left, right)) if op in _CROSSINGS:
                return self._crossing(op, left, right)
            case Apply(op, operands):
                operation = OPERATIONS[op]
                return lambda results, *_: operation(*(results[each] for each in operands))
            case Previous(operand, ago):
                lag = self._lag(operand, ago)
                return lambda results, *_: lag(results[operand])
            case Compute(kernel, operands, arguments, warmup):
                part = running(kernel, arguments, warmup, self._symbols)
                self._sizes.append(lambda: part.state.nbytes)
                return lambda results, _, rows: part.update([results[each] for each in operands], rows)
            case Take(operand, output):
                return lambda results, *_: results[operand][output]
            case Clock() | Session() | Seen():
                raise ValueError("expected a program on its own candles alone, got one that needs a market")

    def _crossing(self, op: Op, left: int, right: int) -> _Step:
        crossed, left_before, right_before = _CROSSINGS[op], self._lag(left, 1), self._lag(right, 1)

        def step(results: list[Any], *_: object) -> Any:
            one, other = results[left], results[right]
            return crossed(one, other, left_before(one), right_before(other))

        return step

    def _lag(self, operand: int, ago: int) -> Callable[[Any], Any]:
        """The operand's value `ago` steps before; a constant is what it always was."""
        program = self._program
        if isinstance(program.instructions[operand], Constant | RegimeConstant):
            return lambda value: value
        return Lag(self._lags, ago, BLANK[_DTYPES[program.traits[operand].kind]])
