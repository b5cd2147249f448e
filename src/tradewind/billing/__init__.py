"""Plans, subscriptions and what they entitle to."""

from tradewind.billing.catalogue import PLANS, Feature, Plan, PlanCode, ResearchLimits, cheapest_with
from tradewind.billing.subscriptions.rates import PlanRates
from tradewind.billing.subscriptions.service import (
    Entitlements,
    entitlements,
    grant_plan,
    require_feature,
    start_trial,
    sync_plans,
)

__all__ = [
    "PLANS",
    "Entitlements",
    "Feature",
    "Plan",
    "PlanCode",
    "PlanRates",
    "ResearchLimits",
    "cheapest_with",
    "entitlements",
    "grant_plan",
    "require_feature",
    "start_trial",
    "sync_plans",
]
