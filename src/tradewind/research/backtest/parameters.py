"""`--set name=value`: parameters and choices by their text."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tradewind.core.expressions import ExpressionError
from tradewind.core.strategy import Strategy


class ParameterError(ValueError):
    """A parameter that does not exist or may not have that value: what was expected and what came, in one line."""


def set_parameters(strategy: Strategy, settings: Iterable[str]) -> Strategy:
    """`strategy` with `settings`, each `name=value`.

    Raises:
        ParameterError: not of that form, given twice, unknown, or out of range.
    """
    choices = {choice.name for choice in strategy.blueprint.choices}
    chosen: dict[str, float | str] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not (name and equals and text):
            raise ParameterError(f"expected name=value, got {setting}")
        if name in chosen:
            raise ParameterError(f"expected each parameter once, got {name} again")
        chosen[name] = text if name in choices else _number(name, text)
    if not chosen:
        return strategy
    try:
        return strategy.with_parameters(chosen)
    except ExpressionError as error:
        raise ParameterError(str(error)) from None


def _number(name: str, text: str) -> float | str:
    """The number; a text that is none is left for the strategy to refuse, once the name is known to be a parameter."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        raise ParameterError(f"parameters.{name}: expected a finite number, got {text}")
    return value
