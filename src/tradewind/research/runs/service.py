"""Making, taking and ending runs.

A run's trials are rows that workers take in batches, for as long as a lease lasts that they renew. What is written is
fenced by the claim it was taken with: a worker that was too slow, or came back from the dead, writes nothing. So every
trial is in the result once, whatever becomes of workers.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import func, select, text

from tradewind.billing import ResearchLimits
from tradewind.core.strategy import Strategy
from tradewind.kit.ids import new_id
from tradewind.platform.database import Session
from tradewind.platform.spine import Event, EventType, record
from tradewind.research.runs.models import ResearchRunRow, SweepTrialRow
from tradewind.research.studies import Study

#: Times a trial is begun; one that ends its process so often is at fault itself.
MOST_ATTEMPTS = 3
#: Trials that are begun together a second time; a third time it is one by one.
_FEW = 32


class RunKind(StrEnum):
    BACKTEST = "backtest"
    SWEEP = "sweep"
    VALIDATION = "validation"

    @classmethod
    def of(cls, study: Study) -> RunKind:
        """What `study` asks for."""
        if study.validation is not None:
            return cls.VALIDATION
        return cls.BACKTEST if study.sweep is None else cls.SWEEP


class RunState(StrEnum):
    """Where a run stands. The list is complete; clients may rely on the names."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    """Asked to end; what is being computed is left off."""
    CANCELLED = "cancelled"
    """Ended when it was asked to; what it had come to stays."""
    DONE = "done"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        return self in (RunState.CANCELLED, RunState.DONE, RunState.FAILED)


# ----------------------------------------------------------------------------------------------- by whoever wants a run

_ALONE = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_ADD_TRIALS = text("""
insert into sweep_trials (run_id, ordinal, tenant_id, point)
select :run, :first + place - 1, :tenant, point
from unnest(cast(:points as bigint[])) with ordinality as v(point, place)
""")


async def start_run(
    session: Session,
    tenant_id: UUID,
    user_id: UUID,
    strategy: Strategy,
    study: Study,
    limits: ResearchLimits,
    at: datetime,
) -> UUID | None:
    """Queue a run; its id, or None when the plan's number of open runs is reached.

    Args:
        at: wall time.
    """
    await session.execute(_ALONE, {"name": f"research:{tenant_id}"})
    open_runs = select(func.count()).where(ResearchRunRow.tenant_id == tenant_id, ResearchRunRow.finished_at.is_(None))
    if (await session.scalar(open_runs) or 0) >= limits.runs:
        return None
    run_id, sweep, kind = new_id(), study.sweep, RunKind.of(study)
    session.add(
        ResearchRunRow(
            id=run_id,
            tenant_id=tenant_id,
            user_id=user_id,
            kind=kind.value,
            state=RunState.QUEUED.value,
            strategy=strategy.ref.name,
            strategy_version=strategy.ref.version,
            document_hash=study.document_hash,
            parameters=dict(study.parameters),
            study=study.document(),
            seed=sweep.sampler.seed if sweep else None,
            total=study.steps,
        )
    )
    await session.flush()
    points: Sequence[int] = [0]
    if kind is RunKind.SWEEP:
        assert sweep is not None, "sweeps have one"
        points = sweep.sampler.known_points()
    elif study.windows:
        points = range(study.windows)
    await _add_trials(session, run_id, tenant_id, 0, points)
    payload = {"id": str(run_id), "kind": kind.value, "strategy": strategy.ref.name}
    await record(session, Event(EventType.RESEARCH_STARTED, tenant_id, run_id, at, payload))
    return run_id


async def _add_trials(session: Session, run_id: UUID, tenant_id: UUID, first: int, points: Sequence[int]) -> None:
    values = {"run": run_id, "tenant": tenant_id, "first": first, "points": list(points)}
    await session.execute(_ADD_TRIALS, values)


_CANCEL = text("""
update research_runs set state = 'cancelling'
where id = :run and user_id = :user and state in ('queued', 'running')
returning tenant_id
""")


async def cancel_run(session: Session, run_id: UUID, user_id: UUID, at: datetime) -> bool:
    """Ask an open run to end; whether there was one to ask."""
    tenant_id = await session.scalar(_CANCEL, {"run": run_id, "user": user_id})
    if tenant_id is None:
        return False
    event = Event(EventType.RESEARCH_CANCELLED, tenant_id, run_id, at, {"id": str(run_id)})
    await record(session, event)
    return True


# -------------------------------------------------------------------------------------------------------- by workers


class TakenTrial(NamedTuple):
    ordinal: int
    point: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Trials that were taken, in their order."""

    claim: UUID
    run_id: UUID
    kind: RunKind
    study: dict[str, Any]
    trials: Sequence[TakenTrial]


