"""Expressions as a program: a flat list of instructions, each sub-expression in it once.

The form a compiler would call SSA. It bounds the cost (one pass per instruction and no recursion), shares what several
expressions use, and is what faster back-ends can be generated from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.expressions.market import Known, Market, due_rows, longer
from tradewind.core.expressions.operations import OPERATIONS, Value, clock, picked, shifted, within
from tradewind.core.expressions.tree import Kind, Op
from tradewind.core.indicators import Kernel, Source, Unit
from tradewind.core.regime import Regime, regimes
from tradewind.core.series import Columns


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is the same in every row."""

    value: float


@dataclass(frozen=True, slots=True)
class RegimeConstant:
    """A regime by name, to compare with."""

    value: Regime


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the candles."""

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


@dataclass(frozen=True, slots=True)
class Clock:
    """The hour, minute or weekday at which each candle closes."""

    part: Op


@dataclass(frozen=True, slots=True)
class Session:
    """Whether each candle closes from `start` to before `stop`, hours of the UTC day."""

    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Seen:
    """The root number `root` of the program's `readings[reading]`, as it is seen from here."""

    reading: int
    root: int


Instruction = (
    Constant | RegimeConstant | Column | CurrentRegime | Apply | Previous | Compute | Take | Clock | Session | Seen
)


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
class Reading:
    """What a program computes on another series.

    Attributes:
        symbol: None = the same as the program's own; `timeframe` likewise.
    """

    symbol: str | None
    timeframe: Timeframe | None
    program: Program


class Values(Sequence[NDArray[Any]]):
    """The roots' values: as whole columns, or in a few rows, for which only those are computed.

    Levels are asked for where a set-up stands, and nowhere else; so numbers that are put together row by row from what
    is known are left until somebody asks.
    """

    __slots__ = ("_instructions", "_length", "_results", "_roots")

    def __init__(
        self, instructions: Sequence[Instruction], roots: Sequence[int], results: dict[int, Any], length: int
    ) -> None:
        """
        Args:
            results: of the instructions that are known, by number; the others can be computed from them row by row.
            length: rows of a whole column.
        """
        self._instructions = instructions
        self._roots = roots
        self._results = results
        self._length = length

    @classmethod
    def known(cls, columns: Sequence[NDArray[Any]]) -> Values:
        """Values that are there already, one column per root."""
        return cls((), range(len(columns)), dict(enumerate(columns)), len(columns[0]) if columns else 0)

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
        """The value of a root in each of `rows`, shape of `rows`."""
        with np.errstate(all="ignore"):
            return np.broadcast_to(self._picked(self._roots[root], rows, {}), np.shape(rows))

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


#: Operations that look at the row before.
_LOOK_BACK = frozenset({Op.CROSSES_ABOVE, Op.CROSSES_BELOW})

#: A series by symbol and timeframe, each None where it is the reader's own.
SeriesRead = tuple[str | None, Timeframe | None]


class Around:
    """The candles of one run and, once they are asked for, the other series as they are seen from there."""

    def __init__(self, known: Known, market: Market | None, readings: tuple[Reading, ...]) -> None:
        self._known = known
        self.columns = known.columns
        self._market = market
        self._readings = readings
        self._seen: dict[int, tuple[Answer, NDArray[np.int64]]] = {}

    @classmethod
    def alone(cls, columns: Columns) -> Self:
        """Candles with nothing beside them."""
        return cls(Known(columns, columns.ts), None, ())

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
        by_row = isinstance(instruction, Apply) and instruction.op not in _LOOK_BACK
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


def renumbered(instruction: Instruction, places: Mapping[int, int] | Sequence[int]) -> Instruction:
    """The instruction on operands that stand at other places."""
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
            return kernel.run([results[each] for each in operands], arguments, warmup)
        case Take(operand, output):
            taken: NDArray[np.float64] = results[operand][output]
            return taken
