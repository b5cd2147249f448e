"""Plugin for mutation testing: the quick tests first.

Most mutants die of a test that states one rule, within milliseconds. Examples by the hundred and simulated trades are
lived through only for those that are left.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

#: What mutmut keeps of its run without a mutant, in the folder that it runs the tests in.
_STATISTICS = Path("mutmut-stats.json")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _STATISTICS.exists():
        took = _durations()
        items.sort(key=lambda item: took.get(item.nodeid, 0.0))


@functools.cache
def _durations() -> dict[str, float]:
    """Seconds by test."""
    durations: dict[str, float] = json.loads(_STATISTICS.read_text())["duration_by_test"]
    return durations
