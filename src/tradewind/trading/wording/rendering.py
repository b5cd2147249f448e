"""From a decision's code and data to a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tradewind.core.decisions import DecisionCode
from tradewind.core.plan import PlanAction
from tradewind.core.portfolio import Suggestion, shown
from tradewind.core.positions import ExitReason
from tradewind.core.risk import DenyReason
from tradewind.kit.language import Language, grouped
from tradewind.trading.wording.phrases import CAUSES, DECISIONS, DENIALS, EXITS, SIDES, STOPS, SUGGESTIONS

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"\{(\w+)(:raw)?\}")


class MissingDataError(KeyError):
    """A decision without a number that its sentence names."""


def render(code: DecisionCode, data: Mapping[str, str], language: Language) -> str:
    """The decision as a sentence.

    Raises:
        MissingDataError: the data lack something that decisions of this code always carry.
    """
    return _fill(DECISIONS[code][language], dict(data) | _derived(code, data, language), language)


def suggest(suggestion: Suggestion, currency: str, language: Language) -> str:
    """The suggestion as a sentence; amounts are in `currency`."""
    data = {name: shown(value) for name, value in suggestion.facts.items()} | {"currency": currency}
    for name, value in suggestion.facts.items():
        data[f"{name}_percent"] = shown(value * 100)
    if (quantity := suggestion.facts.get("quantity")) is not None:
        data["quantity"] = format(quantity, "f")  # it is an order's: every digit counts
    data |= dict(zip(("subject", "other_subject"), suggestion.subjects, strict=False))
    return _fill(SUGGESTIONS[suggestion.code][language], data, language)


def _derived(code: DecisionCode, data: Mapping[str, str], language: Language) -> dict[str, str]:
    """Parts of a sentence that are phrases themselves."""
    parts: dict[str, str] = {}
    if "side" in data:
        parts["side"] = SIDES[data["side"]][language]
    match code:
        case DecisionCode.INTENT_DENIED:
            parts["denial"] = _fill(DENIALS[DenyReason(data["reason"])][language], {**data, **parts}, language)
        case DecisionCode.STOP_MOVED:
            parts["cause"] = _fill(CAUSES[PlanAction(data["action"])][language], data, language)
        case DecisionCode.STOP_FILLED:
            parts["kind"] = STOPS[data["kind"]][language]
        case DecisionCode.CLOSED | DecisionCode.EXIT_REQUESTED if "reason" in data:
            parts["exit"] = EXITS[ExitReason(data["reason"])][language]
        case _:
            pass
    return parts


def _fill(phrase: str, data: Mapping[str, str], language: Language) -> str:
    def optional(match: re.Match[str]) -> str:
        needed = {place[1] for place in _PLACE.finditer(match[1])}
        return match[1] if needed <= data.keys() else ""

    def place(match: re.Match[str]) -> str:
        name, raw = match[1], match[2]
        if name not in data:
            raise MissingDataError(f'expected "{name}" in the data of the decision, got {sorted(data)}')
        return data[name] if raw else grouped(data[name], language)

    return _PLACE.sub(place, _OPTIONAL.sub(optional, phrase))
