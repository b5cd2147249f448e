"""The strategies that come with the platform: documents in `library/`, in the format that users write."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from tradewind.core.expressions import suggestion
from tradewind.core.strategy import Strategy
from tradewind.trading.strategies.documents import parse_document

_LIBRARY = files(__package__) / "library"


class UnknownStrategyError(LookupError):
    """No built-in strategy of that name."""


@cache
def builtin_strategies() -> Mapping[str, Strategy]:
    """Every built-in strategy that trades, by its name, with its parameters at their defaults.

    Yardsticks for research (`research_only`) are not among them; `load_builtin` knows them too.
    """
    found = map(load_builtin, builtin_names())
    return MappingProxyType({each.ref.name: each for each in found if not each.blueprint.research_only})


@cache
def load_builtin(name: str) -> Strategy:
    """The built-in strategy `name`, whether it trades or is for research only; reads no other document.

    Raises:
        UnknownStrategyError: there is none.
    """
    names = builtin_names()
    if name not in names:
        known = ", ".join(names)
        raise UnknownStrategyError(f'no built-in strategy "{name}"{suggestion(name, names)}; there are {known}')
    return parse_document(builtin_text(name))


def builtin_text(name: str) -> str:
    """The document of the built-in strategy `name`, as a user could have written it."""
    return (_LIBRARY / f"{name}.yaml").read_text(encoding="utf-8")


def builtin_names() -> list[str]:
    """Names of all built-in strategies, those for research only among them; each is that of its file."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _LIBRARY.iterdir() if entry.name.endswith(".yaml"))
