"""What programs have in common is computed once: results kept by what they are the result of.

Parameter sets of one strategy differ in a few constants. A set that changes only where targets lie shares every
indicator with its neighbours; one that changes a period computes that average and what stands on it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions.execution import Around, execute
from tradewind.core.expressions.instructions import (
    Column,
    Constant,
    Instruction,
    RegimeConstant,
    Take,
    operands_of,
    renumbered,
)
from tradewind.core.expressions.program import Program
from tradewind.core.expressions.values import Values
from tradewind.core.series import Columns

#: Bytes that a memo may keep unless told otherwise; a column of 100,000 candles has 0.8 MB.
MEMO_BYTES = 256 << 20

#: Costs nothing to make again, or is a view of something that is kept.
_FREE = (Constant, RegimeConstant, Column, Take)


class Memo:
    """Runs programs over one market's candles and keeps the results that others may ask for.

    Two instructions are the same when they do the same with the same operands, whatever their places in their programs.
    What has not been used for the longest time is forgotten first. Results are shared: nobody may write into them.

    Args:
        capacity: bytes of results that are kept between runs; a run's own are not counted.
    """

    def __init__(self, columns: Columns, capacity: int = MEMO_BYTES) -> None:
        self.columns = columns
        self._capacity = capacity
        self._numbers: dict[Instruction, int] = {}
        self._held: OrderedDict[int, Any] = OrderedDict()
        self._size = 0
        #: Instructions executed so far, apart from constants, columns and parts of other results.
        self.executed = 0

    def run(self, program: Program) -> tuple[NDArray[Any], ...]:
        """As `Program.run` on the memo's candles, equal to the last bit; arrays are shared with other runs.

        Raises:
            ValueError: as for `values`.
        """
        return tuple(self.values(program))

    def values(self, program: Program) -> Values:
        """The values of the program's roots; what is computed where a set-up stands is not kept.

        Raises:
            ValueError: the program needs the market, of which a memo knows nothing.
        """
        if program.needs_market:
            raise ValueError("expected a program over one series: this one asks for the market beside it")
        around = Around.alone(self.columns)
        numbers = self._numbered(program)
        results: dict[int, Any] = {}
        missing = self._missing(program, numbers, results)
        fresh: list[int] = []
        with np.errstate(all="ignore"):
            for index in missing:
                instruction = program.instructions[index]
                results[index] = execute(instruction, results, around)
                if not isinstance(instruction, _FREE):
                    self.executed += 1
                    fresh.append(index)
        for index in fresh:
            self._keep(numbers[index], results[index])
        return Values(program.instructions, program.roots, results, len(self.columns))

    def _numbered(self, program: Program) -> list[int]:
        """For each instruction the number that it has among all that this memo ever saw."""
        numbers: list[int] = []
        for instruction in program.instructions:
            numbers.append(self._numbers.setdefault(renumbered(instruction, numbers), len(self._numbers)))
        return numbers

    def _missing(self, program: Program, numbers: list[int], results: dict[int, Any]) -> list[int]:
        """The instructions to execute, in their order; what is known of the others is put into `results`."""
        wanted = set(program.roots)
        missing: list[int] = []
        for index in range(len(program.instructions) - 1, -1, -1):
            if index not in wanted:
                continue
            if index in program.deferred:
                wanted.update(operands_of(program.instructions[index]))
                continue
            number = numbers[index]
            if number in self._held:
                self._held.move_to_end(number)
                results[index] = self._held[number]
            else:
                missing.append(index)
                wanted.update(operands_of(program.instructions[index]))
        return missing[::-1]

    def _keep(self, number: int, result: Any) -> None:
        self._held[number] = result
        self._size += _bytes(result)
        while self._size > self._capacity:
            _, forgotten = self._held.popitem(last=False)
            self._size -= _bytes(forgotten)


def _bytes(result: Any) -> int:
    if isinstance(result, tuple):
        return sum(map(_bytes, result))
    return int(np.asarray(result).nbytes)
