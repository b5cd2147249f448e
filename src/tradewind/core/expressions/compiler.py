"""From typed trees to a program: parameters get their values, constants are folded, equal sub-expressions merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import reduce

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.expressions.instructions import (
    Apply,
    Clock,
    Column,
    Compute,
    Constant,
    CurrentRegime,
    Instruction,
    Previous,
    RegimeConstant,
    Seen,
    Session,
    Setting,
    Take,
)
from tradewind.core.expressions.operations import OPERATIONS
from tradewind.core.expressions.program import Program, Reading, Traits, program_of
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
    SeenOn,
    parts_of,
)
from tradewind.core.indicators import LONGEST, ArgumentError, Field, Source, Unit
from tradewind.core.regime import WARMUP as REGIME_WARMUP

#: Bounds on what one strategy may cost: instructions run over every candle, and candles needed before it may speak.
MAX_INSTRUCTIONS = 400
MAX_SETTLED = 10_000
#: Other series that may be looked at from one, and how deep within one another.
MAX_READINGS = 8
MAX_NESTED = 2

_CROSSES = (Op.CROSSES_ABOVE, Op.CROSSES_BELOW)
_CLOCKS = (Op.HOUR, Op.MINUTE, Op.WEEKDAY)


class NotOpenError(Exception):
    """A parameter was left open whose value the program itself depends on.

    Attributes:
        names: the parameters.
    """

    def __init__(self, names: Set[str]) -> None:
        super().__init__(f"expected values for {', '.join(sorted(names))}")
        self.names = names


class Compiler:
    """Collects the expressions of one document, then makes one program of them.

    Args:
        values: parameter values by name.
        definitions: named sub-expressions, each behind those it uses.
        left_open: parameters that shall stay `Setting`s of the program.

    Raises:
        ExpressionError: a definition cannot be compiled with these values.
        NotOpenError: a constant, or what another series says, depends on a parameter that was left open. So say the
            methods, too.
    """

    def __init__(
        self, values: Mapping[str, float], definitions: Mapping[str, Expression], left_open: Set[str] = frozenset()
    ) -> None:
        self._values = values
        self._left_open = left_open
        #: What depends on parameters that were left open and on nothing else, with their names.
        self._open: dict[int, frozenset[str]] = {}
        self._texts = definitions
        self._instructions: list[Instruction] = []
        self._traits: list[Traits] = []
        self._numbers: dict[Instruction, int] = {}
        self._definitions: dict[str, int] = {}
        #: Instructions so far, those for other series included.
        self._spent = [0]
        self._place: tuple[str | None, Timeframe | None] = (None, None)
        self._elsewhere: list[Compiler] = []
        self._nested = 0
        for name in definitions:
            self._definition(name)

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
            return self._emit_parameter(name)
        if name in set(Field):
            return self._emit_column(Field(name))
        raise KeyError(name)

    def traits(self, index: int) -> Traits:
        return self._traits[index]

    def is_constant(self, index: int) -> bool:
        """Whether it does not depend on candles."""
        return isinstance(self._instructions[index], Constant) or index in self._open

    def program(self, roots: Sequence[int]) -> Program:
        """The program that computes `roots`, in that order, and nothing else."""
        program = program_of(self._instructions, self._traits, roots, self._reading)
        if program.settings_needed:
            raise NotOpenError(program.settings_needed)
        return program

    def _reading(self, number: int, roots: Sequence[int]) -> Reading:
        there = self._elsewhere[number]
        symbol, timeframe = there._place
        return Reading(
            None if symbol == self._place[0] else symbol,
            None if timeframe == self._place[1] else timeframe,
            there.program(roots),
        )

    def _compiler_on(self, expression: Expression, node: SeenOn) -> int | None:
        """The number of the compiler for another series; None for this very one.

        Raises:
            ExpressionError: a shorter timeframe than here, or too many series.
        """
        symbol, timeframe = self._place
        place = node.symbol or symbol, node.timeframe or timeframe
        if place == self._place:
            return None
        wanted = node.timeframe
        if wanted and timeframe and wanted is not timeframe and not wanted.derives_from(timeframe):
            problem = f"expected a timeframe that can be put together from {timeframe} candles, got {wanted}"
            raise expression.error(problem, node)
        for number, there in enumerate(self._elsewhere):
            if there._place == place:
                return number
        if self._nested == MAX_NESTED:
            raise expression.error(f'expected at most {MAX_NESTED} "on" within one another, got more', node)
        if len(self._elsewhere) == MAX_READINGS:
            raise expression.error(f"expected at most {MAX_READINGS} other series, got more", node)
        there = Compiler(self._values, {}, self._left_open)
        there._texts, there._spent, there._place = self._texts, self._spent, place
        there._nested = self._nested + 1
        self._elsewhere.append(there)
        return len(self._elsewhere) - 1

    def _definition(self, name: str) -> int:
        """The instruction of a definition, after those it uses."""
        if name not in self._definitions:
            needed, new = {name}, [name]
            while new:
                used = _definitions_in(self._texts[new.pop()].root) - needed
                needed |= used
                new += sorted(used)
            for each, expression in self._texts.items():
                if each in needed and each not in self._definitions:
                    self._definitions[each] = self.add(expression)
        return self._definitions[name]

    def _emit(self, expression: Expression, node: Node, instruction: Instruction, traits: Traits) -> int:
        if traits.settled > MAX_SETTLED:
            raise expression.error(
                f"expected at most {MAX_SETTLED} candles of warm-up, this needs {traits.settled}", node
            )
        if self._spent[0] >= MAX_INSTRUCTIONS and instruction not in self._numbers:
            raise expression.error(f"expected at most {MAX_INSTRUCTIONS} different operations in all", node)
        return self._number(instruction, traits)

    def _number(self, instruction: Instruction, traits: Traits) -> int:
        index = self._numbers.setdefault(instruction, len(self._instructions))
        if index == len(self._instructions):
            self._instructions.append(instruction)
            self._traits.append(traits)
            self._spent[0] += 1
        return index

    def _emit_constant(self, value: float) -> int:
        return self._number(Constant(float(value)), Traits(Kind.NUMBER, Unit.PLAIN))

    def _emit_parameter(self, name: str) -> int:
        if name in self._left_open:
            return self._emit_open(Setting(name), frozenset({name}))
        return self._emit_constant(self._values[name])

    def _emit_open(self, instruction: Setting | Apply, names: frozenset[str]) -> int:
        if self._nested:
            raise NotOpenError(names)
        index = self._number(instruction, Traits(Kind.NUMBER, Unit.PLAIN))
        self._open[index] = names
        return index

    def _emit_column(self, field: Source) -> int:
        unit = Unit.VOLUME if field is Field.VOLUME else Unit.PRICE
        return self._number(Column(field), Traits(Kind.NUMBER, unit))

    def _lower(self, expression: Expression, node: Node) -> int:
        match node:
            case Number(value):
                return self._emit_constant(value)
            case ParameterOf(name):
                return self._emit_parameter(name)
            case DefinitionOf(name):
                return self._definition(name)
            case FieldOf(name):
                return self._emit_column(name)
            case RegimeName(regime):
                return self._number(RegimeConstant(regime), Traits(Kind.REGIME, Unit.PLAIN))
            case IndicatorOf():
                return self._indicator(expression, node)
            case Operation(Op.REGIME):
                traits = Traits(Kind.REGIME, Unit.PLAIN, REGIME_WARMUP, REGIME_WARMUP)
                return self._emit(expression, node, CurrentRegime(), traits)
            case Operation(op) if op in _CLOCKS:
                return self._emit(expression, node, Clock(op), Traits(Kind.NUMBER, Unit.PLAIN))
            case Operation(Op.SESSION, (start, stop)):
                return self._session(expression, node, start, stop)
            case SeenOn():
                return self._seen_on(expression, node)
            case Operation(Op.PREVIOUS, (inner, rows)):
                return self._previous(expression, node, inner, rows)
            case Operation():
                return self._operation(expression, node)

    def _operation(self, expression: Expression, node: Operation) -> int:
        operands = tuple(self._lower(expression, each) for each in node.operands)
        if node.kind is Kind.NUMBER and all(self.is_constant(each) for each in operands):
            if names := frozenset().union(*(self._open.get(each, ()) for each in operands)):
                return self._emit_open(Apply(node.op, operands), names)
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
        if index in self._open:
            raise NotOpenError(self._open[index])
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

    def _session(self, expression: Expression, node: Operation, start: Node, stop: Node) -> int:
        hours = [self._constant(expression, each, "a constant hour") for each in (start, stop)]
        for hour, each in zip(hours, (start, stop), strict=True):
            if not 0 <= hour <= 24:
                raise expression.error(f"expected an hour of the day from 0 to 24, got {hour:g}", each)
        if hours[0] == hours[1]:
            raise expression.error(f"expected a session with a length, got {hours[0]:g} to {hours[1]:g}", node)
        return self._emit(expression, node, Session(*hours), Traits(Kind.CONDITION, Unit.PLAIN))

    def _seen_on(self, expression: Expression, node: SeenOn) -> int:
        number = self._compiler_on(expression, node)
        if number is None:
            return self._lower(expression, node.inner)
        there = self._elsewhere[number]
        root = there._lower(expression, node.inner)
        if there.is_constant(root):
            raise expression.error("expected something that changes with the candles, got a constant", node.inner)
        of = there.traits(root)
        # How many of our own rows that takes depends on our timeframe: `Program.settled_on`.
        return self._emit(expression, node, Seen(number, root), Traits(of.kind, of.unit))

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


def _definitions_in(root: Node) -> set[str]:
    found: set[str] = set()
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if isinstance(node, DefinitionOf):
            found.add(node.name)
        nodes += parts_of(node)
    return found


def _common(left: Unit, right: Unit) -> Unit:
    if left is Unit.PLAIN or left is right:
        return right
    return left if right is Unit.PLAIN else Unit.PLAIN
