"""Roles, row-level security, append-only ledgers and the view of entitlements."""

from __future__ import annotations

from alembic import op

from tradewind.platform.database.roles import APP, SYSTEM, create_roles, grant, isolate

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_READ = ("select",)
_APPEND = ("select", "insert")
_CHANGE = ("select", "insert", "update")
_ALL = ("select", "insert", "update", "delete")

#: What the application role may do; what is not here it may not even see.
_APP = {
    "users": _CHANGE,
    "organisations": _CHANGE,
    "memberships": _APPEND,
    "sessions": _CHANGE,
    "plans": _READ,
    "subscriptions": _CHANGE,
    # The balance is the ledger's; only the engine writes it.
    "trading_accounts": ("select", "insert", "update (name, status, risk_per_trade, max_leverage, auto_trading)"),
    "allowances": _CHANGE,
    "equity_points": _APPEND,
    "strategies": _READ,
    "strategy_versions": _READ,
    "signals": _READ,
    "signal_events": _READ,
    "user_signals": _APPEND,
    "intents": _APPEND,
    "orders": _READ,
    "fills": _READ,
    "positions": _READ,
    "protections": _READ,
    "exit_requests": _APPEND,
    "ledger_entries": _APPEND,
    "decisions": _READ,
    "engine_states": _READ,
    "candle_tail": _READ,
    "market_incidents": _READ,
    "frames": _READ,
    "frame_heads": _READ,
    "events": _APPEND,
    "event_details": _APPEND,
    "outbox": ("insert",),
    "idempotency_keys": _ALL,
}
#: History: nobody may change it.
_APPEND_ONLY = ("events", "event_seals", "ledger_entries", "decisions", "fills", "protections", "signal_events")
#: Built-in rows without a tenant are everybody's to read.
_SHARED = ("strategies", "strategy_versions")
_TENANT_TABLES = (
    "allowances",
    "decisions",
    "equity_points",
    "event_details",
    "events",
    "exit_requests",
    "fills",
    "frames",
    "idempotency_keys",
    "intents",
    "ledger_entries",
    "orders",
    "paper_books",
    "positions",
    "protections",
    "strategies",
    "strategy_versions",
    "subscriptions",
    "trading_accounts",
    "user_signals",
)
_TABLES = (
    "allowances",
    "candle_tail",
    "decisions",
    "engine_states",
    "equity_points",
    "event_details",
    "event_seals",
    "events",
    "exit_requests",
    "fills",
    "frame_heads",
    "frames",
    "idempotency_keys",
    "intents",
    "leases",
    "ledger_entries",
    "market_incidents",
    "memberships",
    "orders",
    "organisations",
    "outbox",
    "paper_books",
    "plans",
    "positions",
    "protections",
    "sessions",
    "signal_events",
    "signals",
    "strategies",
    "strategy_versions",
    "subscriptions",
    "telegram_posts",
    "trading_accounts",
    "user_signals",
    "users",
)

_ENTITLEMENTS = """
create view entitlements with (security_invoker = true) as
select s.tenant_id, s.plan, s.status,
       p.max_signals_per_day, p.max_active_positions, p.auto_trading, p.auto_actions,
       s.status in ('trialing', 'active', 'past_due')
           and (s.current_period_end is null or s.current_period_end > now()) as may_open
from subscriptions s join plans p on p.code = s.plan
"""
_REFUSE_CHANGE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$
"""


def upgrade() -> None:
    for statement in create_roles():
        op.execute(statement)
    for table in _TENANT_TABLES:
        for statement in isolate(table, shared=table in _SHARED):
            op.execute(statement)
    for table in _TABLES:
        system = _APPEND if table in _APPEND_ONLY else _ALL
        for statement in grant(table, app=_APP.get(table, ()), system=system):
            op.execute(statement)
    op.execute(_REFUSE_CHANGE)
    for table in _APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
    op.execute(_ENTITLEMENTS)
    op.execute(f"grant select on entitlements to {APP}, {SYSTEM}")
    # Every process may see whether the schema is the one it wants.
    op.execute(f"grant select on alembic_version to {APP}, {SYSTEM}")


def downgrade() -> None:
    op.execute(f"revoke all on alembic_version from {APP}, {SYSTEM}")
    op.execute("drop view entitlements")
    for table in _APPEND_ONLY:
        op.execute(f"drop trigger append_only on {table}")
    op.execute("drop function refuse_change()")
    for table in _TENANT_TABLES:
        for policy in ("tenant", "everybody_reads", "system"):
            op.execute(f"drop policy if exists {policy} on {table}")
        op.execute(f"alter table {table} disable row level security")
        op.execute(f"alter table {table} no force row level security")
    for table in _TABLES:
        op.execute(f"revoke all on {table} from {APP}, {SYSTEM}")
