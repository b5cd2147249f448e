"""What sweeps refuse."""

from __future__ import annotations


class SweepError(ValueError):
    """A sweep that cannot be made: where, what was expected and what came.

    Attributes:
        path: the part of the sweep, such as `vary.fast`.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem
