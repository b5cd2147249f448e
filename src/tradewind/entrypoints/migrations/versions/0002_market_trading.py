"""Market data and trading."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "candle_tail",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("volume", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", "timeframe", "ts", name=op.f("pk_candle_tail")),
    )
    op.create_table(
        "decisions",
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("intent_id", "seq", name=op.f("pk_decisions")),
    )
    op.create_table(
        "engine_states",
        sa.Column("shard", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("market", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("candles", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("memory", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_engine_states")),
    )
    op.create_table(
        "equity_points",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("balance", sa.Numeric(), nullable=False),
        sa.Column("equity", sa.Numeric(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "at", name=op.f("pk_equity_points")),
    )
    op.create_table(
        "exit_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("status in ('pending', 'done', 'void')", name=op.f("ck_exit_requests_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exit_requests")),
    )
    op.create_index(
        "ix_exit_requests_pending",
        "exit_requests",
        ["requested_at"],
        unique=False,
        postgresql_where="status = 'pending'",
    )
    op.create_index(op.f("ix_exit_requests_position_id"), "exit_requests", ["position_id"], unique=False)
    op.create_table(
        "fills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("fee", sa.Numeric(), nullable=False),
        sa.Column("maker", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fills")),
    )
    op.create_index("ix_fills_account_id_at", "fills", ["account_id", "at"], unique=False)
    op.create_index(op.f("ix_fills_position_id"), "fills", ["position_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("fill_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_ledger_entries_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_entries_books")),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_ledger_entries")),
    )
    op.create_table(
        "market_incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_incidents")),
    )
    op.create_index(
        "ix_ledger_entries_deposits",
        "ledger_entries",
        ["account_id", "at"],
        unique=False,
        postgresql_where="kind = 'deposit'",
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=True),
        sa.Column("trigger", sa.Numeric(), nullable=True),
        sa.Column("reduce_only", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("filled", sa.Numeric(), nullable=False),
        sa.Column("spent", sa.Numeric(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_account_id_sent_at", "orders", ["account_id", "sent_at", "id"], unique=False)
    op.create_index("ix_orders_position_id_seq", "orders", ["position_id", "seq"], unique=False)
    op.create_table(
        "paper_books",
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("book", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("position_id", name=op.f("pk_paper_books")),
    )
    op.create_table(
        "protections",
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held", sa.Numeric(), nullable=False),
        sa.Column("protected", sa.Numeric(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("stop", sa.Numeric(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("position_id", "seq", name=op.f("pk_protections")),
    )
    op.create_table(
        "signal_events",
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(), nullable=True),
        sa.Column("before", sa.Numeric(), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", "seq", name=op.f("pk_signal_events")),
    )
    op.create_table(
        "signals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("strategy_version", sa.Integer(), nullable=False),
        sa.Column("strategy_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone_low", sa.Numeric(), nullable=False),
        sa.Column("zone_high", sa.Numeric(), nullable=False),
        sa.Column("stop", sa.Numeric(), nullable=False),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("management", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("confidence", sa.Numeric(), nullable=False),
        sa.Column("leverage_cap", sa.Integer(), nullable=False),
        sa.Column("rationale", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("current_stop", sa.Numeric(), nullable=False),
        sa.Column("targets_hit", sa.Integer(), nullable=False),
        sa.Column("entry_price", sa.Numeric(), nullable=True),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("r", sa.Numeric(), nullable=True),
        sa.Column("pnl", sa.Numeric(), nullable=True),
        sa.Column("mfe_r", sa.Numeric(), nullable=True),
        sa.Column("mae_r", sa.Numeric(), nullable=True),
        sa.Column("win", sa.Boolean(), nullable=True),
        sa.Column("tracker", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("phase in ('waiting', 'open', 'closed', 'not_filled')", name=op.f("ck_signals_phase")),
        sa.CheckConstraint("side in ('long', 'short')", name=op.f("ck_signals_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
    )
    op.create_index(
        "ix_signals_active", "signals", ["id"], unique=False, postgresql_where="phase in ('waiting', 'open')"
    )
    op.create_index("ix_signals_created_at_id", "signals", ["created_at", "id"], unique=False)
    op.create_table(
        "strategies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategies")),
        sa.UniqueConstraint(
            "tenant_id", "name", name=op.f("uq_strategies_tenant_id_name"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "allowances",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("signals_used", sa.Integer(), nullable=False),
        sa.Column("slots_used", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("slots_used >= 0", name=op.f("ck_allowances_slots_used")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_allowances_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_allowances")),
    )
    op.create_table(
        "strategy_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("strategy_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"], name=op.f("fk_strategy_versions_strategy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_versions")),
        sa.UniqueConstraint("strategy_id", "version", name=op.f("uq_strategy_versions_strategy_id_version")),
    )
    op.create_table(
        "trading_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("account_type", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance", sa.Numeric(), nullable=False),
        sa.Column("ledger_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("risk_per_trade", sa.Numeric(), nullable=False),
        sa.Column("max_leverage", sa.Numeric(), nullable=False),
        sa.Column("auto_trading", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("status in ('active', 'paused', 'closed')", name=op.f("ck_trading_accounts_status")),
        sa.CheckConstraint(
            "risk_per_trade > 0 and risk_per_trade <= 0.1", name=op.f("ck_trading_accounts_risk_per_trade")
        ),
        sa.CheckConstraint("max_leverage > 0 and max_leverage <= 125", name=op.f("ck_trading_accounts_max_leverage")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_trading_accounts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_accounts")),
    )
    op.create_index(op.f("ix_trading_accounts_user_id"), "trading_accounts", ["user_id"], unique=False)
    op.create_table(
        "user_signals",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_signals_user_id")),
        sa.PrimaryKeyConstraint("user_id", "signal_id", name=op.f("pk_user_signals")),
    )
    op.create_index("ix_user_signals_signal_id", "user_signals", ["signal_id"], unique=False)
    op.create_table(
        "intents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("deny_reason", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("holds_slot", sa.Boolean(), nullable=False),
        sa.Column("actions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("origin in ('auto', 'manual')", name=op.f("ck_intents_origin")),
        sa.CheckConstraint(
            "status in ('accepted', 'working', 'open', 'closed', 'denied', 'cancelled', 'expired')",
            name=op.f("ck_intents_status"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["trading_accounts.id"], name=op.f("fk_intents_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_intents_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
        sa.UniqueConstraint("signal_id", "account_id", name=op.f("uq_intents_signal_id_account_id")),
    )
    op.create_index(
        "ix_intents_accepted", "intents", ["created_at", "id"], unique=False, postgresql_where="status = 'accepted'"
    )
    op.create_index(op.f("ix_intents_account_id"), "intents", ["account_id"], unique=False)
    op.create_index(op.f("ix_intents_user_id"), "intents", ["user_id"], unique=False)
    op.create_table(
        "positions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("entered", sa.Numeric(), nullable=False),
        sa.Column("entry_price", sa.Numeric(), nullable=True),
        sa.Column("exit_price", sa.Numeric(), nullable=True),
        sa.Column("initial_stop", sa.Numeric(), nullable=False),
        sa.Column("stop_loss", sa.Numeric(), nullable=False),
        sa.Column("take_profit", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("protection_state", sa.Text(), nullable=False),
        sa.Column("protection_order_id", sa.Uuid(), nullable=True),
        sa.Column("protection_quantity", sa.Numeric(), nullable=False),
        sa.Column("realised_pnl", sa.Numeric(), nullable=False),
        sa.Column("fees", sa.Numeric(), nullable=False),
        sa.Column("funding", sa.Numeric(), nullable=False),
        sa.Column("exit_reason", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_seq", sa.Integer(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status in ('entering', 'open', 'closing', 'closed', 'abandoned')", name=op.f("ck_positions_status")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["trading_accounts.id"], name=op.f("fk_positions_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_positions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positions")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_positions_intent_id")),
    )
    op.create_index("ix_positions_account_id_closed_at", "positions", ["account_id", "closed_at"], unique=False)
    op.create_index(op.f("ix_positions_signal_id"), "positions", ["signal_id"], unique=False)
    op.create_index(
        "ix_positions_unfinished",
        "positions",
        ["account_id"],
        unique=False,
        postgresql_where="status in ('entering', 'open', 'closing')",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_positions_unfinished", table_name="positions", postgresql_where="status in ('entering', 'open', 'closing')"
    )
    op.drop_index(op.f("ix_positions_signal_id"), table_name="positions")
    op.drop_index("ix_positions_account_id_closed_at", table_name="positions")
    op.drop_table("positions")
    op.drop_index(op.f("ix_intents_user_id"), table_name="intents")
    op.drop_index(op.f("ix_intents_account_id"), table_name="intents")
    op.drop_index("ix_intents_accepted", table_name="intents", postgresql_where="status = 'accepted'")
    op.drop_table("intents")
    op.drop_index("ix_user_signals_signal_id", table_name="user_signals")
    op.drop_table("user_signals")
    op.drop_index(op.f("ix_trading_accounts_user_id"), table_name="trading_accounts")
    op.drop_table("trading_accounts")
    op.drop_table("strategy_versions")
    op.drop_table("allowances")
    op.drop_table("strategies")
    op.drop_index("ix_signals_created_at_id", table_name="signals")
    op.drop_index("ix_signals_active", table_name="signals", postgresql_where="phase in ('waiting', 'open')")
    op.drop_table("signals")
    op.drop_table("signal_events")
    op.drop_table("protections")
    op.drop_table("paper_books")
    op.drop_index("ix_orders_position_id_seq", table_name="orders")
    op.drop_index("ix_orders_account_id_sent_at", table_name="orders")
    op.drop_table("orders")
    op.drop_table("market_incidents")
    op.drop_index("ix_ledger_entries_deposits", table_name="ledger_entries", postgresql_where="kind = 'deposit'")
    op.drop_table("ledger_entries")
    op.drop_index(op.f("ix_fills_position_id"), table_name="fills")
    op.drop_index("ix_fills_account_id_at", table_name="fills")
    op.drop_table("fills")
    op.drop_index(op.f("ix_exit_requests_position_id"), table_name="exit_requests")
    op.drop_index("ix_exit_requests_pending", table_name="exit_requests", postgresql_where="status = 'pending'")
    op.drop_table("exit_requests")
    op.drop_table("equity_points")
    op.drop_table("engine_states")
    op.drop_table("decisions")
    op.drop_table("candle_tail")
