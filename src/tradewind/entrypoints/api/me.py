"""`user/me`: who the caller is, what his plan allows and how much of it is used. It takes three rooms to say."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tradewind.accounts.sessions.schemas import user_item
from tradewind.accounts.sessions.service import person_by_id
from tradewind.accounts.users.schemas import UserItem
from tradewind.billing import Feature, PlanCode, entitlements
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import Answer, Moment
from tradewind.platform.web.subjects import AccountReader
from tradewind.platform.web.units import Reading
from tradewind.trading.accounts.queries import usage_of

router = api_router("/user", "Account")

Limit = Annotated[int | None, Field(description="Null = unlimited.")]


class PlanItem(Answer):
    code: PlanCode
    status: Literal["trialing", "active", "past_due", "paused", "cancelled", "expired"]
    current_period_end: Moment | None
    may_open: bool = Field(description="False = read-only: nothing new is opened, what is open is managed to its end.")
    max_signals_per_day: Limit
    signals_used_today: int
    max_active_positions: Limit
    slots_used: int = Field(description="Entry intents that take a position slot.")
    max_alerts: Limit
    requests_per_minute: int | None = Field(description="Of API clients; null = fair use.")
    auto_trading: bool
    auto_actions: list[str]
    features: list[Feature] = Field(description="None while the plan is not in force.")


class Me(Answer):
    user: UserItem
    tenant_id: UUID
    role: str
    scopes: list[str]
    plan: PlanItem
    csrf_token: str | None = Field(description="Of a browser session; null for access tokens, which need none.")


@router.get("/me")
async def get_me(caller: AccountReader, session: Reading) -> Me:
    """The caller, his plan and how much of it is used."""
    person = await person_by_id(session, caller.user_id)
    assert person is not None  # or he would not have been authenticated
    allowed = await entitlements(session, caller.tenant_id)
    used = await usage_of(session, caller.user_id)
    return Me(
        user=user_item(person),
        tenant_id=caller.tenant_id,
        role=caller.role,
        scopes=sorted(caller.scopes),
        plan=PlanItem.model_validate(
            {
                "code": allowed.plan,
                "status": allowed.status,
                "current_period_end": allowed.current_period_end,
                "may_open": allowed.may_open,
                "max_signals_per_day": allowed.max_signals_per_day,
                "signals_used_today": used.signals_used,
                "max_active_positions": allowed.max_active_positions,
                "slots_used": used.slots_used,
                "max_alerts": allowed.max_alerts,
                "requests_per_minute": allowed.requests_per_minute,
                "auto_trading": allowed.auto_trading,
                "auto_actions": list(allowed.auto_actions),
                "features": sorted(allowed.features),
            }
        ),
        csrf_token=caller.csrf_token,
    )
