"""From typed trees to a program: parameters get their values, constants are folded, equal sub-expressions merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from tradewind.core.expressions.operations import OPERATIONS
from tradewind.core.expressions.program import (
    Apply,
    Column,
    Compute,
    Constant,
    CurrentRegime,
    Instruction,
    Previous,
    Program,
    RegimeConstant,
    Take,
    Traits,
    program_of,
)
from tradewind.core.expressions.tree import (
    DefinitionOf,
    Expression,
    FieldOf,
    IndicatorOf,
    Kind,
    Node,
    Number,
    Op,
    Operation,
    ParameterOf,
    RegimeName,
)
from tradewind.core.indicators import LONGEST, ArgumentError, Field, Source, Unit
from tradewind.core.regime import WARMUP as REGIME_WARMUP

#: Bounds on what one strategy may cost: instructions run over every candle, and candles needed before it may speak.
MAX_INSTRUCTIONS = 400
MAX_SETTLED = 10_000

_CROSSES = (Op.CROSSES_ABOVE, Op.CROSSES_BELOW)


class Compiler:
    """Collects the expressions of one document, then makes one program of them.

    Args:
        values: parameter values by name.
        definitions: named sub-expressions, each behind those it uses.

    Raises:
        ExpressionError: a definition cannot be compiled with these values.
    """

    def __init__(self, values: Mapping[str, float], definitions: Mapping[str, Expression]) -> None:
        self._values = values
        self._instructions: list[Instruction] = []
        self._traits: list[Traits] = []
        self._numbers: dict[Instruction, int] = {}
        self._definitions: dict[str, int] = {}
        for name, expression in definitions.items():
            self._definitions[name] = self.add(expression)

    def add(self, expression: Expression) -> int:
        """The number of the instruction that computes `expression`.

        Raises:
            ExpressionError: an argument out of range, a constant where candles are needed or the other way round, or
                a cost beyond the bounds.
        """
        return self._lower(expression, expression.root)

    def constant(self, expression: Expression) -> float:
        """The value of `expression`, which must not depend on candles.

        Raises:
            ExpressionError: it does.
        """
        return self._constant(expression, expression.root, "a constant")

    def named(self, name: str) -> int:
        """The instruction of a candle column, a parameter or a definition.

        Raises:
            KeyError: there is none of that name.
        """
        if name in self._definitions:
            return self._definitions[name]
        if name in self._values:
            return self._emit_constant(self._values[name])
        if name in set(Field):
            return self._emit_column(Field(name))
        raise KeyError(name)

    def traits(self, index: int) -> Traits:
        return self._traits[index]

    def is_constant(self, index: int) -> bool:
        return isinstance(self._instructions[index], Constant)

    def program(self, roots: Sequence[int]) -> Program:
        """The program that computes `roots`, in that order, and nothing else."""
        return program_of(self._instructions, self._traits, roots)

    def _emit(self, expression: Expression, node: Node, instruction: Instruction, traits: Traits) -> int:
        if traits.settled > MAX_SETTLED:
            raise expression.error(
                f"expected at most {MAX_SETTLED} candles of warm-up, this needs {traits.settled}", node
            )
        if len(self._instructions) >= MAX_INSTRUCTIONS and instruction not in self._numbers:
            raise expression.error(f"expected at most {MAX_INSTRUCTIONS} different operations in all", node)
        return self._number(instruction, traits)

    def _number(self, instruction: Instruction, traits: Traits) -> int:
        index = self._numbers.setdefault(instruction, len(self._instructions))
        if index == len(self._instructions):
            self._instructions.append(instruction)
            self._traits.append(traits)
        return index

    def _emit_constant(self, value: float) -> int:
        return self._number(Constant(float(value)), Traits(Kind.NUMBER, Unit.PLAIN))

    def _emit_column(self, field: Source) -> int:
        unit = Unit.VOLUME if field is Field.VOLUME else Unit.PRICE
        return self._number(Column(field), Traits(Kind.NUMBER, unit))

    def _lower(self, expression: Expression, node: Node) -> int:
        match node:
            case Number(value):
                return self._emit_constant(value)
            case ParameterOf(name):
                return self._emit_constant(self._values[name])
            case DefinitionOf(name):
                return self._definitions[name]
            case FieldOf(name):
                return self._emit_column(name)
            case RegimeName(regime):
                return self._number(RegimeConstant(regime), Traits(Kind.REGIME, Unit.PLAIN))
            case IndicatorOf():
                return self._indicator(expression, node)
            case Operation(Op.REGIME):
                traits = Traits(Kind.REGIME, Unit.PLAIN, REGIME_WARMUP, REGIME_WARMUP)
                return self._emit(expression, node, CurrentRegime(), traits)
            case Operation(Op.PREVIOUS, (inner, rows)):
                return self._previous(expression, node, inner, rows)
            case Operation():
                return self._operation(expression, node)

    def _operation(self, expression: Expression, node: Operation) -> int:
        operands = tuple(self._lower(expression, each) for each in node.operands)
        if node.kind is Kind.NUMBER and all(self.is_constant(each) for each in operands):
            return self._emit_constant(self._folded(expression, node, operands))
        own = 1 if node.op in _CROSSES else 0
        traits = [self._traits[each] for each in operands]
        return self._emit(
            expression,
            node,
            Apply(node.op, operands),
            Traits(
                node.kind,
                self._unit(node, operands),
                max(each.warmup for each in traits) + own,
                max(each.settled for each in traits) + own,
            ),
        )

    def _folded(self, expression: Expression, node: Operation, operands: tuple[int, ...]) -> float:
        with np.errstate(all="ignore"):
            value = float(OPERATIONS[node.op](*(self._value(each) for each in operands)))
        if not np.isfinite(value):
            raise expression.error("expected a constant with a finite value; is there a division by zero?", node)
        return value

    def _value(self, index: int) -> float:
        instruction = self._instructions[index]
        assert isinstance(instruction, Constant), "only constants are folded"
        return instruction.value

    def _previous(self, expression: Expression, node: Operation, inner: Node, rows: Node) -> int:
        count = self._constant(expression, rows, "a constant number of candles")
        if not (1 <= count <= LONGEST and count.is_integer()):
            raise expression.error(f"expected a whole number of candles from 1 to {LONGEST}, got {count:g}", rows)
        operand = self._lower(expression, inner)
        if self.is_constant(operand):
            raise expression.error("expected something that changes with the candles, got a constant", inner)
        of = self._traits[operand]
        ago = int(count)
        traits = Traits(of.kind, of.unit, of.warmup + ago, of.settled + ago)
        return self._emit(expression, node, Previous(operand, ago), traits)

    def _indicator(self, expression: Expression, node: IndicatorOf) -> int:
        indicator = node.indicator
        arguments: list[float] = []
        for argument, given in zip(indicator.arguments, node.arguments, strict=True):
            value = self._constant(expression, given, f"a constant for {argument.name}")
            try:
                arguments.append(argument.checked(value))
            except ArgumentError as error:
                raise expression.error(f"{error} in {indicator.name}", given) from None
        operands = []
        for series in node.series:
            operand = self._lower(expression, series)
            if self.is_constant(operand):
                raise expression.error(f"expected a series for {indicator.name}, got a constant", series)
            operands.append(operand)
        unit = indicator.unit or self._traits[operands[0]].unit
        operands += [self._emit_column(field) for field in indicator.fields]
        inputs = [self._traits[each] for each in operands]
        warmup, settled = indicator.warmup(*arguments), indicator.settled(*arguments)
        traits = Traits(
            Kind.NUMBER,
            unit,
            max(each.warmup for each in inputs) + warmup,
            max(each.settled for each in inputs) + settled,
        )
        run = Compute(indicator.kernel, tuple(operands), tuple(arguments), warmup)
        # The kernel itself settles with its slowest output, so only what is taken from it carries the figure.
        whole = self._emit(expression, node, run, Traits(Kind.NUMBER, unit))
        return self._emit(expression, node, Take(whole, indicator.output), traits)

    def _constant(self, expression: Expression, node: Node, expected: str) -> float:
        index = self._lower(expression, node)
        if not self.is_constant(index):
            raise expression.error(f"expected {expected}, got one that changes with the candles", node)
        return self._value(index)

    def _unit(self, node: Operation, operands: tuple[int, ...]) -> Unit:
        """The unit of the result; a plain number takes on the unit of what it is combined with."""
        if node.kind is not Kind.NUMBER:
            return Unit.PLAIN
        units = [self._traits[each].unit for each in operands]
        if node.op is Op.DIVIDE:
            return units[0] if units[1] is Unit.PLAIN else Unit.PLAIN
        if node.op is Op.MULTIPLY:
            return units[0] if units[1] is Unit.PLAIN else units[1] if units[0] is Unit.PLAIN else Unit.PLAIN
        return reduce(_common, units)


def _common(left: Unit, right: Unit) -> Unit:
    if left is Unit.PLAIN or left is right:
        return right
    return left if right is Unit.PLAIN else Unit.PLAIN
