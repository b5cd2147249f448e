"""Alerts of the users' own: what they wait for, when they triggered, and how many a plan has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tradewind.platform.database.roles import APP, SYSTEM, grant, isolate

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ENTITLEMENTS = """
create view entitlements with (security_invoker = true) as
select s.tenant_id, s.plan, s.status,
       p.max_signals_per_day, p.max_active_positions, p.max_strategies, {alerts}p.auto_trading, p.auto_actions,
       s.status in ('trialing', 'active', 'past_due')
           and (s.current_period_end is null or s.current_period_end > now()) as may_open
from subscriptions s join plans p on p.code = s.plan
"""


def _view(alerts: str) -> None:
    op.execute("drop view entitlements")
    op.execute(_ENTITLEMENTS.format(alerts=alerts))
    op.execute(f"grant select on entitlements to {APP}, {SYSTEM}")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=True),
        sa.Column("expression", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(), nullable=True),
        sa.Column("move", sa.Text(), nullable=True),
        sa.Column("repeat", sa.Text(), nullable=False),
        sa.Column("cooldown_seconds", sa.Integer(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_triggered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_candle_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('active', 'triggered', 'paused', 'expired', 'deleted')", name=op.f("ck_alerts_state")
        ),
        sa.CheckConstraint("repeat in ('once', 'every_time')", name=op.f("ck_alerts_repeat")),
        sa.CheckConstraint(
            "(expression is not null and timeframe is not null and price is null and move is null)"
            " or (expression is null and timeframe is null and price is not null and move is not null)",
            name=op.f("ck_alerts_one_kind"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_alerts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_user_id", "alerts", ["user_id", "created_at", "id"], unique=False)
    op.create_index("ix_alerts_unseen", "alerts", ["id"], unique=False, postgresql_where=sa.text("not seen"))
    op.create_index("ix_alerts_active", "alerts", ["id"], unique=False, postgresql_where=sa.text("state = 'active'"))
    op.create_table(
        "alert_triggers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_triggers_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_triggers")),
    )
    op.create_index(op.f("ix_alert_triggers_alert_id"), "alert_triggers", ["alert_id"], unique=False)
    op.create_index("ix_alert_triggers_user_id", "alert_triggers", ["user_id", "at", "id"], unique=False)
    op.create_table(
        "telegram_chats",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_telegram_chats_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_telegram_chats")),
    )
    for table in ("alerts", "alert_triggers", "telegram_chats"):
        for statement in isolate(table):
            op.execute(statement)
    # What became of an alert is the engine's to say; its owner starts, stops and deletes it.
    for statement in grant(
        "alerts",
        app=("select", "insert", "update (name, state, version, seen)"),
        system=("select", "insert", "update", "delete"),
    ):
        op.execute(statement)
    for statement in grant("alert_triggers", app=("select",), system=("select", "insert", "delete")):
        op.execute(statement)
    chats = ("select", "insert", "update")
    for statement in grant("telegram_chats", app=chats, system=chats):
        op.execute(statement)
    op.add_column("plans", sa.Column("max_alerts", sa.Integer(), nullable=True))
    _view("p.max_alerts, ")


def downgrade() -> None:
    _view("")
    op.drop_column("plans", "max_alerts")
    op.drop_table("telegram_chats")
    op.drop_table("alert_triggers")
    op.drop_table("alerts")