# The run with the fewest trials at work goes first, so that a small one does not wait for a large one. What was begun
# before and not ended is tried in ever smaller batches, so that of one that ends its process only the culprit is given
# up. A part of a validation is a sweep's worth of work and is taken alone.
_TAKE = text("""
with run as (
    select r.id, r.kind from research_runs r
    where r.state in ('queued', 'running') and exists (
        select from sweep_trials t where t.run_id = r.id and t.attempts < :attempts
        and (t.state = 'queued' or t.state = 'running' and t.lease_until < clock_timestamp())
    )
    order by (
        select count(*) from sweep_trials t
        where t.run_id = r.id and t.state = 'running' and t.lease_until >= clock_timestamp()
    ), r.created_at
    limit 1
), picked as (
    select t.run_id, t.ordinal from sweep_trials t
    where t.run_id = (select id from run) and t.attempts < :attempts
    and (t.state = 'queued' or t.state = 'running' and t.lease_until < clock_timestamp())
    order by t.attempts desc, t.ordinal
    limit case when (select kind from run) = 'validation' then 1 else case (
        select max(t.attempts) from sweep_trials t where t.run_id = (select id from run) and t.attempts < :attempts
        and (t.state = 'queued' or t.state = 'running' and t.lease_until < clock_timestamp())
    ) when 0 then cast(:most as int) when 1 then least(cast(:most as int), cast(:few as int)) else 1 end end
    for update skip locked
)
update sweep_trials t
set state = 'running', claim = :claim, attempts = t.attempts + 1,
    lease_until = clock_timestamp() + make_interval(secs => :seconds)
from picked p where t.run_id = p.run_id and t.ordinal = p.ordinal
returning t.run_id, t.ordinal, t.point
""")
_BEGUN = text("""
update research_runs
set state = case state when 'queued' then 'running' else state end, started_at = coalesce(started_at, now())
where id = :run returning kind, state, study
""")


async def take_batch(session: Session, claim: UUID, most: int, seconds: float) -> Batch | None:
    """Up to `most` trials of one run, for `seconds`; None where there is nothing to do."""
    values = {"claim": claim, "attempts": MOST_ATTEMPTS, "most": most, "few": _FEW, "seconds": seconds}
    rows = (await session.execute(_TAKE, values)).all()
    if not rows:
        return None
    run = (await session.execute(_BEGUN, {"run": rows[0].run_id})).one()
    trials = sorted(TakenTrial(row.ordinal, row.point) for row in rows)
    return Batch(claim, rows[0].run_id, RunKind(run.kind), run.study, trials)


_RENEW = text("""
update sweep_trials set lease_until = clock_timestamp() + make_interval(secs => :seconds)
where run_id = :run and claim = :claim and state = 'running'
""")
_STATE = text("select state from research_runs where id = :run")


async def renew_batch(session: Session, batch: Batch, seconds: float) -> bool:
    """Hold on to the batch for `seconds` more; whether its run is still wanted."""
    await session.execute(_RENEW, {"run": batch.run_id, "claim": batch.claim, "seconds": seconds})
    state: str | None = await session.scalar(_STATE, {"run": batch.run_id})
    return state == RunState.RUNNING


_RELEASE = text("""
update sweep_trials set state = 'queued', claim = null, lease_until = null, attempts = attempts - :undone
where claim = :claim and state = 'running'
""")


async def release_batch(session: Session, claim: UUID, *, at_fault: bool) -> None:
    """Give back what was taken with `claim`.

    Args:
        at_fault: the attempt counts against its trials; else it was our own end that interrupted them.
    """
    await session.execute(_RELEASE, {"claim": claim, "undone": 0 if at_fault else 1})


