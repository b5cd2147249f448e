"""Parameter sets that can be run together: they have one program, and differ in numbers of their plans alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import batched

import numpy as np
from numpy.typing import NDArray

from tradewind.core.indicators import ArgumentError
from tradewind.core.strategy import Strategy
from tradewind.research.sweeps.space import Setting, Settings

#: Sets that are run at a time; what is computed of more would leave the processor's cache.
_TOGETHER = 32


class Family:
    """Sets of one strategy that have these values in common."""

    def __init__(self, strategy: Strategy, left_open: frozenset[str], common: Settings) -> None:
        self._strategy = strategy
        self._left_open = left_open
        self._common = common

    @cached_property
    def linked(self) -> Strategy | None:
        """The strategy that all of them are, but for what is left open; None where there is none.

        Raises:
            ExpressionError: the document refuses what they have in common.
        """
        base = self._strategy
        linked = Strategy.of(base.blueprint, {**base.values, **base.chosen, **self._common}, self._left_open)
        return linked if linked.left_open == self._left_open else None


class Group:
    """Some sets of a family.

    Attributes:
        numbers: of the sets.
        settings: of what the family leaves open, by name, shape (sets,) each.
    """

    def __init__(self, family: Family, numbers: Sequence[int], settings: Mapping[str, NDArray[np.float64]]) -> None:
        self.family = family
        self.numbers = numbers
        self.settings = settings


def grouped(strategy: Strategy, sets: Sequence[Settings]) -> Iterator[Group]:
    """Groups of `sets`, each set in one at most.

    In none are those that the document refuses for a value that is left open in the others, and where nothing can be
    left open all. What is wrong with a set is for whoever runs it alone to find.
    """
    names = frozenset().union(*sets)
    left_open = Strategy.of(strategy.blueprint, {**strategy.values, **strategy.chosen}, names).left_open
    if not left_open:
        return
    ranges = {each.name: each.range for each in strategy.blueprint.parameters if each.name in left_open}
    members: dict[tuple[tuple[str, Setting], ...], list[tuple[int, list[float]]]] = {}
    for number, settings in enumerate(sets):
        try:
            values = [
                float(allowed.checked(_number(settings.get(name, strategy.values[name]))))
                for name, allowed in ranges.items()
            ]
        except ArgumentError:
            continue
        common = tuple((name, value) for name, value in settings.items() if name not in left_open)
        members.setdefault(common, []).append((number, values))
    for common, found in members.items():
        family = Family(strategy, left_open, dict(common))
        for some in batched(found, _TOGETHER):
            columns = np.array([values for _, values in some]).T
            yield Group(family, [number for number, _ in some], dict(zip(ranges, columns, strict=True)))


def _number(value: Setting) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArgumentError(f"expected a number, got {value!r}")
    return value
