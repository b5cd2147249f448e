"""Mails, links in them, what an account knows its owner by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.platform.database.roles import grant, isolate

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_digest", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('pending', 'sent', 'failed', 'expired', 'suppressed')", name=op.f("ck_mails_status")
        ),
        sa.CheckConstraint("(status = 'pending') = (sealed is not null)", name=op.f("ck_mails_content")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(
        "ix_mails_pending", "mails", ["next_attempt_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index(
        "ix_mails_recipient",
        "mails",
        ["recipient_digest", "sent_at"],
        unique=False,
        postgresql_where=sa.text("sent_at is not null"),
    )
    op.create_table(
        "mail_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose in ('verify_email', 'reset_password', 'change_email', 'undo_email')",
            name=op.f("ck_mail_tokens_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mail_tokens_user_id"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mail_tokens")),
    )
    op.create_index(op.f("ix_mail_tokens_user_id"), "mail_tokens", ["user_id"], unique=False)
    op.create_index(op.f("ix_mail_tokens_expires_at"), "mail_tokens", ["expires_at"], unique=False)
    op.create_table(
        "known_origins",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_known_origins_user_id")),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_known_origins")),
    )
    op.create_index(op.f("ix_known_origins_last_seen_at"), "known_origins", ["last_seen_at"], unique=False)
    op.add_column("users", sa.Column("disposable_email", sa.Boolean(), server_default="false", nullable=False))
    for statement in isolate("mails"):
        op.execute(statement)
    everything = ("select", "insert", "update", "delete")
    # Who writes a mail does not read it again: links are for the recipient alone.
    for statement in grant("mails", app=("insert",), system=everything):
        op.execute(statement)
    for statement in grant("mail_tokens", app=("select", "insert", "delete"), system=everything):
        op.execute(statement)
    for statement in grant("known_origins", app=("select", "insert", "update"), system=everything):
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("users", "disposable_email")
    op.drop_table("known_origins")
    op.drop_table("mail_tokens")
    op.drop_table("mails")
