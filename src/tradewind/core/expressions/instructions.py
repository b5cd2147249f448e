"""What a program is made of: one instruction for every sub-expression, on the results of earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradewind.core.expressions.tree import Op
from tradewind.core.indicators import Kernel, Source
from tradewind.core.regime import Regime


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is the same in every row."""

    value: float


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter that was left open: its value comes when what hangs by it is asked for; see `Values.given`."""

    name: str


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
    Constant
    | Setting
    | RegimeConstant
    | Column
    | CurrentRegime
    | Apply
    | Previous
    | Compute
    | Take
    | Clock
    | Session
    | Seen
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
