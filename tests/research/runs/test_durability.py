"""What becomes of a run when workers die, are slow, or are many: every trial once, and always the same result."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from tests.research.runs.asked import all_trials, started, sweep
from tests.support.events import count, fetch, process
from tests.support.http import Person
from tests.support.telegram import eventually
from tradewind.entrypoints.worker import researcher_of
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.research.runs import Researcher
from tradewind.research.runs.service import (
    MOST_ATTEMPTS,
    leave_off,
    release_batch,
    sweep_runs,
    take_batch,
    take_turn,
    tried,
    write_batch,
)
from tradewind.research.studies import CalculatorError, Calculators

#: 1,480 sets: some seconds of work.
LARGE = {
    "fast": {"from": "5", "to": "41"},
    "slow": {"from": "45", "to": "64", "step": "1"},
    "stop_atr": ["2", "3"],
}

NOTHING = {"metrics": None, "score": None, "returns": "", "error": None}


async def state_of(person: Person, run_id: str) -> str:
    return str((await person.ok("GET", f"/backtests/{run_id}"))["state"])


async def done_of(person: Person, run_id: str, least: int) -> bool:
    return bool((await person.ok("GET", f"/backtests/{run_id}"))["done"] >= least)


async def is_over(person: Person, run_id: str) -> bool:
    return await state_of(person, run_id) in ("done", "failed", "cancelled")


async def outcome(person: Person, run_id: str) -> tuple[Any, ...]:
    found = await person.ok("GET", f"/backtests/{run_id}")
    assert found["state"] == "done", found["error"]
    return found["total"], found["done"], found["best"], found["honesty"], await all_trials(person, run_id)


async def test_a_killed_worker_costs_nothing_but_time(
    pro: Person, settings: Settings, broker: Redis, researcher: Researcher, system_database: Database
) -> None:
    """`kill -9` in the middle of a sweep; two other workers take over. An undisturbed run is the measure."""
    body = sweep(vary=LARGE, sampler="random", trials=400, seed=5)
    undisturbed = await started(pro, "/backtests/sweeps", body)
    await researcher.work()
    run_id = await started(pro, "/backtests/sweeps", body)
    with process(settings) as worker:
        await eventually(partial(done_of, pro, run_id, 8))

        async def stopped_at_its_work() -> bool:
            """It may be between two batches; then it goes on."""
            worker.send_signal(signal.SIGSTOP)
            rows = await fetch(system_database, "select count(*) from sweep_trials where state = 'running'")
            if rows[0][0] == 0:
                worker.send_signal(signal.SIGCONT)
            return bool(rows[0][0] > 0)

        await eventually(stopped_at_its_work)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert await state_of(pro, run_id) == "running"
    with process(settings), process(settings), process(settings, "beat"):
        await eventually(partial(is_over, pro, run_id))
    assert await outcome(pro, run_id) == await outcome(pro, undisturbed)


async def test_a_worker_that_stops_gives_back_what_it_has(
    pro: Person, system_database: Database, researcher: Researcher
) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep(vary=LARGE))
    working = asyncio.create_task(researcher.work())
    await eventually(partial(done_of, pro, run_id, 8))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    rows = await fetch(system_database, "select state, max(attempts) as begun from sweep_trials group by state")
    assert {row["state"]: row["begun"] for row in rows} == {"done": 1, "queued": 0}
    assert await state_of(pro, run_id) == "running"


async def test_cancelling_ends_a_run_at_its_work(
    pro: Person, settings: Settings, broker: Redis, system_database: Database
) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep(vary=LARGE))
    with process(settings):
        await eventually(partial(done_of, pro, run_id, 8))
        await pro.post(f"/backtests/{run_id}/cancel")
        await eventually(partial(is_over, pro, run_id))
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert found["state"] == "cancelled"
    trials = await all_trials(pro, run_id)
    assert 8 <= len(trials) == found["done"] < found["total"], "what it had come to stays, and no more is computed"
    assert found["best"]["score"] == max((trial["score"] for trial in trials), key=float)
    heat = await pro.ok("GET", f"/backtests/{run_id}/heatmap?x=fast&y=slow")
    assert sum(map(sum, heat["trials"])) == len(trials)
    assert await count(system_database, "sweep_trials") == len(trials)


async def test_what_is_written_while_a_cancelled_run_is_summed_up_is_not_part_of_it(
    pro: Person, system_database: Database
) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep())
    async with system_database.writing() as session:
        late = await take_batch(session, new_id(), 100, seconds=60.0)
    assert late is not None
    await pro.post(f"/backtests/{run_id}/cancel")
    async with system_database.writing() as session:
        turn = await take_turn(session, seconds=60.0)
    assert turn is not None
    async with system_database.writing() as session:
        await leave_off(session, turn.run_id)
        assert await tried(session, turn.run_id) == []
    async with system_database.writing() as session:
        await write_batch(session, late, [NOTHING | {"score": 1.0}] * len(late.trials))
    assert (await pro.ok("GET", f"/backtests/{run_id}"))["done"] == 0
    assert await all_trials(pro, run_id) == []


async def test_estimators_learn_alike_however_many_work(
    pro: Person, settings: Settings, system_database: Database, researcher: Researcher
) -> None:
    body = sweep(vary=LARGE, sampler="tpe", trials=40, seed=9)
    alone = await started(pro, "/backtests/sweeps", body)
    await researcher.work()
    many = await started(pro, "/backtests/sweeps", body)
    others = [researcher_of(settings, system_database) for _ in range(2)]
    while not await is_over(pro, many):
        await asyncio.gather(*(each.work() for each in others))
    assert await outcome(pro, many) == await outcome(pro, alone)
    points = [trial["parameters"] for trial in await all_trials(pro, alone)]
    assert len({str(point) for point in points}) == 40, "none twice"


# ------------------------------------------------------------------------------------------------- leases and fences


async def test_who_was_too_slow_writes_nothing(pro: Person, system_database: Database) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep())
    for _ in range(2):
        async with system_database.writing() as session:
            slow = await take_batch(session, new_id(), 100, seconds=0.0)
    async with system_database.writing() as session:
        quick = await take_batch(session, new_id(), 100, seconds=60.0)
    assert slow is not None
    assert quick is not None
    assert [trial.ordinal for trial in quick.trials] == [0], "what nobody ended twice is tried one by one"
    for batch in (slow, quick, quick):
        async with system_database.writing() as session:
            await write_batch(session, batch, [NOTHING | {"score": 1.0 if batch is quick else 2.0}] * len(batch.trials))
    rows = await fetch(system_database, "select score from sweep_trials where state = 'done'")
    assert [row["score"] for row in rows if row["score"] == 1.0] == [1.0]
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert found["done"] == len(rows)


async def test_two_never_have_the_same_trial(pro: Person, system_database: Database) -> None:
    await started(pro, "/backtests/sweeps", sweep())
    taken: list[int] = []
    for _ in range(4):
        async with system_database.writing() as session:
            batch = await take_batch(session, new_id(), 5, seconds=60.0)
        taken += [trial.ordinal for trial in batch.trials] if batch else []
    assert taken == list(range(12))


async def test_a_small_run_does_not_wait_for_a_large_one(pro: Person, system_database: Database) -> None:
    large = await started(pro, "/backtests/sweeps", sweep())
    small = await started(pro, "/backtests/sweeps", sweep(vary={"fast": ["8"]}))
    order: list[UUID] = []
    for _ in range(3):
        async with system_database.writing() as session:
            batch = await take_batch(session, new_id(), 5, seconds=60.0)
        assert batch is not None
        order.append(batch.run_id)
    assert order == [UUID(large), UUID(small), UUID(large)]


async def test_what_ends_its_process_again_and_again_is_given_up(
    pro: Person, system_database: Database, researcher: Researcher
) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep(vary={"fast": ["8", "9"]}))
    for _ in range(MOST_ATTEMPTS):
        async with system_database.writing() as session:
            batch = await take_batch(session, new_id(), 1, seconds=60.0)
            assert batch is not None
            await release_batch(session, batch.claim, at_fault=True)
    async with system_database.writing() as session:
        assert await sweep_runs(session) == 1, "somebody is to go on with the rest"
    await researcher.work()
    first, second = await all_trials(pro, run_id)
    assert (first["error"], first["metrics"]) == (f"the process that computed it ended {MOST_ATTEMPTS} times", None)
    assert second["metrics"]["trades"] > 0
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["done"], found["best"]["number"]) == ("done", 2, 1)


async def test_a_run_whose_candles_are_gone_says_so(
    pro: Person, settings: Settings, system_database: Database, researcher: Researcher
) -> None:
    run_id = await started(pro, "/backtests", {"strategy": "ema_trend", "symbols": ["BTCUSDT"], "timeframe": "5m"})
    for month in (settings.data / "candles" / "BTCUSDT-5m").iterdir():
        month.write_bytes(b"no Parquet")
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert found["state"] == "failed"
    assert "expected a readable Parquet file" in found["error"]


async def test_a_calculator_that_is_interrupted_is_not_used_again() -> None:
    """Cancelled at its work it is killed, and the next task has another one."""
    calculators = Calculators(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await calculators.do("points", study={}, tried=[])
    with pytest.raises(CalculatorError, match="KeyError") as caught:
        await calculators.do("points", study={}, tried=[])
    assert not caught.value.refused, "a fault, not a study that cannot be done"
    await calculators.close()
