"""Expressions as typed trees: what the parser makes and the compiler reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tradewind.core.candles import Timeframe
from tradewind.core.indicators import Field, Indicator
from tradewind.core.regime import Regime


class ExpressionError(ValueError):
    """An expression that cannot be used: where, what was expected and what came.

    Attributes:
        path: place of the expression in its document, such as `long.when`; a name for a person otherwise.
        column: 1-based, in the expression's text; None when the whole of it is meant.
        problem: the sentence without the place.
    """

    def __init__(self, path: str, problem: str, column: int | None = None) -> None:
        where = path if column is None else f"{path}: column {column}"
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.column = column
        self.problem = problem


class Kind(StrEnum):
    """The type of an expression."""

    NUMBER = "number"
    CONDITION = "condition"
    REGIME = "regime"


class Op(StrEnum):
    """What is done with operands."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    NEGATE = "negate"
    ABS = "abs"
    MIN = "min"
    MAX = "max"
    CLIP = "clip"
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    EQUAL = "=="
    NOT_EQUAL = "!="
    SAME_REGIME = "is"
    OTHER_REGIME = "is not"
    AND = "and"
    OR = "or"
    NOT = "not"
    CROSSES_ABOVE = "crosses_above"
    CROSSES_BELOW = "crosses_below"
    PREVIOUS = "previous"
    REGIME = "regime"
    HOUR = "hour"
    MINUTE = "minute"
    WEEKDAY = "weekday"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A candle column."""

    name: Field
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class ParameterOf:
    """A parameter of the strategy, by name; its value comes with the strategy's settings."""

    name: str
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class DefinitionOf:
    """A named sub-expression of the same document."""

    name: str
    kind: Kind
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class RegimeName:
    """A market regime, to compare `regime()` with."""

    value: Regime
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """`op` applied to `operands`; a PREVIOUS has the constant number of candles as its second operand."""

    op: Op
    operands: tuple[Node, ...]
    kind: Kind
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class IndicatorOf:
    """An indicator over `series` with constant `arguments`, defaults filled in."""

    indicator: Indicator
    series: tuple[Node, ...]
    arguments: tuple[Node, ...]
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class SeenOn:
    """All of `inner` as it is on another series, its latest candle that has closed by now.

    Attributes:
        symbol: None = the symbol's own.
        timeframe: None = the same as here.
    """

    symbol: str | None
    timeframe: Timeframe | None
    inner: Node
    kind: Kind
    column: int = field(default=1, compare=False)


Node = Number | FieldOf | ParameterOf | DefinitionOf | RegimeName | Operation | IndicatorOf | SeenOn


def kind_of(node: Node) -> Kind:
    """The type of `node`."""
    match node:
        case Operation() | DefinitionOf() | SeenOn():
            return node.kind
        case RegimeName():
            return Kind.REGIME
        case _:
            return Kind.NUMBER


def canonical(node: Node) -> str:
    """`node` in one fixed way of writing, independent of spacing, parentheses and left-out defaults.

    What content hashes are made of, so it must never change for an expression that means the same.
    """
    match node:
        case Number():
            return repr(node.value)
        case FieldOf() | RegimeName():
            return (node.name if isinstance(node, FieldOf) else node.value).value
        case ParameterOf() | DefinitionOf():
            return node.name
        case IndicatorOf():
            return f"({' '.join([node.indicator.name, *map(canonical, (*node.series, *node.arguments))])})"
        case SeenOn(symbol, timeframe, inner):
            return f"(on {symbol or '-'} {timeframe or '-'} {canonical(inner)})"
        case Operation():
            return f"({' '.join([node.op.value.replace(' ', '_'), *map(canonical, node.operands)])})"


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes right below `node`."""
    match node:
        case Operation():
            return node.operands
        case IndicatorOf():
            return (*node.series, *node.arguments)
        case SeenOn():
            return (node.inner,)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression with its place in the document."""

    path: str
    root: Node

    @property
    def kind(self) -> Kind:
        return kind_of(self.root)

    def error(self, problem: str, node: Node | None = None) -> ExpressionError:
        """The error of `problem` at `node`, or of the whole expression."""
        return ExpressionError(self.path, problem, node.column if node else None)
