"""Plans, subscriptions and what they entitle to."""

from tradewind.billing.catalogue import PLANS, Plan, PlanCode
from tradewind.billing.subscriptions.service import Entitlements, entitlements, grant_plan, start_trial, sync_plans

__all__ = ["PLANS", "Entitlements", "Plan", "PlanCode", "entitlements", "grant_plan", "start_trial", "sync_plans"]
