"""Subscriptions: what a tenant has, and what it allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert

from tradewind.billing.catalogue import PLANS, Feature, PlanCode, cheapest_with
from tradewind.billing.subscriptions.models import PlanRow, SubscriptionRow
from tradewind.kit.clock import Clock
from tradewind.kit.ids import new_id
from tradewind.platform.database import Reader, ReadSession, Session
from tradewind.platform.hooks import RegisteredUser
from tradewind.platform.spine import Event, EventType, record
from tradewind.platform.web.errors import ErrorCode, problem


async def sync_plans(session: Session) -> None:
    """Write the catalogue to where statements can see it; run as the system role by `migrate`."""
    for plan in PLANS.values():
        values = {
            "max_signals_per_day": plan.max_signals_per_day,
            "max_active_positions": plan.max_active_positions,
            "max_strategies": plan.max_strategies,
            "max_alerts": plan.max_alerts,
            "auto_trading": plan.auto_trading,
            "auto_actions": list(plan.auto_actions),
        }
        statement = insert(PlanRow).values(code=plan.code.value, **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=values))


async def start_trial(session: Session, user: RegisteredUser, clock: Clock) -> None:
    """Every new user starts on the trial; runs in the registration's transaction."""
    now = clock.now()
    days = PLANS[PlanCode.FREE_TRIAL].trial_days
    session.add(
        SubscriptionRow(
            id=new_id(),
            tenant_id=user.tenant_id,
            plan=PlanCode.FREE_TRIAL.value,
            status="trialing",
            current_period_start=now,
            current_period_end=None if days is None else now + timedelta(days=days),
        )
    )
    await session.flush()
    payload = {"plan": PlanCode.FREE_TRIAL.value}
    await record(session, Event(EventType.SUBSCRIPTION_STARTED, user.tenant_id, user.tenant_id, now, payload))


async def grant_plan(session: Session, tenant_id: UUID, plan: PlanCode, clock: Clock) -> None:
    """Put a tenant on a plan without payment: the demo user, gifts, support."""
    now = clock.now()
    await session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.tenant_id == tenant_id)
        .values(plan=plan.value, status="active", current_period_start=now, current_period_end=None, updated_at=now)
    )
    payload = {"plan": plan.value, "status": "active"}
    await record(session, Event(EventType.SUBSCRIPTION_CHANGED, tenant_id, tenant_id, now, payload))


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What a tenant may do at this moment; limits None = unlimited, features none while the plan is not in force."""

    plan: PlanCode
    status: str
    may_open: bool
    max_signals_per_day: int | None
    max_active_positions: int | None
    max_strategies: int | None
    max_alerts: int | None
    auto_trading: bool
    auto_actions: tuple[str, ...]
    requests_per_minute: int | None
    current_period_end: datetime | None
    features: frozenset[Feature]


_ENTITLEMENTS = text(
    "select e.*, s.current_period_end from entitlements e join subscriptions s using (tenant_id) "
    "where e.tenant_id = :tenant_id"
)


async def entitlements(session: ReadSession | Session, tenant_id: UUID) -> Entitlements:
    """What the tenant's subscription allows, by the view that limits are enforced with."""
    row = (await session.execute(_ENTITLEMENTS, {"tenant_id": tenant_id})).one()
    return Entitlements(
        plan=PlanCode(row.plan),
        status=row.status,
        may_open=row.may_open,
        max_signals_per_day=row.max_signals_per_day,
        max_active_positions=row.max_active_positions,
        max_strategies=row.max_strategies,
        max_alerts=row.max_alerts,
        auto_trading=row.auto_trading,
        auto_actions=tuple(row.auto_actions),
        requests_per_minute=PLANS[PlanCode(row.plan) if row.may_open else PlanCode.FREE_TRIAL].requests_per_minute,
        current_period_end=row.current_period_end,
        features=PLANS[PlanCode(row.plan)].features if row.may_open else frozenset(),
    )


_PLAN_IN_FORCE = "select plan from entitlements where tenant_id = $1 and may_open"


async def plan_in_force(reader: Reader, tenant_id: UUID) -> PlanCode:
    """The tenant's plan; the trial where none is in force."""
    return PlanCode(await reader.value(_PLAN_IN_FORCE, tenant_id) or PlanCode.FREE_TRIAL)


async def require_feature(session: ReadSession | Session, tenant_id: UUID, feature: Feature) -> None:
    """See that the tenant's plan has `feature`.

    Raises:
        Problem: it has not, or is not in force; the problem names the plan that has it.
    """
    allowed = await entitlements(session, tenant_id)
    if feature not in allowed.features:
        raise problem(
            ErrorCode.PLAN_FEATURE_MISSING,
            f"{feature} comes with the plan {cheapest_with(feature)}; yours is {allowed.plan}, {allowed.status}",
        )
