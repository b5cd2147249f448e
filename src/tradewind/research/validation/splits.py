"""Walk-forward splits: train on what was known, test on what came next, again and again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tradewind.research.validation.errors import ValidationError


class WalkForward(StrEnum):
    """Where the training rows of a split begin."""

    ANCHORED = "anchored"
    """At the first row: training grows with every split."""
    ROLLING = "rolling"
    """As many rows as in the first split before the end: what is old is forgotten."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to train on and rows to test on, all of them later."""

    train: range
    test: range


def walk_forward(
    rows: int,
    *,
    train: int,
    test: int,
    mode: WalkForward = WalkForward.ROLLING,
    step: int | None = None,
    purge: int = 0,
    embargo: int = 0,
) -> tuple[Split, ...]:
    """The splits of `rows` rows, oldest first.

    Between training and test lie `purge` + `embargo` rows that serve neither, for two reasons that add up: a trade
    entered in the last rows of training is still open when they end, so its outcome would be told by test rows (purge:
    the longest a trade lasts); and indicators carry what they saw for a while (embargo: rows until serial correlation
    has died away). Source: López de Prado (2018), "Advances in Financial Machine Learning", 7.4.

    Args:
        train: rows of training; when anchored, of the first split.
        test: rows of testing.
        step: rows from one test to the next; None = `test`, so that tests lie side by side without overlap.

    Returns:
        Every split whose test fits whole; the rows left at the end are not tested. Tests with `step` = `test` cover
        consecutive rows without gap.

    Raises:
        ValidationError: a length below 1, a negative gap, or too few rows for one split.
    """
    step = test if step is None else step
    for name, value, least in (
        ("train", train, 1),
        ("test", test, 1),
        ("step", step, 1),
        ("purge", purge, 0),
        ("embargo", embargo, 0),
    ):
        if value < least:
            raise ValidationError(f"expected {name} of {least} or more rows, got {value}")
    gap = purge + embargo
    first = train + gap
    if first + test > rows:
        raise ValidationError(f"expected at least {first + test} rows for one split, got {rows}")
    return tuple(
        Split(range(0 if mode is WalkForward.ANCHORED else at - gap - train, at - gap), range(at, at + test))
        for at in range(first, rows - test + 1, step)
    )
