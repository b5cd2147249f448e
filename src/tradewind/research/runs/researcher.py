"""A worker's part in research: takes trials, has them computed, writes what they came to; until there are no more."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Sequence
from typing import Any

import structlog

from tradewind.kit.clock import Clock, WallClock
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database
from tradewind.research.runs.service import (
    Batch,
    RunKind,
    RunState,
    Tried,
    Turn,
    add_generation,
    end_run,
    fail_run,
    leave_off,
    parts_of,
    release_batch,
    renew_batch,
    take_batch,
    take_turn,
    tried,
    write_batch,
    write_result,
)
from tradewind.research.studies import CalculatorError, Calculators, CandleArchive, Study

_log = structlog.get_logger()

#: Seconds that a batch should take: a cancelled run is left off, and a progress told, about so often.
_BATCH_SECONDS = 2.0
_FIRST_BATCH, _LARGEST_BATCH = 8, 512
#: Parts of a lease after which it is renewed.
_RENEWALS = 4
#: Seconds after which `work` lets others have their turn.
_WORK_SECONDS = 900.0
#: Of a window, which is no parameter set.
_NO_SCORE: dict[str, Any] = {"score": None, "returns": "", "error": None}


class Researcher:
    """One per worker process.

    Args:
        source: where the candles are.
        processes: calculators that may run at one time.
        lease: seconds for which work is taken.
    """

    def __init__(
        self, database: Database, source: CandleArchive, *, processes: int, lease: float, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._source = source.document()
        self._most = processes
        self._lease = lease
        self._clock = clock or WallClock()
        self._calculators = Calculators(processes)
        self._working = 0
        #: Trials that a batch should have, by what those before took.
        self._size = _FIRST_BATCH

    async def work(self) -> bool:
        """Take what there is until there is nothing; at once when as many are at it as there are calculators.

        Returns:
            Whether it stopped although there may be more.
        """
        if self._working >= self._most:
            return False
        self._working += 1
        until = time.monotonic() + _WORK_SECONDS
        try:
            while time.monotonic() < until:
                if not (await self._one_batch() or await self._one_turn()):
                    return False
            return True
        finally:
            self._working -= 1
            if not self._working:
                self._size = _FIRST_BATCH
                await self._calculators.close()

    async def _one_batch(self) -> bool:
        claim = new_id()
        try:
            async with self._database.writing() as session:
                batch = await take_batch(session, claim, self._size, self._lease)
            if batch is None:
                return False
            await self._compute(batch)
        except asyncio.CancelledError:
            async with self._database.writing() as session:
                await release_batch(session, claim, at_fault=False)
            raise
        return True

    async def _compute(self, batch: Batch) -> None:
        began = time.monotonic()
        try:
            answer = await self._answer(batch)
        except CalculatorError as error:
            async with self._database.writing() as session:
                if error.refused:
                    await fail_run(session, batch, str(error), self._clock.now())
                else:
                    _log.warning("research_interrupted", run=str(batch.run_id), error=str(error))
                    await release_batch(session, batch.claim, at_fault=True)
            return
        if answer is None:
            return
        async with self._database.writing() as session:
            if batch.kind is RunKind.SWEEP:
                await write_batch(session, batch, answer)
            elif _is_window(batch):
                await write_batch(session, batch, [_NO_SCORE | {"metrics": answer}])
            else:
                await write_result(session, batch, answer, self._clock.now())
        if batch.kind is RunKind.SWEEP:
            self._size = _next_size(len(batch.trials), time.monotonic() - began)

    async def _answer(self, batch: Batch) -> Any:
        """What the batch came to; None when its run is not wanted any more."""
        task, more = await self._task(batch)
        arguments = {"study": batch.study, "source": self._source, **more}
        computing = asyncio.create_task(self._calculators.do(task, **arguments))
        try:
            while not computing.done():
                await asyncio.wait((computing,), timeout=self._lease / _RENEWALS)
                if computing.done():
                    break
                async with self._database.writing() as session:
                    if not await renew_batch(session, batch, self._lease):
                        return None
            return computing.result()
        finally:
            # Kills the calculator if it is still at it.
            computing.cancel()
            await asyncio.wait((computing,))

    async def _task(self, batch: Batch) -> tuple[str, dict[str, Any]]:
        """What a calculator is to do for the batch; see `research.studies.tasks`."""
        if batch.kind is RunKind.BACKTEST:
            return "backtest", {}
        if batch.kind is RunKind.SWEEP:
            return "trials", {"points": [trial.point for trial in batch.trials]}
        if _is_window(batch):
            return "window", {"number": batch.trials[0].point}
        async with self._database.writing() as session:
            return "verdict", {"windows": await parts_of(session, batch.run_id)}

    async def _one_turn(self) -> bool:
        async with self._database.writing() as session:
            turn = await take_turn(session, self._lease)
        if turn is None:
            return False
        async with self._database.writing() as session:
            if turn.state is RunState.CANCELLING:
                await leave_off(session, turn.run_id)
            trials = await tried(session, turn.run_id)
        try:
            await self._go_on(turn, trials)
        except CalculatorError as error:
            async with self._database.writing() as session:
                await end_run(session, turn, RunState.FAILED, None, str(error), self._clock.now())
        return True

    async def _go_on(self, turn: Turn, trials: Sequence[Tried]) -> None:
        """Propose the next generation, or sum up."""
        wanted = turn.state is not RunState.CANCELLING and len(trials) < turn.total
        if wanted and (points := await self._next_points(turn, trials)):
            async with self._database.writing() as session:
                await add_generation(session, turn, len(trials), points)
            return
        result, error = None, None
        computed = [each for each in trials if each.returns]
        if turn.kind is RunKind.SWEEP and computed:
            result = await self._summed_up(turn, computed)
        elif turn.state is not RunState.CANCELLING:
            error = next((each.error for each in trials if each.error), "nothing could be computed")
        ended = RunState.CANCELLED if turn.state is RunState.CANCELLING else RunState.FAILED if error else RunState.DONE
        async with self._database.writing() as session:
            await end_run(session, turn, ended, result, error, self._clock.now())

    async def _next_points(self, turn: Turn, trials: Sequence[Tried]) -> Sequence[int]:
        """The next generation of a sweep; of a validation the verdict, once it has all windows."""
        if turn.kind is RunKind.SWEEP:
            scores = [(each.point, each.score) for each in trials]
            points: Sequence[int] = await self._calculators.do("points", study=turn.study, tried=scores)
            return points
        return [len(trials)] if all(each.error is None for each in trials) else ()

    async def _summed_up(self, turn: Turn, computed: Sequence[Tried]) -> dict[str, Any]:
        judged: dict[str, Any] = await self._calculators.do(
            "judge",
            study=turn.study,
            tried=[(each.point, each.score) for each in computed],
            returns=[base64.b64encode(each.returns or b"").decode() for each in computed],
        )
        best = judged["best"]
        return judged | {"best": None if best is None else computed[best].ordinal}


def _is_window(batch: Batch) -> bool:
    """Whether it is a part of a validation that comes before the verdict; these are taken alone."""
    return batch.kind is RunKind.VALIDATION and batch.trials[0].point < Study.of(batch.study).windows


def _next_size(size: int, seconds: float) -> int:
    """How many trials would have taken `_BATCH_SECONDS`; at most four times as many as were tried."""
    wanted = size * _BATCH_SECONDS / max(seconds, 1e-3)
    return max(1, min(int(wanted), 4 * size, _LARGEST_BATCH))