_WRITE = text("""
with written as (
    update sweep_trials t
    set state = v.state, score = v.score, metrics = cast(v.metrics as jsonb), returns = v.returns, error = v.error,
        claim = null, lease_until = null, finished_at = now()
    from unnest(
        cast(:ordinals as int[]), cast(:states as text[]), cast(:scores as float8[]), cast(:metrics as text[]),
        cast(:returns as bytea[]), cast(:errors as text[])
    ) as v(ordinal, state, score, metrics, returns, error)
    where t.run_id = :run and t.ordinal = v.ordinal and t.claim = :claim and t.state = 'running'
    returning t.ordinal
)
update research_runs set done = done + (select count(*) from written) where id = :run
""")


async def write_batch(session: Session, batch: Batch, answers: Sequence[dict[str, Any]]) -> None:
    """Write what the trials of the batch came to; those that were taken by somebody else meanwhile are left to him.

    Args:
        answers: of the task `trials`, one for each.
    """
    await session.execute(
        _WRITE,
        {
            "run": batch.run_id,
            "claim": batch.claim,
            "ordinals": [trial.ordinal for trial in batch.trials],
            "states": ["done" if each["error"] is None else "failed" for each in answers],
            "scores": [each["score"] for each in answers],
            "metrics": [orjson.dumps(each["metrics"]).decode() for each in answers],
            "returns": [base64.b64decode(each["returns"]) for each in answers],
            "errors": [each["error"] for each in answers],
        },
    )


_WRITE_RESULT = text("""
with written as (
    update sweep_trials set state = 'done', claim = null, lease_until = null, finished_at = now()
    where run_id = :run and claim = :claim and state = 'running' returning ordinal
)
update research_runs
set result = cast(:result as jsonb), trades = cast(:trades as jsonb), done = done + 1
where id = :run and finished_at is null and exists (select from written) returning tenant_id
""")


async def write_result(session: Session, batch: Batch, answer: dict[str, Any], at: datetime) -> None:
    """Write what a back-test or the verdict of a validation came to, and end its run."""
    trades = answer.pop("trades")
    values = {"result": orjson.dumps(answer).decode(), "trades": orjson.dumps(trades).decode()}
    tenant_id = await session.scalar(_WRITE_RESULT, values | {"run": batch.run_id, "claim": batch.claim})
    if tenant_id is not None:
        await _end(session, batch.run_id, tenant_id, RunState.DONE, None, at)


_FAIL = text("""
update research_runs set error = :error where id = :run and finished_at is null and exists (
    select from sweep_trials where run_id = :run and claim = :claim and state = 'running'
) returning tenant_id
""")
_STOPPED = text("""
update sweep_trials set state = 'failed', error = :error, claim = null, lease_until = null, finished_at = now()
where run_id = :run and state in ('queued', 'running')
""")


async def fail_run(session: Session, batch: Batch, error: str, at: datetime) -> None:
    """End a run that cannot be done, whoever tries."""
    values = {"run": batch.run_id, "claim": batch.claim, "error": error}
    tenant_id = await session.scalar(_FAIL, values)
    if tenant_id is not None:
        await session.execute(_STOPPED, {"run": batch.run_id, "error": error})
        await _end(session, batch.run_id, tenant_id, RunState.FAILED, None, at)


# ------------------------------------------------------------------------------- between generations, and at the end


@dataclass(frozen=True, slots=True)
class Turn:
    """A run that has no trial left to take: somebody proposes more, or sums up."""

    claim: UUID
    run_id: UUID
    tenant_id: UUID
    kind: RunKind
    state: RunState
    study: dict[str, Any]
    total: int


_TAKE_TURN = text("""
update research_runs set claim = :claim, lease_until = clock_timestamp() + make_interval(secs => :seconds)
where id = (
    select r.id from research_runs r
    where r.finished_at is null and (r.lease_until is null or r.lease_until < clock_timestamp())
    and (r.state = 'cancelling' or not exists (
        select from sweep_trials t where t.run_id = r.id and t.state in ('queued', 'running')
    ))
    order by r.created_at limit 1 for update skip locked
)
returning id, tenant_id, kind, state, study, total
""")


async def take_turn(session: Session, seconds: float) -> Turn | None:
    """A run whose turn it is, for `seconds`."""
    claim = new_id()
    row = (await session.execute(_TAKE_TURN, {"claim": claim, "seconds": seconds})).one_or_none()
    if row is None:
        return None
    return Turn(claim, row.id, row.tenant_id, RunKind(row.kind), RunState(row.state), row.study, row.total)


