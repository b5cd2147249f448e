"""The plan catalogue: what is sold, for how much, and what it allows. The one home of plans and their limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class PlanCode(StrEnum):
    FREE_TRIAL = "FREE_TRIAL"
    STARTER = "STARTER"
    PRO = "PRO"
    ENTERPRISE = "ENTERPRISE"


class Feature(StrEnum):
    """What a plan has or has not, beside its numbers. The list is complete; clients may rely on the names."""

    PORTFOLIO_ANALYSIS = "portfolio_analysis"


@dataclass(frozen=True, slots=True)
class ResearchLimits:
    """What a tenant's back-tests and sweeps may take.

    Attributes:
        runs: that are queued or computed at one time.
        candles: of all symbols that one run may read.
        trials: parameter sets of one sweep.
    """

    runs: int
    candles: int
    trials: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan.

    Attributes:
        price: USD a month.
        trial_days: how long it lasts when it is a trial; None = until cancelled.
        max_signals_per_day, max_active_positions: None = unlimited, here and below.
        max_strategies, max_alerts: of one's own.
        auto_trading: the platform may execute without being asked.
        auto_actions: what it may do with open positions by itself.
        requests_per_minute: of all the tenant's programs together; None = fair use, which the installation sets.
        research: back-tests are in every plan, larger ones in larger plans.
    """

    code: PlanCode
    price: Decimal
    trial_days: int | None
    max_signals_per_day: int | None
    max_active_positions: int | None
    auto_trading: bool
    auto_actions: tuple[str, ...]
    requests_per_minute: int | None
    research: ResearchLimits
    max_strategies: int | None = 0
    max_alerts: int | None = 5
    features: frozenset[Feature] = frozenset()


_ALL_ACTIONS = ("move_to_breakeven", "trailing_stop", "partial_close")

PLANS: dict[PlanCode, Plan] = {
    plan.code: plan
    for plan in (
        Plan(
            PlanCode.FREE_TRIAL,
            Decimal(0),
            trial_days=7,
            max_signals_per_day=3,
            max_active_positions=1,
            auto_trading=False,
            auto_actions=(),
            requests_per_minute=60,
            research=ResearchLimits(runs=1, candles=500_000, trials=100),
        ),
        Plan(
            PlanCode.STARTER,
            Decimal(29),
            trial_days=None,
            max_signals_per_day=10,
            max_active_positions=3,
            auto_trading=True,
            auto_actions=("move_to_breakeven",),
            requests_per_minute=300,
            research=ResearchLimits(runs=2, candles=2_000_000, trials=500),
            max_alerts=20,
        ),
        Plan(
            PlanCode.PRO,
            Decimal(99),
            trial_days=None,
            max_signals_per_day=50,
            max_active_positions=10,
            auto_trading=True,
            auto_actions=_ALL_ACTIONS,
            requests_per_minute=1000,
            research=ResearchLimits(runs=4, candles=5_000_000, trials=5_000),
            max_strategies=3,
            max_alerts=100,
        ),
        Plan(
            PlanCode.ENTERPRISE,
            Decimal(299),
            trial_days=None,
            max_signals_per_day=None,
            max_active_positions=None,
            auto_trading=True,
            auto_actions=_ALL_ACTIONS,
            requests_per_minute=None,
            research=ResearchLimits(runs=8, candles=20_000_000, trials=20_000),
            max_strategies=None,
            max_alerts=1000,
            features=frozenset({Feature.PORTFOLIO_ANALYSIS}),
        ),
    )
}


def cheapest_with(feature: Feature) -> PlanCode:
    """The plan to recommend to whoever wants `feature`."""
    return min((plan for plan in PLANS.values() if feature in plan.features), key=lambda plan: plan.price).code
