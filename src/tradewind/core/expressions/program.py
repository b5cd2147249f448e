"""Expressions as a program: a flat list of instructions, each sub-expression in it once.

The form a compiler would call SSA. It bounds the cost (one pass per instruction and no recursion), shares what several
expressions use, and is what faster back-ends can be generated from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions.operations import OPERATIONS, Value, shifted
from tradewind.core.expressions.tree import Kind, Op
from tradewind.core.indicators import Kernel, Source, Unit
from tradewind.core.regime import Regime, regimes
from tradewind.core.series import Columns


@dataclass(frozen=True, slots=True)
class Constant:
    value: float


@dataclass(frozen=True, slots=True)
class RegimeConstant:
    value: Regime


@dataclass(frozen=True, slots=True)
class Column:
    field: Source


@dataclass(frozen=True, slots=True)
class CurrentRegime:
    """The regime of each row."""


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on the results of earlier instructions."""

    op: Op
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier result, `rows` rows ago."""

    operand: int
    rows: int


@dataclass(frozen=True, slots=True)
class Compute:
    """An indicator kernel; its result is the tuple of all its outputs."""

    kernel: Kernel
    operands: tuple[int, ...]
    arguments: tuple[float, ...]
    warmup: int


@dataclass(frozen=True, slots=True)
class Take:
    """One output of an earlier Compute."""

    operand: int
    output: int


Instruction = Constant | RegimeConstant | Column | CurrentRegime | Apply | Previous | Compute | Take


def operands_of(instruction: Instruction) -> tuple[int, ...]:
    """The earlier instructions whose results `instruction` reads."""
    match instruction:
        case Apply() | Compute():
            return instruction.operands
        case Previous() | Take():
            return (instruction.operand,)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a result before anything is computed.

    Attributes:
        warmup: rows before the first defined value.
        settled: rows before the start of recursive averages in it weighs less than `SEED_WEIGHT`.
    """

    kind: Kind
    unit: Unit
    warmup: int = 0
    settled: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """Instructions in order of dependence.

    Attributes:
        traits: one per instruction.
        roots: the instructions whose results are wanted.
        last_use: for each instruction the last one that reads it, so that columns are dropped when they have served.
    """

    instructions: tuple[Instruction, ...]
    traits: tuple[Traits, ...]
    roots: tuple[int, ...]
    last_use: tuple[int, ...]

    @property
    def settled(self) -> int:
        """Rows before every root is defined and settled."""
        return max((self.traits[root].settled for root in self.roots), default=0)

    def run(self, columns: Columns) -> tuple[NDArray[Any], ...]:
        """The roots' values, one array of the columns' length each; read-only where an expression is constant.

        Numbers are float64 (NaN where undefined), conditions bool, regimes int8 (0 where undefined).
        """
        results: list[Any] = [None] * len(self.instructions)
        with np.errstate(all="ignore"):
            for index, instruction in enumerate(self.instructions):
                results[index] = execute(instruction, results, columns)
                for operand in operands_of(instruction):
                    if self.last_use[operand] == index:
                        results[operand] = None
        return tuple(np.broadcast_to(results[root], len(columns)) for root in self.roots)


def program_of(instructions: Sequence[Instruction], traits: Sequence[Traits], roots: Sequence[int]) -> Program:
    """The part of `instructions` that `roots` need, renumbered."""
    needed = set(roots)
    for index in range(len(instructions) - 1, -1, -1):
        if index in needed:
            needed.update(operands_of(instructions[index]))
    kept = sorted(needed)
    places = {old: new for new, old in enumerate(kept)}
    moved = tuple(_renumbered(instructions[old], places) for old in kept)
    last_use = list(range(len(moved)))
    for index, instruction in enumerate(moved):
        for operand in operands_of(instruction):
            last_use[operand] = index
    new_roots = tuple(places[root] for root in roots)
    for root in new_roots:
        last_use[root] = len(moved)
    return Program(moved, tuple(traits[old] for old in kept), new_roots, tuple(last_use))


def _renumbered(instruction: Instruction, places: dict[int, int]) -> Instruction:
    match instruction:
        case Apply(op, operands):
            return Apply(op, tuple(places[each] for each in operands))
        case Compute(kernel, operands, arguments, warmup):
            return Compute(kernel, tuple(places[each] for each in operands), arguments, warmup)
        case Previous(operand, rows):
            return Previous(places[operand], rows)
        case Take(operand, output):
            return Take(places[operand], output)
        case _:
            return instruction


def execute(
    instruction: Instruction, results: Sequence[Any] | Mapping[int, Any], columns: Columns
) -> Value | tuple[NDArray[np.float64], ...]:
    """The result of one instruction; `results` has those of its operands."""
    match instruction:
        case Constant(value):
            return value
        case RegimeConstant(regime):
            return np.int8(regime.code)
        case Column(field):
            return field.of(columns)
        case CurrentRegime():
            return regimes(columns).codes
        case Apply(op, operands):
            applied: Value = OPERATIONS[op](*(results[each] for each in operands))
            return applied
        case Previous(operand, rows):
            return shifted(results[operand], rows)
        case Compute(kernel, operands, arguments, warmup):
            return kernel.run([results[each] for each in operands], arguments, warmup)
        case Take(operand, output):
            taken: NDArray[np.float64] = results[operand][output]
            return taken
