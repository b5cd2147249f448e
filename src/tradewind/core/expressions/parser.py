"""From syntax to typed trees: names get meaning, and every operand the kind it must have.

    close > ema(close, slow) and crosses_above(rsi(close, 14), 50) and regime() != volatile

* candle columns: open high low close volume; parameters and definitions of the document by name
* indicators of the catalogue: `name(series, arguments…)`, arguments by place or by name
* + − * /, comparisons (also chained: 30 < x < 70), and, or, not
* crosses_above(a, b): a was ≤ b one candle ago and is > b now; crosses_below mirrored; b may be a constant
* previous(x, n=1): the value n candles ago; abs(x), min(a, b, …), max(a, b, …), clip(x, low, high)
* regime() == trend_up | trend_down | range | volatile
* on(1h, x), on(BTCUSDT, x), on(BTCUSDT, 1h, x): all of x on another series, its latest candle that has closed by now
* hour(), minute(), weekday() (1 = Monday) of the candle's close, UTC; session(8, 16.5): it closes from 8:00 to 16:30,
  that end excluded

A comparison with an undefined number (NaN) is false, and a division by zero is undefined.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping, Set
from graphlib import CycleError, TopologicalSorter

from tradewind.core.candles import Timeframe
from tradewind.core.expressions.syntax import MAX_DEPTH, syntax
from tradewind.core.expressions.tree import (
    DefinitionOf,
    Expression,
    ExpressionError,
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
    kind_of,
)
from tradewind.core.indicators import CATALOGUE, Field, Indicator
from tradewind.core.regime import Regime

_ARITHMETIC: dict[type[ast.operator], Op] = {
    ast.Add: Op.ADD,
    ast.Sub: Op.SUBTRACT,
    ast.Mult: Op.MULTIPLY,
    ast.Div: Op.DIVIDE,
}
_COMPARISONS: dict[type[ast.cmpop], Op] = {
    ast.Lt: Op.LESS,
    ast.LtE: Op.LESS_EQUAL,
    ast.Gt: Op.GREATER,
    ast.GtE: Op.GREATER_EQUAL,
    ast.Eq: Op.EQUAL,
    ast.NotEq: Op.NOT_EQUAL,
}
_REGIME_COMPARISONS = {Op.EQUAL: Op.SAME_REGIME, Op.NOT_EQUAL: Op.OTHER_REGIME}

#: name → (operation, least and most operands, how it is written)
_FUNCTIONS: dict[str, tuple[Op, int, int, str]] = {
    "crosses_above": (Op.CROSSES_ABOVE, 2, 2, "crosses_above(a, b)"),
    "crosses_below": (Op.CROSSES_BELOW, 2, 2, "crosses_below(a, b)"),
    "previous": (Op.PREVIOUS, 1, 2, "previous(x, n=1)"),
    "abs": (Op.ABS, 1, 1, "abs(x)"),
    "min": (Op.MIN, 2, 8, "min(a, b, …)"),
    "max": (Op.MAX, 2, 8, "max(a, b, …)"),
    "clip": (Op.CLIP, 3, 3, "clip(x, low, high)"),
    "regime": (Op.REGIME, 0, 0, "regime()"),
    "hour": (Op.HOUR, 0, 0, "hour()"),
    "minute": (Op.MINUTE, 0, 0, "minute()"),
    "weekday": (Op.WEEKDAY, 0, 0, "weekday()"),
    "session": (Op.SESSION, 2, 2, "session(from, to)"),
}
_ON = "on"
_ON_WRITTEN = "on(1h, x), on(BTCUSDT, x) or on(BTCUSDT, 1h, x)"
_SYMBOL = re.compile(r"[A-Z0-9]{5,24}", re.ASCII)
_CONDITIONS = (Op.CROSSES_ABOVE, Op.CROSSES_BELOW, Op.SESSION)

FIELDS = frozenset(field.value for field in Field)
REGIMES = frozenset(regime.value for regime in Regime)
#: Words that mean something already and cannot name a parameter or a definition.
RESERVED = FIELDS | REGIMES | _FUNCTIONS.keys() | CATALOGUE.keys() | {_ON, "and", "or", "not"}


def parse(
    path: str,
    text: str,
    kind: Kind,
    *,
    parameters: Set[str] = frozenset(),
    definitions: Mapping[str, Expression] | None = None,
) -> Expression:
    """`text` as an expression of `kind`.

    Args:
        path: its place, for errors.
        parameters, definitions: the names it may use beside those of the language.

    Raises:
        ExpressionError: it is not well-formed, uses an unknown name or mixes kinds up.
    """
    expression = Expression(path, _Parser(path, parameters, definitions or {}).parse(syntax(path, text)))
    if expression.kind is not kind:
        raise expression.error(f"expected a {kind}, got a {expression.kind}")
    return expression


def parse_definitions(
    texts: Mapping[str, str], *, parameters: Set[str] = frozenset(), path: str = "define"
) -> tuple[dict[str, Expression], list[ExpressionError]]:
    """The definitions that are sound, each behind those it uses, and what is wrong with the others.

    A definition that uses an unsound one is left out without an error of its own.
    """
    errors: list[ExpressionError] = []
    trees: dict[str, ast.expr] = {}
    for name, text in texts.items():
        try:
            trees[name] = syntax(f"{path}.{name}", text)
        except ExpressionError as error:
            errors.append(error)
    uses = {name: _names(tree) & texts.keys() for name, tree in trees.items()}
    try:
        order = list(TopologicalSorter({name: sorted(uses[name]) for name in sorted(uses)}).static_order())
    except CycleError as error:
        # graphlib reports the cycle from used to user; read backwards it says who uses whom.
        cycle: list[str] = list(reversed(error.args[1]))
        errors.append(ExpressionError(f"{path}.{cycle[0]}", f"defined by itself: {' → '.join(cycle)}"))
        return {}, errors

    sound: dict[str, Expression] = {}
    for name in order:
        if name not in trees or not uses[name] <= sound.keys():
            continue
        place = f"{path}.{name}"
        try:
            sound[name] = Expression(place, _Parser(place, parameters, sound).parse(trees[name]))
        except ExpressionError as error:
            errors.append(error)
    return sound, errors


def _names(tree: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean "ema"?` when a known name is close, else nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


class UnknownNameError(ExpressionError):
    """A name that is no column, parameter, definition or regime."""

    def __init__(self, path: str, name: str, hint: str, column: int) -> None:
        super().__init__(path, f'unknown name "{name}"{hint}', column)
        self.name = name


class _Parser:
    """Turns one syntax tree into a typed one; every branch that is not understood is an error with its column."""

    def __init__(self, path: str, parameters: Set[str], definitions: Mapping[str, Expression]) -> None:
        self._path = path
        self._parameters = parameters
        self._definitions = definitions
        self._depth = 0

    def parse(self, tree: ast.expr) -> Node:
        self._depth += 1
        if self._depth > 2 * MAX_DEPTH:
            # Long sums nest too: a + b + c is (a + b) + c.
            raise self._error(tree, f"expected at most {2 * MAX_DEPTH} operations in a row, got more")
        try:
            return self._node(tree)
        finally:
            self._depth -= 1

    def _error(self, tree: ast.expr | ast.keyword, problem: str) -> ExpressionError:
        # A list without parentheses of its own begins with the one around the whole text.
        return ExpressionError(self._path, problem, max(tree.col_offset, 1))

    def _node(self, tree: ast.expr) -> Node:
        column = tree.col_offset
        match tree:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self._number(tree, value)
            case ast.Name(id=name):
                return self._name(tree, name)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return Operation(Op.NOT, (self._operand(inner, Kind.CONDITION, '"not"'),), Kind.CONDITION, column)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=inner):
                operand = self._operand(inner, Kind.NUMBER, "a sign")
                if isinstance(sign, ast.UAdd):
                    return operand
                return Operation(Op.NEGATE, (operand,), Kind.NUMBER, column)
            case ast.BinOp(left=left, op=operator, right=right):
                op = _ARITHMETIC.get(type(operator))
                if op is None:
                    raise self._error(tree, "expected + - * or /, got another operator")
                operands = tuple(self._operand(each, Kind.NUMBER, f'"{op}"') for each in (left, right))
                return Operation(op, operands, Kind.NUMBER, column)
            case ast.BoolOp(op=junction, values=values):
                op = Op.AND if isinstance(junction, ast.And) else Op.OR
                conditions = tuple(self._operand(each, Kind.CONDITION, f'"{op}"') for each in values)
                return Operation(op, conditions, Kind.CONDITION, column)
            case ast.Compare():
                return self._comparison(tree)
            case ast.Call():
                return self._call(tree)
            case ast.Tuple():
                raise self._error(tree, "expected one expression, got a list of them")
            case _:
                raise self._error(tree, "expected a number, a name, a call or an operation")

    def _number(self, tree: ast.expr, value: float) -> Number:
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if number in {float("inf"), float("-inf")}:
            raise self._error(tree, "expected a number that fits, got a gigantic one")
        return Number(number, tree.col_offset)

    def _name(self, tree: ast.expr, name: str) -> Node:
        column = tree.col_offset
        if name in FIELDS:
            return FieldOf(Field(name), column)
        if name in self._parameters:
            return ParameterOf(name, column)
        if name in self._definitions:
            return DefinitionOf(name, self._definitions[name].kind, column)
        if name in REGIMES:
            return RegimeName(Regime(name), column)
        if name in CATALOGUE:
            raise self._error(tree, f'"{name}" is an indicator, write {CATALOGUE[name].signature}')
        if name in _FUNCTIONS:
            raise self._error(tree, f'"{name}" is a function, write {_FUNCTIONS[name][3]}')
        if name == _ON:
            raise self._error(tree, f'"{_ON}" is a function, write {_ON_WRITTEN}')
        if name in Timeframe or _SYMBOL.fullmatch(name):
            raise self._error(tree, f'"{name}" stands for a series and only in {_ON_WRITTEN}')
        known = FIELDS | self._parameters | self._definitions.keys() | REGIMES
        raise UnknownNameError(self._path, name, suggestion(name, known), column)

    def _operand(self, tree: ast.expr, kind: Kind, of: str) -> Node:
        node = self.parse(tree)
        if kind_of(node) is not kind:
            raise self._error(tree, f"expected a {kind} for {of}, got a {kind_of(node)}")
        return node

    def _comparison(self, tree: ast.Compare) -> Node:
        column = tree.col_offset
        nodes = [self.parse(each) for each in (tree.left, *tree.comparators)]
        parts: list[Node] = []
        for position, operator in enumerate(tree.ops):
            left, right = nodes[position], nodes[position + 1]
            op = _COMPARISONS.get(type(operator))
            if op is None:
                raise self._error(tree, "expected < <= > >= == or !=, got another comparison")
            kinds = {kind_of(left), kind_of(right)}
            if kinds == {Kind.REGIME} and op in _REGIME_COMPARISONS:
                op = _REGIME_COMPARISONS[op]
            elif kinds != {Kind.NUMBER}:
                raise self._error(
                    tree.comparators[position], f'"{op}" cannot compare a {kind_of(left)} with a {kind_of(right)}'
                )
            parts.append(Operation(op, (left, right), Kind.CONDITION, column))
        return parts[0] if len(parts) == 1 else Operation(Op.AND, tuple(parts), Kind.CONDITION, column)

    def _call(self, tree: ast.Call) -> Node:
        if not isinstance(tree.func, ast.Name):
            raise self._error(tree, "expected the name of an indicator or function before the parenthesis")
        name = tree.func.id
        if name in CATALOGUE:
            return self._indicator(tree, CATALOGUE[name])
        if name in _FUNCTIONS:
            return self._function(tree, *_FUNCTIONS[name])
        if name == _ON:
            return self._seen_on(tree)
        if name in FIELDS | self._parameters | self._definitions.keys() | REGIMES:
            raise self._error(tree, f'"{name}" is not called, write it without parentheses')
        close = suggestion(name, CATALOGUE.keys() | _FUNCTIONS.keys() | {_ON})
        raise self._error(tree, f'unknown indicator "{name}"{close}')

    def _seen_on(self, tree: ast.Call) -> Node:
        if tree.keywords or not 2 <= len(tree.args) <= 3:
            raise self._error(tree, f"expected {_ON_WRITTEN}, got {len(tree.args) + len(tree.keywords)} arguments")
        *places, inside = tree.args
        names = [place.id if isinstance(place, ast.Name) else "" for place in places]
        timeframe = Timeframe(names[-1]) if names[-1] in Timeframe else None
        symbols = list(zip(names, places, strict=True))[: len(names) - (timeframe is not None)]
        for name, place in symbols:
            if len(symbols) > 1 or not _SYMBOL.fullmatch(name):
                got = f'"{name}"' if name else "something else"
                raise self._error(place, f"expected a symbol such as BTCUSDT or a timeframe such as 1h, got {got}")
        inner = self.parse(inside)
        symbol = symbols[0][0] if symbols else None
        return SeenOn(symbol, timeframe, inner, kind_of(inner), tree.col_offset)

    def _function(self, tree: ast.Call, op: Op, least: int, most: int, written: str) -> Node:
        if tree.keywords or not least <= len(tree.args) <= most:
            raise self._error(tree, f"expected {written}, got {len(tree.args) + len(tree.keywords)} arguments")
        operands = [self.parse(each) for each in tree.args]
        if op is Op.PREVIOUS:
            if len(operands) == 1:
                operands.append(Number(1.0, tree.col_offset))
            elif kind_of(operands[1]) is not Kind.NUMBER:
                raise self._error(tree.args[1], f"expected a number of candles, got a {kind_of(operands[1])}")
            return Operation(op, tuple(operands), kind_of(operands[0]), tree.col_offset)
        for operand, each in zip(operands, tree.args, strict=True):
            if kind_of(operand) is not Kind.NUMBER:
                raise self._error(each, f"expected a number for {op}, got a {kind_of(operand)}")
        kind = Kind.CONDITION if op in _CONDITIONS else Kind.REGIME if op is Op.REGIME else Kind.NUMBER
        return Operation(op, tuple(operands), kind, tree.col_offset)

    def _indicator(self, tree: ast.Call, indicator: Indicator) -> Node:
        places: dict[str, ast.expr] = {}
        names = [argument.name for argument in indicator.arguments]
        if not indicator.series <= len(tree.args) <= indicator.series + len(names):
            raise self._error(tree, f"expected {indicator.signature}, got {len(tree.args)} arguments by place")
        places.update(zip(names, tree.args[indicator.series :], strict=False))
        for word in tree.keywords:
            if word.arg is None or word.arg not in names:
                known = f"{indicator.signature}{suggestion(word.arg or '', names)}"
                raise self._error(word, f'unknown argument "{word.arg}", expected {known}')
            if word.arg in places:
                raise self._error(word, f'"{word.arg}" is given twice, expected {indicator.signature}')
            places[word.arg] = word.value
        series = tuple(self._operand(each, Kind.NUMBER, indicator.name) for each in tree.args[: indicator.series])
        arguments = tuple(
            self._operand(places[each.name], Kind.NUMBER, each.name)
            if each.name in places
            else Number(float(each.default), tree.col_offset)
            for each in indicator.arguments
        )
        return IndicatorOf(indicator, series, arguments, tree.col_offset)
