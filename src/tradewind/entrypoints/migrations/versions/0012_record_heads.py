"""What is published of the audit chains, day by day, and the way to a person's security log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.platform.database.roles import grant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_heads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chains", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_record_heads")),
    )
    for statement in grant("record_heads", app=("select",), system=("select", "insert")):
        op.execute(statement)
    op.execute(
        "create trigger append_only before update or delete on record_heads "
        "for each row execute function refuse_change()"
    )
    op.create_index(
        "ix_events_security",
        "events",
        ["subject_id", "recorded_at", "id"],
        unique=False,
        postgresql_where=sa.text("type like 'security%'"),
    )


def downgrade() -> None:
    op.drop_index("ix_events_security", table_name="events")
    op.drop_table("record_heads")
