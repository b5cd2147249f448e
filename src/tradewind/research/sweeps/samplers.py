"""Which points of a space a sweep tries, in generations: what comes next may depend on all that came before.

A generation is a pure function of the space, the seed and the scores so far. So a sweep comes to the same trials
whatever the number of workers, and however often it is interrupted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.space import Space

if TYPE_CHECKING:
    import optuna

#: Trials of TPE that are proposed together, and so may run at one time; more of them learn less from each other.
_TPE_TOGETHER = 16
#: Trials of TPE before it begins to model; they are drawn at random.
_TPE_STARTUP = 16
#: Points drawn for one proposal before a new one is taken at random.
_TPE_ATTEMPTS = 20


class SamplerKind(StrEnum):
    """How the points of a sweep are chosen."""

    GRID = "grid"
    """All of them."""
    RANDOM = "random"
    """Some, each equally likely, none twice."""
    TPE = "tpe"
    """Where good ones were found before: tree-structured Parzen estimators (Bergstra et al. 2011), by Optuna."""


class Scored(NamedTuple):
    """A point that was tried; `score` is None where it has none."""

    number: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Sampler:
    """Chooses `trials` points of `space`."""

    kind: SamplerKind
    space: Space
    trials: int
    seed: int

    @classmethod
    def of(cls, kind: SamplerKind, space: Space, trials: int | None, seed: int, most: int) -> Sampler:
        """The sampler for that many trials: at most the space's points; without a number, all points of a grid and 100
        of the others.

        Raises:
            SweepError: no trial or more than `most`; a grid with other trials than it has points.
        """
        size = space.size
        if trials is not None and trials < 1:
            raise SweepError("trials", f"expected at least one trial, got {trials}")
        if kind is SamplerKind.GRID:
            if trials is not None and trials < size:
                raise SweepError(
                    "trials", f"expected all {size:,} points of the grid, got {trials:,}; take random, or larger steps"
                )
            wanted = size
        else:
            wanted = min(trials or 100, size)
        if wanted > most:
            raise SweepError(
                "trials", f"expected at most {most:,} trials, got {wanted:,}; take random, or fewer values"
            )
        return cls(kind, space, wanted, seed)

    def known_points(self) -> list[int]:
        """The first generation where it costs nothing to say; TPE's is asked for like the others."""
        return [] if self.kind is SamplerKind.TPE else self.next_points([])

    def next_points(self, tried: Sequence[Scored]) -> list[int]:
        """The generation after `tried`, which holds whole generations in the order of the trials; empty at the end."""
        if len(tried) >= self.trials:
            return []
        if self.kind is SamplerKind.GRID:
            return list(range(self.trials))
        if self.kind is SamplerKind.RANDOM:
            return self._drawn()
        return self._by_estimators(tried)

    def _drawn(self) -> list[int]:
        # Python's own generator is the same on every machine and version.
        draw, size = random.Random(self.seed), self.space.size  # noqa: S311
        if size < 2 * self.trials:
            return draw.sample(range(size), self.trials)
        points: dict[int, None] = {}
        while len(points) < self.trials:  # a range too long for `sample` does not matter here
            points[draw.randrange(size)] = None
        return list(points)

    def _by_estimators(self, tried: Sequence[Scored]) -> list[int]:
        import optuna  # noqa: PLC0415 - half a second that only this sampler pays for

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(
            direction="maximize",
            # Seeded by how much was tried: the state of a generator that ran before a kill is nowhere kept.
            sampler=optuna.samplers.TPESampler(
                seed=(self.seed * 1_000_003 + len(tried)) % 2**32,
                multivariate=True,
                n_startup_trials=_TPE_STARTUP,
                constant_liar=True,
            ),
        )
        distributions: dict[str, Any] = {
            axis.name: (
                optuna.distributions.IntDistribution(0, len(axis.values) - 1)
                if axis.ordered
                else optuna.distributions.CategoricalDistribution(list(range(len(axis.values))))
            )
            for axis in self.space.axes
        }
        study.add_trials([self._known(trial, distributions) for trial in tried])
        seen = {trial.number for trial in tried}
        points: list[int] = []
        for _ in range(min(_TPE_TOGETHER, self.trials - len(tried))):
            point = self._unseen(study, distributions, seen)
            seen.add(point)
            points.append(point)
        return points

    def _known(self, trial: Scored, distributions: dict[str, Any]) -> optuna.trial.FrozenTrial:
        import optuna  # noqa: PLC0415 - as above

        state = optuna.trial.TrialState
        return optuna.trial.create_trial(
            state=state.COMPLETE if trial.score is not None else state.FAIL,
            value=trial.score,
            params=dict(zip(distributions, self.space.places(trial.number), strict=True)),
            distributions=distributions,
        )

    def _unseen(self, study: optuna.Study, distributions: dict[str, Any], seen: set[int]) -> int:
        """A point that nobody tried yet."""
        for _ in range(_TPE_ATTEMPTS):
            trial = study.ask(distributions)
            point = self.space.number(trial.params[axis.name] for axis in self.space.axes)
            if point not in seen:
                return point
        draw = random.Random(f"{self.seed}/{len(seen)}")  # noqa: S311
        while (point := draw.randrange(self.space.size)) in seen:
            pass
        return point
