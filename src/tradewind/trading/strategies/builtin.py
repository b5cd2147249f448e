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
    """Every built-in strategy by its name, with its parameters at their defaults."""
    texts = sorted(entry.name for entry in _LIBRARY.iterdir() if entry.name.endswith(".yaml"))
    found = [parse_document(builtin_text(name.removesuffix(".yaml"))) for name in texts]
    return MappingProxyType({strategy.ref.name: strategy for strategy in found})


def load_builtin(name: str) -> Strategy:
    """The built-in strategy `name`.

    Raises:
        UnknownStrategyError: there is none.
    """
    strategies = builtin_strategies()
    if name not in strategies:
        known = ", ".join(strategies)
        raise UnknownStrategyError(f'no built-in strategy "{name}"{suggestion(name, strategies)}; there are {known}')
    return strategies[name]


def builtin_text(name: str) -> str:
    """The document of the built-in strategy `name`, as a user could have written it."""
    return (_LIBRARY / f"{name}.yaml").read_text(encoding="utf-8")
