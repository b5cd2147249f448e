"""A sweep without a database: on the calculators of this process, in batches, with what is done kept in a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tradewind.research.studies.calculators import CalculatorError, Calculators
from tradewind.research.studies.candles import CandleArchive
from tradewind.research.studies.study import Study, SweepPlan
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.heatmap import Fold, HeatMap, heat_map
from tradewind.research.sweeps.samplers import Scored

#: Seconds that a batch should take, so that progress is seen and little is lost by an end.
_BATCH_SECONDS = 1.0
_FIRST_BATCH, _LARGEST_BATCH = 4, 256

#: A trial's answer, as the task `trials` gives it.
Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep came to, or had come to when it was ended.

    Attributes:
        points, answers: of the trials that are computed, in their order.
        best: which of them; None where none has a score.
        honesty: see `research.sweeps.honesty.Honesty.document`.
    """

    study: Study
    points: Sequence[int]
    answers: Sequence[Answer]
    best: int | None
    honesty: dict[str, Any] | None

    @property
    def plan(self) -> SweepPlan:
        assert self.study.sweep is not None, "a sweep has one"
        return self.study.sweep

    @property
    def complete(self) -> bool:
        return len(self.points) == self.plan.sampler.trials

    @property
    def tried(self) -> list[Scored]:
        """The trials that the document did not refuse."""
        pairs = zip(self.points, self.answers, strict=True)
        return [Scored(point, answer["score"]) for point, answer in pairs if answer["error"] is None]

    def heat_map(self, x: str | None = None, y: str | None = None, fold: Fold = Fold.MAX) -> HeatMap:
        """See `research.sweeps.heatmap.heat_map`."""
        return heat_map(self.plan.sampler.space, self.tried, x, y, fold)

    def ranked(self) -> list[int]:
        """Places of the trials that have a score, the best first."""
        scored = [place for place, answer in enumerate(self.answers) if answer["score"] is not None]
        return sorted(scored, key=lambda place: (-self.answers[place]["score"], place))

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        study = self.study.document()
        del study["text"]
        space = self.plan.sampler.space
        trials = [
            {"parameters": space.settings(point), **{key: answer[key] for key in ("score", "metrics", "error")}}
            for point, answer in zip(self.points, self.answers, strict=True)
        ]
        return study | {
            "complete": self.complete,
            "best": None if self.best is None else trials[self.best],
            "honesty": self.honesty,
            "heat_maps": [self.heat_map(fold=fold).document() for fold in Fold],
            "trials": trials,
        }


class Keeper:
    """What is done, in a file of lines: the study, then every trial. Whatever ends the process, a line is there or not.

    Raises:
        SweepError: the file belongs to another sweep, or to none.
    """

    def __init__(self, path: Path, study: Study) -> None:
        self.known: dict[int, Answer] = {}
        head = orjson.dumps({"sweep": study.document()}, option=orjson.OPT_SORT_KEYS)
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        if lines and lines[0] != head:
            raise SweepError("resume", f"expected the file of this very sweep, got another in {path}; name a new file")
        whole = lines[:-1]  # behind the last line's end there is nothing, or half a line
        for line in whole[1:]:
            trial = orjson.loads(line)
            self.known[trial["point"]] = trial["answer"]
        with path.open("wb") as file:
            file.write(b"".join(line + b"\n" for line in whole or [head]))
        self._path = path

    def keep(self, trials: Sequence[tuple[int, Answer]]) -> None:
        """Add trials that are done."""
        with self._path.open("ab") as file:
            for point, answer in trials:
                file.write(orjson.dumps({"point": point, "answer": answer}) + b"\n")


async def run_sweep(
    study: Study,
    archive: CandleArchive,
    processes: int,
    *,
    keeper: Keeper | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> SweepResult:
    """Run the study's sweep. When this is cancelled, it answers with what is done by then.

    Args:
        processes: calculators at a time.
        told: how many trials were done since it was told last.

    Raises:
        CalculatorError: it cannot be done, or there is a fault of ours.
    """
    calculators = Calculators(processes)
    points: list[int] = []
    known: dict[int, Answer] = dict(keeper.known) if keeper else {}
    arguments = {"study": study.document(), "source": archive.document()}
    batches = _Batches(calculators, arguments, known, keeper, told)
    try:
        try:
            while True:
                tried = [(point, known[point]["score"]) for point in points]
                generation = await calculators.do("points", study=arguments["study"], tried=tried)
                if not generation:
                    break
                points += generation
                await batches.run(generation, processes)
        except asyncio.CancelledError:
            # Whoever asked for the end is asked for the patience to sum up; a second request ends that too.
            task = asyncio.current_task()
            assert task is not None, "called as a task"
            task.uncancel()
        return await _summed_up(study, calculators, [point for point in points if point in known], known)
    finally:
        await calculators.close()


class _Batches:
    """Has points computed, on several calculators at a time."""

    def __init__(
        self,
        calculators: Calculators,
        arguments: dict[str, Any],
        known: dict[int, Answer],
        keeper: Keeper | None,
        told: Callable[[int], None],
    ) -> None:
        self._calculators, self._arguments = calculators, arguments
        self._known, self._keeper, self._told = known, keeper, told
        self._size = _FIRST_BATCH

    async def run(self, points: Sequence[int], processes: int) -> None:
        waiting = [point for point in points if point not in self._known]
        self._told(len(points) - len(waiting))
        waiting.reverse()

        async def work() -> None:
            while waiting:
                taken = [waiting.pop() for _ in range(min(self._size, max(1, -(-len(waiting) // processes))))]
                await self._compute(taken)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(processes):
                    group.create_task(work())
        except* CalculatorError as errors:
            raise errors.exceptions[0] from None

    async def _compute(self, points: list[int]) -> None:
        began = time.monotonic()
        answers: list[Answer] = await self._calculators.do("trials", points=points, **self._arguments)
        trials = list(zip(points, answers, strict=True))
        if self._keeper is not None:
            self._keeper.keep(trials)
        self._known.update(trials)
        self._told(len(points))
        wanted = int(len(points) * _BATCH_SECONDS / max(time.monotonic() - began, 1e-3))
        self._size = max(1, min(wanted, 4 * len(points), _LARGEST_BATCH))


async def _summed_up(
    study: Study, calculators: Calculators, points: list[int], known: Mapping[int, Answer]
) -> SweepResult:
    answers = [known[point] for point in points]
    places = [place for place, answer in enumerate(answers) if answer["error"] is None]
    if not places:
        return SweepResult(study, points, answers, None, None)
    judged = await calculators.do(
        "judge",
        study=study.document(),
        tried=[(points[place], answers[place]["score"]) for place in places],
        returns=[answers[place]["returns"] for place in places],
    )
    best = judged["best"]
    return SweepResult(study, points, answers, None if best is None else places[best], judged["honesty"])
