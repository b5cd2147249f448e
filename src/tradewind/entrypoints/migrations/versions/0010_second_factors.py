"""Second factors: authenticator apps, recovery codes, passkeys; when a session's holder last proved to be himself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tradewind.platform.database.roles import grant, isolate_person

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ALL = ("select", "insert", "update", "delete")
_APP = {
    "totp_seeds": _ALL,
    "recovery_codes": _ALL,
    "passkeys": _ALL,
    # Nobody who serves requests can make wrong attempts unhappen.
    "proof_tries": ("select", "insert", "update"),
}


def upgrade() -> None:
    op.create_table(
        "totp_seeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_seed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_totp_seeds_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp_seeds")),
    )
    for name, state in (("confirmed", "is not null"), ("pending", "is null")):
        op.create_index(
            f"ux_totp_seeds_{name}",
            "totp_seeds",
            ["user_id"],
            unique=True,
            postgresql_where=sa.text(f"confirmed_at {state}"),
        )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_recovery_codes_digest")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"], unique=False)
    op.create_table(
        "proof_tries",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("open_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_proof_tries_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_proof_tries")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"], unique=False)
    for table, app in _APP.items():
        for statement in isolate_person(table):
            op.execute(statement)
        for statement in grant(table, app=app, system=_ALL):
            op.execute(statement)
    op.add_column("sessions", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("proven_with", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_sessions_proven_with"),
        "sessions",
        "proven_with in ('password', 'totp', 'recovery_code', 'passkey')",
    )


def downgrade() -> None:
    op.drop_column("sessions", "proven_with")
    op.drop_column("sessions", "proven_at")
    for table in reversed(_APP):
        op.drop_table(table)
