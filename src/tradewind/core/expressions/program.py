"""Expressions as a program: a flat list of instructions, each sub-expression in it once.

The form a compiler would call SSA. It bounds the cost (one pass per instruction and no recursion), shares what several
expressions use, and is what faster back-ends can be generated from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.expressions.execution import Around, execute
from tradewind.core.expressions.instructions import (
    Apply,
    Clock,
    Compute,
    Instruction,
    Seen,
    Session,
    Setting,
    Take,
    operands_of,
    renumbered,
)
from tradewind.core.expressions.market import Known, Market
from tradewind.core.expressions.tree import Kind, Op
from tradewind.core.expressions.values import Answer, Values
from tradewind.core.indicators import Unit
from tradewind.core.series import Columns

#: Operations that look at the row before.
_LOOK_BACK = frozenset({Op.CROSSES_ABOVE, Op.CROSSES_BELOW})

#: A series by symbol and timeframe, each None where it is the reader's own.
SeriesRead = tuple[str | None, Timeframe | None]


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
class Reading:
    """What a program computes on another series.

    Attributes:
        symbol: None = the same as the program's own; `timeframe` likewise.
    """

    symbol: str | None
    timeframe: Timeframe | None
    program: Program


@dataclass(frozen=True, slots=True)
class Program:
    """Instructions in order of dependence.

    Attributes:
        traits: one per instruction.
        roots: the instructions whose results are wanted.
        last_use: for each instruction the last one that reads it, so that columns are dropped when they have served.
        deferred: instructions that only levels need, computed where somebody asks; see `Values`.
        readings: what is computed on other series, for the `Seen` among the instructions.
    """

    instructions: tuple[Instruction, ...]
    traits: tuple[Traits, ...]
    roots: tuple[int, ...]
    last_use: tuple[int, ...]
    readings: tuple[Reading, ...] = ()
    deferred: frozenset[int] = frozenset()

    @property
    def settled(self) -> int:
        """Rows before every root is defined and settled, not counting what the readings need."""
        return max((self.traits[root].settled for root in self.roots), default=0)

    @property
    def cost(self) -> int:
        """Instructions that are carried out for each candle, those for other series included."""
        return len(self.instructions) + sum(reading.program.cost for reading in self.readings)

    @property
    def needs_market(self) -> bool:
        """Whether it asks for the time or for other series."""
        return any(isinstance(each, Clock | Session | Seen) for each in self.instructions)

    @property
    def settings_needed(self) -> frozenset[str]:
        """Parameters that were left open and whose values it takes to run it; none can be."""
        return frozenset(
            each.name
            for index, each in enumerate(self.instructions)
            if isinstance(each, Setting) and index not in self.deferred
        )

    def reads(self, symbol: str | None = None, timeframe: Timeframe | None = None) -> frozenset[SeriesRead]:
        """Every other series that is read, as seen from a series of `symbol` and `timeframe`."""
        found: set[SeriesRead] = set()
        for reading in self.readings:
            there = reading.symbol or symbol, reading.timeframe or timeframe
            found |= {there} | reading.program.reads(*there)
        return frozenset(found)

    def settled_on(self, timeframe: Timeframe) -> int:
        """Rows of `timeframe` before every root is defined and settled, other series included."""
        if not self.readings:
            return self.settled
        rows: list[int] = []
        for instruction, traits in zip(self.instructions, self.traits, strict=True):
            if isinstance(instruction, Seen):
                reading = self.readings[instruction.reading]
                there = reading.timeframe or timeframe
                # One longer candle more: the series may begin in the middle of one.
                begun = there is not timeframe
                rows.append((reading.program.settled_on(there) + begun) * (there.ms // timeframe.ms))
                continue
            inputs = operands_of(instruction)
            if isinstance(instruction, Take):
                # What is taken carries the figure of its kernel.
                inputs = operands_of(self.instructions[instruction.operand])
            own = traits.settled - max((self.traits[each].settled for each in inputs), default=0)
            before = max((rows[each] for each in inputs), default=0)
            rows.append(before if isinstance(instruction, Compute) else before + own)
        return max((rows[root] for root in self.roots), default=0)

    def run(self, columns: Columns, market: Market | None = None) -> tuple[NDArray[Any], ...]:
        """The roots' values, one array of the columns' length each; read-only where an expression is constant.

        Numbers are float64 (NaN where undefined), conditions bool, regimes int8 (0 where undefined).

        Args:
            market: what stands beside `columns`; needed where `needs_market`.
        """
        return tuple(self.answer(columns, market).values)

    def answer(self, columns: Columns, market: Market | None = None) -> Answer:
        """As `run`, and where all that is read was there."""
        if market is None:
            if self.needs_market:
                raise ValueError("expected the market beside the candles: this program asks for it")
            return self._answer(Around.alone(columns))
        return self.answer_of(Known.at_close(columns, market.timeframe), market)

    def answer_of(self, known: Known, market: Market) -> Answer:
        """As `answer`, for candles that may be known later than they close."""
        return self._answer(Around(known, market, self.readings))

    def _answer(self, around: Around) -> Answer:
        results: dict[int, Any] = {}
        with np.errstate(all="ignore"):
            for index, instruction in enumerate(self.instructions):
                if index in self.deferred:
                    continue
                results[index] = execute(instruction, results, around)
                for operand in operands_of(instruction):
                    if self.last_use[operand] == index:
                        results.pop(operand, None)
        values = Values(self.instructions, self.roots, results, len(around.columns))
        return Answer(values, around.present())


def program_of(
    instructions: Sequence[Instruction],
    traits: Sequence[Traits],
    roots: Sequence[int],
    reading: Callable[[int, Sequence[int]], Reading],
) -> Program:
    """The part of `instructions` that `roots` need, renumbered.

    Args:
        reading: the reading of that number, whose roots shall be the given ones of its instructions.
    """
    needed = set(roots)
    for index in range(len(instructions) - 1, -1, -1):
        if index in needed:
            needed.update(operands_of(instructions[index]))
    kept = sorted(needed)
    places = {old: new for new, old in enumerate(kept)}
    wanted: dict[int, dict[int, int]] = {}
    for old in kept:
        if isinstance(each := instructions[old], Seen):
            asked = wanted.setdefault(each.reading, {})
            asked.setdefault(each.root, len(asked))
    numbers = {old: new for new, old in enumerate(wanted)}
    moved = tuple(
        Seen(numbers[each.reading], wanted[each.reading][each.root])
        if isinstance(each := instructions[old], Seen)
        else renumbered(each, places)
        for old in kept
    )
    new_roots = tuple(places[root] for root in roots)
    new_traits = tuple(traits[old] for old in kept)
    deferred = _deferred(moved, new_traits, new_roots)
    readings = tuple(reading(number, list(asked)) for number, asked in wanted.items())
    return Program(moved, new_traits, new_roots, _last_use(moved, new_roots, deferred), readings, deferred)


def _deferred(instructions: Sequence[Instruction], traits: Sequence[Traits], roots: Sequence[int]) -> frozenset[int]:
    """The numbers that are put together row by row and that no condition, indicator or earlier row needs."""
    eager = {root for root in roots if traits[root].kind is not Kind.NUMBER}
    deferred: set[int] = set()
    for index in range(len(instructions) - 1, -1, -1):
        instruction = instructions[index]
        by_row = isinstance(instruction, Setting) or (
            isinstance(instruction, Apply) and instruction.op not in _LOOK_BACK
        )
        if by_row and index not in eager and traits[index].kind is Kind.NUMBER:
            deferred.add(index)
        else:
            eager.update(operands_of(instruction))
    return frozenset(deferred)


def joined(programs: Sequence[Program]) -> Program:
    """One program whose roots are those of all `programs`, one after the other; what is equal in them is there once."""
    instructions: list[Instruction] = []
    traits: list[Traits] = []
    numbers: dict[Instruction, int] = {}
    readings: dict[Reading, int] = {}
    roots: list[int] = []
    for program in programs:
        places: dict[int, int] = {}
        series = [readings.setdefault(each, len(readings)) for each in program.readings]
        for index, instruction in enumerate(program.instructions):
            if isinstance(instruction, Seen):
                moved: Instruction = Seen(series[instruction.reading], instruction.root)
            else:
                moved = renumbered(instruction, places)
            places[index] = numbers.setdefault(moved, len(instructions))
            if places[index] == len(instructions):
                instructions.append(moved)
                traits.append(program.traits[index])
        roots += [places[root] for root in program.roots]
    last_use = _last_use(instructions, roots)
    return Program(tuple(instructions), tuple(traits), tuple(roots), last_use, tuple(readings))


def _last_use(
    instructions: Sequence[Instruction], roots: Sequence[int], deferred: Set[int] = frozenset()
) -> tuple[int, ...]:
    last_use = list(range(len(instructions)))
    for index, instruction in enumerate(instructions):
        for operand in operands_of(instruction):
            last_use[operand] = len(instructions) if index in deferred else max(last_use[operand], index)
    for root in roots:
        last_use[root] = len(instructions)
    return tuple(last_use)
