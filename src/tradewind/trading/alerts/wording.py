"""What an alert waits for and what it saw, in English and Russian, with the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isnan

from tradewind.core.alerts import Condition, Holding, Move
from tradewind.core.expressions.tree import RegimeName
from tradewind.core.regime import Regime
from tradewind.core.values import decimal_of
from tradewind.kit.language import Language, grouped
from tradewind.trading.strategies.speaking import Speaker

EN, RU = Language.EN, Language.RU

_AWAITED: Mapping[Move, Mapping[Language, str]] = {
    Move.TOUCH: {EN: "{symbol} reaches {level}", RU: "{symbol} достигает {level}"},
    Move.ABOVE: {EN: "{symbol} rises to {level}", RU: "{symbol} поднимается до {level}"},
    Move.BELOW: {EN: "{symbol} falls to {level}", RU: "{symbol} опускается до {level}"},
}
_REACHED: Mapping[Move, Mapping[Language, str]] = {
    Move.TOUCH: {EN: "{symbol} reached {level}", RU: "{symbol}: достигнут уровень {level}"},
    Move.ABOVE: {EN: "{symbol} rose to {level}", RU: "{symbol}: рост до {level}"},
    Move.BELOW: {EN: "{symbol} fell to {level}", RU: "{symbol}: падение до {level}"},
}
_PRICE: Mapping[Language, str] = {EN: "price {price}", RU: "цена {price}"}
_UNDEFINED: Mapping[Language, str] = {EN: "not defined", RU: "не определено"}


def level_awaited(symbol: str, level: Decimal, move: Move, language: Language) -> str:
    """What a price alert waits for."""
    return _AWAITED[move][language].format(symbol=symbol, level=_number(level, language))


def level_seen(symbol: str, level: Decimal, move: Move, price: float, language: Language) -> str:
    """What a price alert saw."""
    said = _REACHED[move][language].format(symbol=symbol, level=_number(level, language))
    return f"{said}; {_price(price, language)}"


def condition_awaited(condition: Condition, language: Language) -> str:
    """A condition in words."""
    return "; ".join(Speaker(language, {}).conditions(condition.expression.root))


def condition_seen(condition: Condition, seen: Holding, price: float, language: Language) -> str:
    """What was compared at the close at which a condition held, with its value."""
    speaker = Speaker(language, {})
    told = {
        speaker.phrase(fact.node): _value(value, speaker)
        for fact, value in zip(condition.facts, seen.values, strict=True)
    }
    return "; ".join([*(f"{name} = {value}" for name, value in told.items()), _price(price, language)])


def _price(price: float, language: Language) -> str:
    return _PRICE[language].format(price=_number(decimal_of(price), language))


def _number(value: Decimal, language: Language) -> str:
    return grouped(f"{value.normalize():f}", language)


def _value(value: float | Regime | None, speaker: Speaker) -> str:
    if isinstance(value, Regime):
        return speaker.phrase(RegimeName(value))
    if value is None or isnan(value):
        return _UNDEFINED[speaker.language]
    return _number(Decimal(f"{value:.7g}"), speaker.language)
