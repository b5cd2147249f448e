"""Validations among the runs, and strategies of one's own that are deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.platform.database.roles import APP

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _kinds(*kinds: str) -> None:
    op.drop_constraint(op.f("ck_research_runs_kind"), "research_runs", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_research_runs_kind"), "research_runs", f"kind in ({listed})")


def upgrade() -> None:
    _kinds("backtest", "sweep", "validation")
    op.add_column("strategies", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"grant update (deleted_at) on strategies to {APP}")


def downgrade() -> None:
    op.execute(f"revoke update (deleted_at) on strategies from {APP}")
    op.drop_column("strategies", "deleted_at")
    op.execute("delete from research_runs where kind = 'validation'")
    _kinds("backtest", "sweep")