_LEAVE_OFF = text("delete from sweep_trials where run_id = :run and state in ('queued', 'running')")


async def leave_off(session: Session, run_id: UUID) -> None:
    """Forget the trials that are not over, so that nobody who is still at one adds it to what is summed up.

    Not in the transaction that takes the turn: who writes a batch locks its trials first, and then the run.
    """
    await session.execute(_LEAVE_OFF, {"run": run_id})


class Tried(NamedTuple):
    """A trial that is over; `returns` is None where it was not computed."""

    ordinal: int
    point: int
    score: float | None
    returns: bytes | None
    error: str | None


async def tried(session: Session, run_id: UUID) -> Sequence[Tried]:
    """The trials of the run that are over, in their order."""
    row = SweepTrialRow
    statement = (
        select(row.ordinal, row.point, row.score, row.returns, row.error)
        .where(row.run_id == run_id, row.state.in_(("done", "failed")))
        .order_by(row.ordinal)
    )
    return [Tried(*each) for each in (await session.execute(statement)).all()]


_MINE = text("""
update research_runs set claim = null, lease_until = null
where id = :run and claim = :claim and finished_at is null and state = :state returning id
""")


_PARTS = text("select metrics from sweep_trials where run_id = :run and state = 'done' order by ordinal")


async def parts_of(session: Session, run_id: UUID) -> Sequence[dict[str, Any]]:
    """What the windows of a validation came to, in their order."""
    return [row.metrics for row in (await session.execute(_PARTS, {"run": run_id})).all()]


async def add_generation(session: Session, turn: Turn, first: int, points: Sequence[int]) -> None:
    """Give the run more trials, unless somebody else did or it was cancelled meanwhile."""
    values = {"run": turn.run_id, "claim": turn.claim, "state": turn.state.value}
    if await session.scalar(_MINE, values) is not None:
        await _add_trials(session, turn.run_id, turn.tenant_id, first, points)


async def end_run(
    session: Session, turn: Turn, state: RunState, result: dict[str, Any] | None, error: str | None, at: datetime
) -> None:
    """End the run with what it came to, unless somebody else did or it was cancelled meanwhile."""
    values = {"run": turn.run_id, "claim": turn.claim, "state": turn.state.value}
    if await session.scalar(_MINE, values) is None:
        return
    if error is not None:
        await session.execute(_EXPLAIN, {"run": turn.run_id, "error": error})
    await _end(session, turn.run_id, turn.tenant_id, state, result, at)


_EXPLAIN = text("update research_runs set error = :error where id = :run")
_END = text("""
update research_runs
set state = :state, finished_at = now(), claim = null, lease_until = null,
    result = coalesce(cast(:result as jsonb), result)
where id = :run
""")


async def _end(
    session: Session, run_id: UUID, tenant_id: UUID, state: RunState, result: dict[str, Any] | None, at: datetime
) -> None:
    text_of = None if result is None else orjson.dumps(result).decode()
    await session.execute(_END, {"run": run_id, "state": state.value, "result": text_of})
    payload = {"id": str(run_id), "state": state.value}
    await record(session, Event(EventType.RESEARCH_FINISHED, tenant_id, run_id, at, payload))


_GIVE_UP = text("""
with given_up as (
    update sweep_trials set state = 'failed', claim = null, lease_until = null, finished_at = now(), error = :error
    where state in ('queued', 'running') and attempts >= :attempts
    and (state = 'queued' or lease_until < clock_timestamp()) returning run_id
), counted as (select run_id, count(*) as number from given_up group by run_id)
update research_runs r set done = r.done + c.number from counted c where r.id = c.run_id
""")
_WAITING = text("""
select count(*) from research_runs r where r.finished_at is null
and (r.lease_until is null or r.lease_until < clock_timestamp())
and (r.state = 'cancelling' or not exists (
    select from sweep_trials t
    where t.run_id = r.id and t.state = 'running' and t.lease_until >= clock_timestamp()
))
""")


async def sweep_runs(session: Session) -> int:
    """Give up trials that ended their process too often; how many runs there are that nobody works on."""
    error = f"the process that computed it ended {MOST_ATTEMPTS} times"
    await session.execute(_GIVE_UP, {"error": error, "attempts": MOST_ATTEMPTS})
    return await session.scalar(_WAITING) or 0
