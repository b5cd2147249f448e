"""What is wrong with a strategy document, place by place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: More than a person would repair before trying again.
MAX_PROBLEMS = 50


class Problem(NamedTuple):
    """One thing to repair.

    Attributes:
        path: place in the document, such as `long.targets[1].share`; empty for the document as a whole.
        detail: what was expected and what came.
        column: 1-based, in the expression at `path`.
        line: 1-based, in the text, where it is known.
    """

    path: str
    detail: str
    column: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        column = None if self.column is None else f"column {self.column}"
        return ": ".join(part for part in (self.path, column, self.detail) if part)


class DocumentError(ValueError):
    """A text that is no strategy document; `problems` has what was found, at least one and at most `MAX_PROBLEMS`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(dict.fromkeys(problems))[:MAX_PROBLEMS]
        super().__init__("\n".join(map(str, self.problems)))
