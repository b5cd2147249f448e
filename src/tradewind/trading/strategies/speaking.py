"""Expressions as phrases, in English and Russian."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tradewind.core.expressions.tree import (
    DefinitionOf,
    FieldOf,
    IndicatorOf,
    Node,
    Number,
    Op,
    Operation,
    ParameterOf,
    RegimeName,
    SeenOn,
)
from tradewind.core.indicators import Field
from tradewind.core.regime import Regime
from tradewind.kit.language import Language

EN, RU = Language.EN, Language.RU

_FIELDS: Mapping[Field, Mapping[Language, str]] = {
    Field.OPEN: {EN: "the open", RU: "открытие"},
    Field.HIGH: {EN: "the high", RU: "максимум свечи"},
    Field.LOW: {EN: "the low", RU: "минимум свечи"},
    Field.CLOSE: {EN: "the close", RU: "закрытие"},
    Field.VOLUME: {EN: "the volume", RU: "объём"},
}
_REGIMES: Mapping[Regime, Mapping[Language, str]] = {
    Regime.TREND_UP: {EN: "an uptrend", RU: "восходящий тренд"},
    Regime.TREND_DOWN: {EN: "a downtrend", RU: "нисходящий тренд"},
    Regime.RANGE: {EN: "a range", RU: "боковик"},
    Regime.VOLATILE: {EN: "volatile", RU: "повышенная волатильность"},
}
#: What joins the operands; brackets are put around those that are joined themselves.
_INFIX: Mapping[Op, Mapping[Language, str]] = {
    Op.ADD: {EN: "+", RU: "+"},
    Op.SUBTRACT: {EN: "−", RU: "−"},
    Op.MULTIPLY: {EN: "×", RU: "×"},
    Op.DIVIDE: {EN: "÷", RU: "÷"},
    Op.LESS: {EN: "is below", RU: "ниже, чем"},
    Op.LESS_EQUAL: {EN: "is at most", RU: "не выше, чем"},
    Op.GREATER: {EN: "is above", RU: "выше, чем"},
    Op.GREATER_EQUAL: {EN: "is at least", RU: "не ниже, чем"},
    Op.EQUAL: {EN: "equals", RU: "равно"},
    Op.NOT_EQUAL: {EN: "does not equal", RU: "не равно"},
    Op.SAME_REGIME: {EN: "is", RU: "—"},
    Op.OTHER_REGIME: {EN: "is not", RU: "— не"},
    Op.CROSSES_ABOVE: {EN: "crosses above", RU: "пересекает снизу вверх"},
    Op.CROSSES_BELOW: {EN: "crosses below", RU: "пересекает сверху вниз"},
    Op.AND: {EN: "and", RU: "и"},
    Op.OR: {EN: "or", RU: "или"},
}
#: Phrases with a place for each operand.
_CALLS: Mapping[Op, Mapping[Language, str]] = {
    Op.NEGATE: {EN: "−{0}", RU: "−{0}"},
    Op.ABS: {EN: "the size of {0}", RU: "величина {0}"},
    Op.CLIP: {EN: "{0} held between {1} and {2}", RU: "{0} в пределах от {1} до {2}"},
    Op.NOT: {EN: "it does not hold that {0}", RU: "неверно, что {0}"},
    Op.REGIME: {EN: "the market's regime", RU: "режим рынка"},
    Op.HOUR: {EN: "the hour of the close (UTC)", RU: "час закрытия свечи (UTC)"},
    Op.MINUTE: {EN: "the minute of the close", RU: "минута закрытия свечи"},
    Op.WEEKDAY: {EN: "the weekday (1 = Monday, UTC)", RU: "день недели (1 — понедельник, UTC)"},
    Op.SESSION: {
        EN: "the candle closes between {0} and {1} o'clock UTC",
        RU: "свеча закрывается между {0} и {1} ч UTC",
    },
}
_LISTS: Mapping[Op, Mapping[Language, str]] = {
    Op.MIN: {EN: "the smallest of", RU: "наименьшее из"},
    Op.MAX: {EN: "the largest of", RU: "наибольшее из"},
}
_AGO: Mapping[Language, str] = {EN: "{0} {1} candle(s) ago", RU: "{0} (свечей назад: {1})"}
_ON: Mapping[Language, str] = {EN: "[on {0}: {1}]", RU: "[{0}: {1}]"}
_OWN: Mapping[Language, str] = {EN: "{0} candles", RU: "свечи {0}"}
#: What needs brackets beside others.
_JOINED = frozenset(_INFIX) | {Op.ABS, Op.CLIP, Op.NOT, Op.PREVIOUS}
#: A comparison that begins with a constant is said the other way round.
_MIRRORED = {
    Op.LESS: Op.GREATER,
    Op.LESS_EQUAL: Op.GREATER_EQUAL,
    Op.GREATER: Op.LESS,
    Op.GREATER_EQUAL: Op.LESS_EQUAL,
}
_LOOSE = frozenset({Op.AND, Op.OR})


class Speaker(NamedTuple):
    """Says expressions in one language.

    Attributes:
        values: of the parameters.
    """

    language: Language
    values: Mapping[str, float]

    def phrase(self, node: Node) -> str:
        """`node` in words; definitions by their names."""
        match node:
            case Number(value):
                return number(value)
            case ParameterOf(name):
                return number(self.values[name])
            case DefinitionOf(name):
                return name
            case FieldOf(name):
                return _FIELDS[name][self.language]
            case RegimeName(regime):
                return _REGIMES[regime][self.language]
            case IndicatorOf():
                return self._indicator(node)
            case SeenOn(symbol, timeframe, inner):
                own = _OWN[self.language].format(timeframe)
                series = f"{symbol} {timeframe or ''}".strip() if symbol else own
                return _ON[self.language].format(series, self.phrase(inner))
            case Operation():
                return self._operation(node)

    def conditions(self, node: Node) -> list[str]:
        """A condition as the list of those that must all hold."""
        if isinstance(node, Operation) and node.op is Op.AND:
            return [line for each in node.operands for line in self.conditions(each)]
        return [self.phrase(node)]

    def _indicator(self, node: IndicatorOf) -> str:
        inside = [self.phrase(each) for each in (*node.series, *node.arguments)]
        name = node.indicator.name.upper().replace("_", " ")
        return f"{name}({', '.join(inside)})" if inside else name

    def _operation(self, node: Operation) -> str:
        language, op = self.language, node.op
        if op is Op.PREVIOUS:
            return _AGO[language].format(*map(self._operand, node.operands))
        if op in _LISTS:
            return f"{_LISTS[op][language]} ({'; '.join(map(self.phrase, node.operands))})"
        if op in _CALLS:
            return _CALLS[op][language].format(*map(self._operand, node.operands))
        if op in _MIRRORED and isinstance(node.operands[0], Number | ParameterOf):
            return f" {_INFIX[_MIRRORED[op]][language]} ".join(map(self._operand, reversed(node.operands)))
        inside: Callable[[Node], str] = self._clause if op in _LOOSE else self._operand
        return f" {_INFIX[op][language]} ".join(map(inside, node.operands))

    def _operand(self, node: Node) -> str:
        """`node` in brackets where it would run into its neighbours."""
        text = self.phrase(node)
        return f"({text})" if isinstance(node, Operation) and node.op in _JOINED else text

    def _clause(self, node: Node) -> str:
        text = self.phrase(node)
        return f"({text})" if isinstance(node, Operation) and node.op in _LOOSE else text


def number(value: float) -> str:
    """A number for people: no needless zeros."""
    return f"{value:.10g}".replace("-", "−")
