"""A condition of the strategy language by itself: whether it holds at the close of a candle, and with which numbers.

What it says of a candle is computed from a fixed run of candles before it, chosen by the candle's place in time alone.
So the same candles say the same, whoever asks: an engine that has just started, one that has run for weeks, and
somebody who tries the condition on what is on record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Answer, Compiler, Expression, Kind, Market, Program, canonical, parse
from tradewind.core.expressions.instructions import Apply, Constant, RegimeConstant
from tradewind.core.expressions.tree import Node, Number, Op, Operation, RegimeName, SeenOn, kind_of, parts_of
from tradewind.core.regime import Regime
from tradewind.core.series import Columns

#: Candles that are evaluated from the same start; the start moves on with every block, counted from 1970.
BLOCK = 256
#: Bounds on what one condition may cost at every close.
MAX_OPERATIONS = 100
MAX_WARMUP = 10_000
#: Numbers that are told of one condition.
_MOST_FACTS = 6

_COMPARED = frozenset(
    {
        Op.LESS,
        Op.LESS_EQUAL,
        Op.GREATER,
        Op.GREATER_EQUAL,
        Op.EQUAL,
        Op.NOT_EQUAL,
        Op.SAME_REGIME,
        Op.OTHER_REGIME,
        Op.CROSSES_ABOVE,
        Op.CROSSES_BELOW,
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a condition compares.

    Attributes:
        node: a number or a regime that changes with the candles.
        root: its place among the program's roots.
    """

    node: Node
    root: int


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition ready to be evaluated. Made by `Condition.of`.

    Attributes:
        meaning: its canonical form; conditions that mean the same have the same.
        program: its first root is the condition itself.
    """

    expression: Expression
    meaning: str
    program: Program
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, text: str, path: str = "expression") -> Condition:
        """
        Args:
            path: the place of `text`, for errors.

        Raises:
            ExpressionError: it is no condition, never changes, or costs too much.
        """
        expression = parse(path, text, Kind.CONDITION)
        compiler = Compiler({}, {})
        when = compiler.add(expression)
        nodes = _compared(expression.root)
        roots = [compiler.add(Expression(path, node)) for node in nodes]
        facts = {root: node for root, node in zip(roots, nodes, strict=True) if not compiler.is_constant(root)}
        told = list(facts.items())[:_MOST_FACTS]
        program = compiler.program([when, *(root for root, _ in told)])
        if all(isinstance(each, Apply | Constant | RegimeConstant) for each in program.instructions):
            raise expression.error("expected a condition that changes with the candles, got one that never does")
        if program.cost > MAX_OPERATIONS:
            raise expression.error(f"expected at most {MAX_OPERATIONS} different operations, got {program.cost}")
        numbered = tuple(Fact(node, place) for place, (_, node) in enumerate(told, start=1))
        return cls(expression, canonical(expression.root), program, numbered)

    def warmup_on(self, timeframe: Timeframe) -> int:
        """Candles of `timeframe` before the first at which it may hold.

        Raises:
            ExpressionError: it cannot be evaluated on such candles.
        """
        for _, there in sorted(self.program.reads(timeframe=timeframe), key=str):
            if there is not None and there is not timeframe and not there.derives_from(timeframe):
                raise self.expression.error(
                    f"expected timeframes that can be put together from {timeframe} candles, got {there}"
                )
        rows = self.program.settled_on(timeframe)
        if rows > MAX_WARMUP:
            raise self.expression.error(f"expected at most {MAX_WARMUP} candles of warm-up, this needs {rows}")
        return rows

    def reach_on(self, timeframe: Timeframe) -> int:
        """Candles before a block that its evaluation begins with: a power of two, so that many conditions share it."""
        return 1 << max(self.warmup_on(timeframe), BLOCK).bit_length()

    def symbols_read(self) -> frozenset[str]:
        """The other symbols that it looks at."""
        return frozenset(symbol for symbol, _ in self.program.reads() if symbol is not None)


class Holding(NamedTuple):
    """A candle at whose close a condition holds.

    Attributes:
        row: in the columns of its series.
        values: of the condition's facts, in their order; an undefined number is NaN, an undefined regime None.
    """

    row: int
    values: tuple[float | Regime | None, ...]


def holding(
    condition: Condition, symbol: str, timeframe: Timeframe, series: Mapping[str, Columns], first: int, stop: int
) -> Iterator[Holding]:
    """The rows from `first` up to but without `stop` of the symbol's candles at whose close the condition holds.

    Nothing is said of rows that do not have the warm-up before them, or where another series is not as far.

    Args:
        series: closed candles of `timeframe` by symbol: the symbol's own, and those that are read. The future may be
            among them: nobody is shown it early.
    """
    columns = series[symbol]
    warmup, reach, span = condition.warmup_on(timeframe), condition.reach_on(timeframe), BLOCK * timeframe.ms
    row = first
    while row < stop:
        opened = int(columns.ts[row]) // span * span
        begin, end = np.searchsorted(columns.ts, (opened, opened + span)).tolist()
        start, end = max(0, begin - reach), min(end, stop)
        part = columns.rows(start, end)
        around = {name: series[name].since(int(part.ts[0])) for name in condition.symbols_read() & series.keys()}
        answer = condition.program.answer(part, Market(timeframe, around | {symbol: part}))
        earliest = max(row - start, warmup)
        for there in (np.flatnonzero(_held(answer)[earliest:]) + earliest).tolist():
            values = (_value(fact, answer.values[fact.root][there]) for fact in condition.facts)
            yield Holding(start + there, tuple(values))
        row = end


def _held(answer: Answer) -> Any:
    return answer.values[0] if answer.present is None else answer.values[0] & answer.present


def _value(fact: Fact, value: Any) -> float | Regime | None:
    return float(value) if kind_of(fact.node) is Kind.NUMBER else Regime.of(int(value))


def _compared(node: Node) -> list[Node]:
    """What is compared below `node`, as it is seen from the candle: from another series or an earlier candle, too."""
    match node:
        case SeenOn(symbol, timeframe, inner):
            return [SeenOn(symbol, timeframe, each, kind_of(each)) for each in _compared(inner)]
        case Operation(Op.PREVIOUS, (inner, rows)):
            return [Operation(Op.PREVIOUS, (each, rows), kind_of(each)) for each in _compared(inner)]
        case Operation(op, operands) if op in _COMPARED:
            return [each for each in operands if not isinstance(each, Number | RegimeName)]
        case _:
            return [each for part in parts_of(node) for each in _compared(part)]
