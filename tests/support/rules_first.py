"""Plugin for mutation testing: most mutants die of the tests that state a rule, so these go before examples by the hundred
and simulated trades, which are then lived through for the few that are left."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_patience)


def _patience(item: pytest.Item) -> int:
    if item.path.parent.name == "simulation":
        return 2
    test = getattr(item, "obj", None)
    return int(hasattr(test, "hypothesis") or hasattr(getattr(test, "__self__", None), "_state_machine"))
