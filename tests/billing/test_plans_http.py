"""Plans as users meet them: what the catalogue says is what the database enforces and the API tells."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.support.http import Person
from tests.support.market import TestMarket
from tradewind.billing import PLANS, PlanCode
from tradewind.platform.database import Database


async def test_the_database_has_the_catalogue(system_database: Database) -> None:
    async with system_database.reading() as session:
        rows = {row.code: row for row in (await session.execute(text("select * from plans"))).all()}
    assert set(rows) == set(PlanCode)
    for code, plan in PLANS.items():
        row = rows[code]
        assert (row.max_signals_per_day, row.max_active_positions) == (
            plan.max_signals_per_day,
            plan.max_active_positions,
        )
        assert row.max_strategies == plan.max_strategies
        assert (row.auto_trading, tuple(row.auto_actions)) == (plan.auto_trading, plan.auto_actions)


@pytest.mark.parametrize("code", list(PlanCode))
async def test_everybody_sees_what_his_plan_allows(trader: Person, market: TestMarket, code: PlanCode) -> None:
    await market.subscribe(trader.tenant_id, code.value)
    told, plan = (await trader.ok("GET", "/user/me"))["plan"], PLANS[code]
    assert told["code"] == code
    assert told["max_signals_per_day"] == plan.max_signals_per_day
    assert told["max_active_positions"] == plan.max_active_positions
    assert told["requests_per_minute"] == plan.requests_per_minute
    assert told["auto_trading"] is plan.auto_trading
    assert told["auto_actions"] == list(plan.auto_actions)


@pytest.mark.parametrize(("code", "slots"), [(PlanCode.STARTER, 3), (PlanCode.PRO, 10)])
async def test_automatic_trading_stops_at_the_plans_slots(
    trader: Person, market: TestMarket, code: PlanCode, slots: int
) -> None:
    await market.subscribe(trader.tenant_id, code.value)
    for _ in range(slots + 2):
        await market.publish()
    plan = (await trader.ok("GET", "/user/me"))["plan"]
    assert (plan["slots_used"], plan["signals_used_today"]) == (slots, min(slots + 2, plan["max_signals_per_day"]))


async def test_when_the_trial_is_over_nothing_new_begins(trader: Person, market: TestMarket) -> None:
    before = await market.publish()
    await market.connection.execute("update subscriptions set current_period_end = now() - interval '1 second'")
    after = await market.publish()
    plan = (await trader.ok("GET", "/user/me"))["plan"]
    assert (plan["status"], plan["may_open"]) == ("trialing", False)
    assert (await trader.get(f"/signals/{before.id}")).status == 200, "what was delivered stays"
    assert (await trader.get(f"/signals/{after.id}")).code == "plan_limit_reached"
    assert (await trader.post(f"/signals/{before.id}/execute")).code == "account_read_only"
