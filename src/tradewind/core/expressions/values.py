"""What a program says: the values of its roots, computed for whole columns or where somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions.instructions import Apply, Constant, Instruction, Setting
from tradewind.core.expressions.operations import OPERATIONS
from tradewind.core.expressions.tree import Op


class Values(Sequence[NDArray[Any]]):
    """The roots' values: as whole columns, or in a few rows, for which only those are computed.

    Levels are asked for where a set-up stands, and nowhere else; so numbers that are put together row by row from what
    is known are left until somebody asks. The same goes for parameters that were left open: `given` them, in any number
    of sets at once, what hangs by them has the shape (sets, rows).
    """

    __slots__ = ("_given", "_instructions", "_length", "_results", "_roots")

    def __init__(
        self,
        instructions: Sequence[Instruction],
        roots: Sequence[int],
        results: dict[int, Any],
        length: int,
        given: Mapping[int, NDArray[np.float64]] | None = None,
    ) -> None:
        """
        Args:
            results: of the instructions that are known, by number; the others can be computed from them row by row.
            length: rows of a whole column.
            given: what hangs by open parameters alone, by number, shape (sets, 1).
        """
        self._instructions = instructions
        self._roots = roots
        self._results = results
        self._length = length
        self._given = given or {}

    @classmethod
    def known(cls, columns: Sequence[NDArray[Any]]) -> Values:
        """Values that are there already, one column per root."""
        return cls((), range(len(columns)), dict(enumerate(columns)), len(columns[0]) if columns else 0)

    def given(self, settings: Mapping[str, NDArray[np.float64]]) -> tuple[Values, NDArray[np.bool_]]:
        """These values with those of the open parameters, and which sets a document allows that has them for constants:
        those of which no constant is undefined or infinite.

        Args:
            settings: by name, shape (sets,) each.
        """
        given: dict[int, NDArray[np.float64]] = {}
        sets = len(next(iter(settings.values())))
        allowed = np.ones(sets, dtype=bool)
        for index, instruction in enumerate(self._instructions):
            match instruction:
                case Setting(name):
                    given[index] = settings[name][:, None]
                case Apply(op, operands) if all(self._is_given(each, given) for each in operands):
                    if not given.keys().isdisjoint(operands):
                        with np.errstate(all="ignore"):
                            given[index] = OPERATIONS[op](*(self._picked(each, (), given) for each in operands))
                        allowed &= np.isfinite(given[index][:, 0])
        return Values(self._instructions, self._roots, self._results, self._length, given), allowed

    def _is_given(self, index: int, given: Mapping[int, Any]) -> bool:
        return index in given or isinstance(self._instructions[index], Constant)

    def __len__(self) -> int:
        return len(self._roots)

    @overload
    def __getitem__(self, root: int) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, root: slice) -> tuple[NDArray[Any], ...]: ...
    def __getitem__(self, root: int | slice) -> NDArray[Any] | tuple[NDArray[Any], ...]:
        """The whole column of a root; read-only where it is constant."""
        if isinstance(root, slice):
            return tuple(self[each] for each in range(*root.indices(len(self))))
        with np.errstate(all="ignore"):
            return np.broadcast_to(self._whole(self._roots[root]), self._length)

    def at(self, root: int, rows: Any) -> NDArray[Any]:
        """The value of a root in each of `rows`, shape of `rows`, or (sets, rows) where it hangs by open parameters."""
        value = self.among(rows)(root)
        return np.broadcast_to(value, np.broadcast_shapes(np.shape(value), np.shape(rows)))

    def among(self, rows: Any) -> Callable[[int], Any]:
        """Answers with the value of a root in `rows`: as `at`, but a single number where it is the same in all of them.
        What roots have in common is computed once."""
        known: dict[int, Any] = dict(self._given)

        def value(root: int) -> Any:
            with np.errstate(all="ignore"):
                return self._picked(self._roots[root], rows, known)

        return value

    def number(self, root: int, row: int) -> float:
        """The value of a root in one row, as a plain number."""
        known = self._results.get(self._roots[root])
        return float(self.at(root, row) if known is None else known[row] if isinstance(known, np.ndarray) else known)

    def _whole(self, index: int) -> Any:
        if index not in self._results:
            op, operands = _applied(self._instructions[index])
            self._results[index] = OPERATIONS[op](*(self._whole(each) for each in operands))
        return self._results[index]

    def _picked(self, index: int, rows: Any, picked: dict[int, Any]) -> Any:
        if index not in picked:
            known = self._results.get(index)
            if known is not None:
                picked[index] = known[rows] if isinstance(known, np.ndarray) else known
            else:
                op, operands = _applied(self._instructions[index])
                picked[index] = OPERATIONS[op](*(self._picked(each, rows, picked) for each in operands))
        return picked[index]


def _applied(instruction: Instruction) -> tuple[Op, tuple[int, ...]]:
    assert isinstance(instruction, Apply), "the others are always known"
    return instruction.op, instruction.operands


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a program says of every row of its columns.

    Attributes:
        values: of the roots.
        present: rows at which every other series that is read has its due candle, with enough before it; None = all.
    """

    values: Values
    present: NDArray[np.bool_] | None
