"""The values of a document's parameters and choices, checked, and the hash that tells one setting from another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from tradewind.core.expressions import suggestion
from tradewind.core.indicators import ArgumentError
from tradewind.core.strategy.model import Blueprint, StrategyError


def checked_settings(
    blueprint: Blueprint, overrides: Mapping[str, float | str]
) -> tuple[dict[str, float], dict[str, str]]:
    """The value of every parameter and the word of every choice: those of `overrides`, and the defaults of the others.

    Raises:
        StrategyError: an unknown name, or a value or word that the document does not allow.
    """
    known = {parameter.name for parameter in blueprint.parameters} | {choice.name for choice in blueprint.choices}
    for name in overrides:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise StrategyError(
                f"parameters.{name}", f"unknown parameter{suggestion(name, known)}; {blueprint.name} has {there}"
            )
    return _values(blueprint, overrides), _chosen(blueprint, overrides)


def _chosen(blueprint: Blueprint, overrides: Mapping[str, float | str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for choice in blueprint.choices:
        word = overrides.get(choice.name, choice.default)
        if not isinstance(word, str) or word not in choice.options:
            raise StrategyError(f"choices.{choice.name}", f"expected one of {', '.join(choice.options)}, got {word}")
        chosen[choice.name] = word
    return chosen


def _values(blueprint: Blueprint, overrides: Mapping[str, float | str]) -> dict[str, float]:
    ranges = {parameter.name: parameter.range for parameter in blueprint.parameters}
    values: dict[str, float] = {}
    for name, allowed in ranges.items():
        value = overrides.get(name, allowed.default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise StrategyError(f"parameters.{name}", f"expected a number, got {value!r}")
        try:
            values[name] = float(allowed.checked(value))
        except ArgumentError as error:
            raise StrategyError(f"parameters.{name}", str(error)) from None
    return values


def content_hash(blueprint: Blueprint, values: Mapping[str, float], chosen: Mapping[str, str]) -> str:
    """The document's hash at its defaults; otherwise that of document and changed values together."""
    defaults = {parameter.name: parameter.range.default for parameter in blueprint.parameters}
    changed = {name: repr(value) for name, value in values.items() if value != defaults[name]}
    changed |= {each.name: chosen[each.name] for each in blueprint.choices if chosen[each.name] != each.default}
    if not changed:
        return blueprint.document_hash
    content = {"document": blueprint.document_hash, "parameters": changed}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
