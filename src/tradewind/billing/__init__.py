"""Plans, subscriptions and what they entitle to."""

from tradewind.billing.catalogue import PLANS, Plan, PlanCode, ResearchLimits
from tradewind.billing.subscriptions.service import Entitlements, entitlements, grant_plan, start_trial, sync_plans

__all__ = [
    "PLANS",
    "Entitlements",
    "Plan",
    "PlanCode",
    "ResearchLimits",
    "entitlements",
    "grant_plan",
    "start_trial",
    "sync_plans",
]
