"""Strategies of one's own: how many a plan allows, which version counts, and versions that nobody changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.platform.database.roles import APP, SYSTEM

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ENTITLEMENTS = """
create view entitlements with (security_invoker = true) as
select s.tenant_id, s.plan, s.status,
       p.max_signals_per_day, p.max_active_positions, {strategies}p.auto_trading, p.auto_actions,
       s.status in ('trialing', 'active', 'past_due')
           and (s.current_period_end is null or s.current_period_end > now()) as may_open
from subscriptions s join plans p on p.code = s.plan
"""


def _view(strategies: str) -> None:
    op.execute("drop view entitlements")
    op.execute(_ENTITLEMENTS.format(strategies=strategies))
    op.execute(f"grant select on entitlements to {APP}, {SYSTEM}")


def upgrade() -> None:
    # Filled from the catalogue right after; nobody has any until then.
    op.add_column("plans", sa.Column("max_strategies", sa.Integer(), server_default="0", nullable=True))
    op.alter_column("plans", "max_strategies", server_default=None)
    _view("p.max_strategies, ")
    op.add_column("strategies", sa.Column("active_version", sa.Integer(), nullable=True))
    op.execute(f"grant insert, update (active_version) on strategies to {APP}")
    op.execute(f"grant insert on strategy_versions to {APP}")
    op.execute(
        "create trigger append_only before update or delete on strategy_versions "
        "for each row execute function refuse_change()"
    )


def downgrade() -> None:
    op.execute("drop trigger append_only on strategy_versions")
    op.execute(f"revoke insert on strategy_versions from {APP}")
    op.execute(f"revoke insert, update (active_version) on strategies from {APP}")
    op.drop_column("strategies", "active_version")
    _view("")
    op.drop_column("plans", "max_strategies")
