"""A sweep seen from above: the score over two of its parameters, the others folded away."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tradewind.research.sweeps.samplers import Scored
from tradewind.research.sweeps.space import Axis, Space


class Fold(StrEnum):
    """What stands for the trials that differ only in the other parameters."""

    MAX = "max"
    MEDIAN = "median"
    """The middle one; where `max` is high and this is low, a peak stands alone."""

    def of(self, scores: list[float]) -> float | None:
        """None of no scores."""
        if not scores:
            return None
        return max(scores) if self is Fold.MAX else statistics.median(scores)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Scores over two axes.

    Attributes:
        y: None when only one parameter is shown; then there is one row.
        cells: rows by `y`, columns by `x`; None where no trial has a score.
        trials: how many trials lie under each cell, scored or not.
    """

    x: Axis
    y: Axis | None
    fold: Fold
    cells: tuple[tuple[float | None, ...], ...]
    trials: tuple[tuple[int, ...], ...]

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "x": {"name": self.x.name, "values": list(self.x.values)},
            "y": None if self.y is None else {"name": self.y.name, "values": list(self.y.values)},
            "fold": self.fold.value,
            "cells": [list(row) for row in self.cells],
            "trials": [list(row) for row in self.trials],
        }


def heat_map(
    space: Space, tried: Iterable[Scored], x: str | None = None, y: str | None = None, fold: Fold = Fold.MAX
) -> HeatMap:
    """The scores over the parameters `x` and `y`; over those with the most values, if none is named.

    Raises:
        SweepError: a parameter that does not vary.
    """
    by_length = sorted(space.axes, key=lambda axis: -len(axis.values))
    across = space.axis(x) if x is not None else next(axis for axis in by_length if axis.name != y)
    rest = [axis for axis in by_length if axis is not across]
    down = space.axis(y) if y is not None else rest[0] if rest else None
    if down is across:
        down = None
    names = [axis.name for axis in space.axes]
    column, row = names.index(across.name), None if down is None else names.index(down.name)
    rows = 1 if down is None else len(down.values)
    scores: list[list[list[float]]] = [[[] for _ in across.values] for _ in range(rows)]
    trials = [[0 for _ in across.values] for _ in range(rows)]
    for number, score in tried:
        places = space.places(number)
        at_row, at_column = 0 if row is None else places[row], places[column]
        trials[at_row][at_column] += 1
        if score is not None:
            scores[at_row][at_column].append(score)
    return HeatMap(
        across,
        down,
        fold,
        tuple(tuple(fold.of(cell) for cell in line) for line in scores),
        tuple(map(tuple, trials)),
    )
