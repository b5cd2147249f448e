"""Reading runs, their trials and what came of them; of one user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from tradewind.kit.pages import Place
from tradewind.platform.database import Reader, Session
from tradewind.research.runs.reporting import KeptRun
from tradewind.research.runs.service import RunKind, RunState
from tradewind.research.studies import Study


class TrialOrder(StrEnum):
    """In which order trials are listed."""

    ORDINAL = "ordinal"
    SCORE = "score"
    """The best first; those without a score last."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run without its trades; `result` is None unless it was asked for.

    Attributes:
        own: the document is the user's own; its text is `kept_run`'s to tell.
    """

    id: UUID
    kind: RunKind
    state: RunState
    strategy: str
    strategy_version: int
    own: bool
    study: Study
    total: int
    done: int
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: dict[str, Any] | None

    @property
    def place(self) -> Place:
        return Place(self.created_at, self.id)


class TrialRecord(NamedTuple):
    ordinal: int
    point: int
    state: str
    score: float | None
    metrics: dict[str, Any] | None
    error: str | None


_SHOWN = """
id, kind, state, strategy, strategy_version, study ->> 'text' is not null as own,
study || '{"text": null}' as study, total, done, error, created_at, started_at, finished_at
"""
_LIST = f"""
select {_SHOWN}, null as result from research_runs
where user_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
order by created_at desc, id desc limit $4
"""
_ONE = f"select {_SHOWN}, result from research_runs where id = $2 and user_id = $1"
_TRADES = """
select t.value from research_runs r, jsonb_array_elements(r.trades) with ordinality as t(value, number)
where r.id = $2 and r.user_id = $1 and t.number > $3 order by t.number limit $4
"""
_TRIAL = "t.ordinal, t.point, t.state, t.score, t.metrics, t.error"
_OF_RUN = "from sweep_trials t join research_runs r on r.id = t.run_id where r.user_id = $1 and r.id = $2"
_TRIALS = {
    order: f"select {_TRIAL} {_OF_RUN} and t.state in ('done', 'failed') order by {by} offset $3 limit $4"
    for order, by in (
        (TrialOrder.ORDINAL, "t.ordinal"),
        (TrialOrder.SCORE, "t.score desc nulls last, t.ordinal"),
    )
}
_ONE_TRIAL = f"select {_TRIAL} {_OF_RUN} and t.ordinal = $3"
_SCORES = f"select t.point, t.score {_OF_RUN} and t.state = 'done' order by t.ordinal"


def _run(values: dict[str, Any]) -> Run:
    return Run(
        **values
        | {
            "kind": RunKind(values["kind"]),
            "state": RunState(values["state"]),
            "study": Study.of(values["study"]),
        }
    )


async def list_runs(reader: Reader, user_id: UUID, *, after: Place | None, limit: int) -> Sequence[Run]:
    """The user's runs, the newest first."""
    rows = await reader.rows(_LIST, user_id, after and after.at, after and after.id, limit)
    return [_run(dict(row)) for row in rows]


async def run_of(reader: Reader, user_id: UUID, run_id: UUID) -> Run | None:
    """The user's run of that id."""
    row = await reader.row(_ONE, user_id, run_id)
    return None if row is None else _run(dict(row))


_KEPT = "select study, result from research_runs where id = $2 and user_id = $1 and result is not null"


async def kept_run(reader: Reader, user_id: UUID, run_id: UUID) -> KeptRun | None:
    """The study of the user's run, with its document, and the result; None where there is no result."""
    row = await reader.row(_KEPT, user_id, run_id)
    return None if row is None else KeptRun(Study.of(row["study"]), row["result"])


_FRESH = text(f"select {_SHOWN}, result from research_runs where id = :run and user_id = :user")


async def fresh_run(session: Session, user_id: UUID, run_id: UUID) -> Run | None:
    """As `run_of`, in a transaction that has changed it."""
    row = (await session.execute(_FRESH, {"run": run_id, "user": user_id})).one_or_none()
    return None if row is None else _run(row._asdict())


async def trades_of(reader: Reader, user_id: UUID, run_id: UUID, *, after: int, limit: int) -> Sequence[dict[str, Any]]:
    """The trades of a back-test behind the first `after`, as `BacktestTrade.item` has them."""
    return [row["value"] for row in await reader.rows(_TRADES, user_id, run_id, after, limit)]


async def trials_of(
    reader: Reader, user_id: UUID, run_id: UUID, order: TrialOrder, *, after: int, limit: int
) -> Sequence[TrialRecord]:
    """The trials of a sweep that are over, behind the first `after` in that order."""
    rows = await reader.rows(_TRIALS[order], user_id, run_id, after, limit)
    return [TrialRecord(*row.values()) for row in rows]


async def trial_of(reader: Reader, user_id: UUID, run_id: UUID, ordinal: int) -> TrialRecord | None:
    row = await reader.row(_ONE_TRIAL, user_id, run_id, ordinal)
    return None if row is None else TrialRecord(*row.values())


async def scores_of(reader: Reader, user_id: UUID, run_id: UUID) -> Sequence[tuple[int, float | None]]:
    """Point and score of every trial that was computed."""
    return [(row["point"], row["score"]) for row in await reader.rows(_SCORES, user_id, run_id)]
