"""The words of a rationale: sentences with `{name}` where a number belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from decimal import Decimal

from tradewind.core.expressions import suggestion
from tradewind.core.indicators import Field, Unit
from tradewind.core.strategy.model import StrategyError
from tradewind.core.values import Rounding, decimal_of, round_to

#: Names that stand for the signal's own levels: entry limit, stop, and their distance in percent of the entry.
LEVELS = frozenset({"entry", "stop", "risk"})

_COLUMNS = frozenset(field.value for field in Field)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_sentence(path: str, sentence: str, names: Set[str]) -> list[str]:
    """The names that `sentence` uses: of `names`, of candle columns, and of `LEVELS`.

    Raises:
        StrategyError: an unknown name, or a brace without its partner.
    """
    used: list[str] = _PLACEHOLDER.findall(sentence)
    rest = _PLACEHOLDER.sub("", sentence)
    if "{" in rest or "}" in rest:
        raise StrategyError(path, "expected a name between braces, such as {stop}")
    known = names | _COLUMNS | LEVELS
    for name in used:
        if name not in known:
            raise StrategyError(path, f'unknown name "{name}" in braces{suggestion(name, known)}')
    return used


def fill(sentence: str, facts: Mapping[str, str]) -> str:
    """`sentence` with every name in braces replaced by its fact."""
    return _PLACEHOLDER.sub(lambda match: facts[match[1]], sentence)


def shown(value: float, unit: Unit, tick: Decimal) -> str:
    """`value` for people: prices and distances on the tick, volumes with four digits, the rest with one or two."""
    exact = decimal_of(value)
    match unit:
        case Unit.PRICE:
            text = format(round_to(exact, tick, Rounding.NEAREST), "f")
        case Unit.VOLUME:
            text = plain(Decimal(f"{value:.4g}"))
        case Unit.INDEX:
            text = f"{exact:.1f}"
        case Unit.PERCENT | Unit.PLAIN:
            text = f"{exact:.2f}"
    return text if Decimal(text) else text.lstrip("-")  # no minus before nothing


def plain(value: Decimal) -> str:
    """All digits of `value`, without an exponent and without zeros behind."""
    return format(value.normalize(), "f")
