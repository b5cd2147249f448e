"""Tables of research: what was asked for and what came of it, and the trials of sweeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class ResearchRunRow(TenantRow, Base):
    """A back-test, a sweep or a validation."""

    __tablename__ = "research_runs"
    __table_args__ = (
        CheckConstraint("kind in ('backtest', 'sweep', 'validation')", name="kind"),
        CheckConstraint("state in ('queued', 'running', 'cancelling', 'cancelled', 'done', 'failed')", name="state"),
        Index("ix_research_runs_tenant_id_created_at", "tenant_id", "created_at"),
        Index("ix_research_runs_open", "created_at", postgresql_where=text("finished_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    state: Mapped[str]
    strategy: Mapped[str]
    strategy_version: Mapped[int] = mapped_column(Integer)
    document_hash: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    #: `research.studies.Study.document`: everything that the result is a function of, apart from the candles.
    study: Mapped[dict[str, Any]]
    #: Of what a sampler draws; a back-test has none.
    seed: Mapped[int | None]
    #: Trials there will be, and those that are computed; a back-test is one, a validation its windows and its verdict.
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    result: Mapped[dict[str, Any] | None]
    #: Of a back-test or the one that a validation judges; apart from the result, because it is read in pages.
    trades: Mapped[list[Any] | None]
    error: Mapped[str | None]
    #: Who proposes the next trials or sums up, and until when others leave that to him.
    claim: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class SweepTrialRow(TenantRow, Base):
    """One parameter set of a sweep; or a part of the work of another run, which a validation has several of."""

    __tablename__ = "sweep_trials"
    __table_args__ = (
        CheckConstraint("state in ('queued', 'running', 'done', 'failed')", name="state"),
        Index("ix_sweep_trials_open", "run_id", "ordinal", postgresql_where=text("state in ('queued', 'running')")),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("research_runs.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    tenant_id: Mapped[UUID]
    #: In the sweep's space.
    point: Mapped[int]
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    #: Who computes it, until when others leave it to him, and the how manieth he is.
    claim: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    score: Mapped[float | None] = mapped_column(Float)
    #: Or what a window came to, see `research.sweeps.forward.Window.document`.
    metrics: Mapped[dict[str, Any] | None]
    #: float32, little-endian, per period; see `research.sweeps.trial.Trial`.
    returns: Mapped[bytes | None] = mapped_column(LargeBinary)
    error: Mapped[str | None]
    finished_at: Mapped[datetime | None]
