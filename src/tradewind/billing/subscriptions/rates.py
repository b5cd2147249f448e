"""How many requests a minute a tenant's plan allows: the implementation of the platform's `Rates` port."""

from __future__ import annotations

import time
from uuid import UUID

from tradewind.billing.catalogue import PLANS
from tradewind.billing.subscriptions.service import plan_in_force
from tradewind.platform.database import ReadPool

_KEPT_SECONDS = 10.0
_MOST_KEPT = 20_000


class PlanRates:
    """One per process; a change of plan is noticed within ten seconds.

    Args:
        fair_use: requests a minute of plans that name no number.
    """

    def __init__(self, reads: ReadPool, fair_use: int) -> None:
        self._reads = reads
        self._fair_use = fair_use
        self._kept: dict[UUID, tuple[float, int]] = {}

    async def per_minute(self, tenant_id: UUID) -> int:
        """The rate of the tenant's plan; that of the trial where a plan is not in force."""
        now = time.monotonic()
        kept = self._kept.get(tenant_id)
        if kept is not None and kept[0] > now:
            return kept[1]
        async with self._reads.reading(tenant_id) as reader:
            plan = PLANS[await plan_in_force(reader, tenant_id)]
        rate = self._fair_use if plan.requests_per_minute is None else plan.requests_per_minute
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[tenant_id] = (now + _KEPT_SECONDS, rate)
        return rate
