"""What must hold in the database at every single commit: plan limits, slots, double entry, protection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from tests.trading.engine.conftest import FreshDatabase
from tests.trading.engine.replays import Run, make_followers, market, replay
from tradewind.billing import PLANS, PlanCode
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database, Urls
from tradewind.trading.dispatch import Refusal, execute_signal

_SLOTS = """
select a.user_id, e.plan, a.slots_used, a.signals_used, a.day, e.max_active_positions, e.max_signals_per_day,
       (select count(*) from intents i where i.user_id = a.user_id and i.holds_slot) as holding,
       (select count(*) from positions p where p.user_id = a.user_id
        and p.status in ('entering', 'open', 'closing')) as unfinished,
       (select coalesce(max(n), 0) from (select count(*) as n from user_signals s where s.user_id = a.user_id
                                         group by s.day) d) as most_signals
from allowances a join entitlements e on e.tenant_id = a.tenant_id
"""
_STATUSES = "select status, holds_slot, count(*) from intents group by status, holds_slot"
_BALANCES = """
select t.id, t.balance, t.ledger_seq,
       (select sum(case when debit = 'cash' then amount else -amount end) from ledger_entries e
        where e.account_id = t.id) as booked,
       (select count(*) from ledger_entries e where e.account_id = t.id) as entries,
       (select max(seq) from ledger_entries e where e.account_id = t.id) as last
from trading_accounts t
"""
_HELD = """
select p.id, p.quantity, p.entered, p.protection_state, p.protection_quantity, p.status,
       coalesce((select sum(quantity) filter (where purpose = 'entry') from fills f where f.position_id = p.id), 0)
       as bought,
       coalesce((select sum(quantity) filter (where purpose <> 'entry') from fills f where f.position_id = p.id), 0)
       as sold,
       (select book->>'position' from paper_books b where b.position_id = p.id) as at_venue
from positions p
"""


async def _look(run: Run) -> list[Any]:
    """Check every rule on what is committed; answers with the allowances."""
    rows = await run.committed.fetch(_SLOTS)
    for row in rows:
        assert row["slots_used"] == row["holding"] >= row["unfinished"]
        plan = PLANS[PlanCode(row["plan"])]
        if plan.max_active_positions is not None:
            assert row["slots_used"] <= plan.max_active_positions
        if plan.max_signals_per_day is not None:
            assert row["most_signals"] <= plan.max_signals_per_day
            assert row["signals_used"] <= plan.max_signals_per_day
    for status, holds, _ in await run.committed.fetch(_STATUSES):
        assert holds == (status in ("accepted", "working", "open"))
    for row in await run.committed.fetch(_BALANCES):
        assert row["balance"] == row["booked"]
        assert row["ledger_seq"] == row["entries"] == row["last"]
    for row in await run.committed.fetch(_HELD):
        assert row["quantity"] == row["bought"] - row["sold"]
        assert row["entered"] == row["bought"]
        if row["status"] in ("entering", "open", "closing"):
            assert Decimal(row["at_venue"]) == row["quantity"]
        else:
            assert row["at_venue"] is None
            assert row["quantity"] == 0
        if row["quantity"]:
            assert (row["protection_state"], row["protection_quantity"]) == ("live", row["quantity"])
    return rows


async def test_limits_and_books_hold_at_every_commit(fresh: FreshDatabase, tmp_path: Path) -> None:
    """Followers of every plan; some execute by hand, some close by hand, at moments of chance."""
    settings, rng = fresh(), Random(5)
    folder = market(tmp_path / "candles", 5, candles=360)
    users = await make_followers(settings, [*PlanCode, PlanCode.FREE_TRIAL, PlanCode.STARTER])
    app = Database(Urls.app(settings))
    most: Counter[UUID] = Counter()
    full: Counter[UUID] = Counter()
    refused: Counter[object] = Counter()

    async def look(run: Run) -> None:
        for row in await _look(run):
            most[row["user_id"]] = max(most[row["user_id"]], row["slots_used"])
            full[row["user_id"]] = max(full[row["user_id"]], row["signals_used"])

    async def watch(run: Run) -> None:
        await look(run)
        if rng.random() < 0.6:
            await _by_hand(run, app, rng, users, refused)
            await look(run)
            await run.engine.attend()
            await look(run)

    try:
        report = await replay(settings, folder, watch=watch)
    finally:
        await app.close()
    assert report.naked == 0
    trial, starter, pro = users[:3]
    assert most[trial] == 1, "one by hand"
    assert most[starter] == 3
    assert full[trial] == 3
    assert full[starter] == 10
    assert full[pro] == 50
    assert most[users[3]] > 3
    assert refused[Refusal.PLAN_LIMIT_REACHED], "somebody wanted more than he has paid for"


async def _by_hand(run: Run, app: Database, rng: Random, users: Sequence[UUID], refused: Counter[object]) -> None:
    """Somebody executes a signal that was delivered to him; somebody closes a position."""
    user = rng.choice(users)
    tenant = await run.committed.fetchval("select tenant_id from allowances where user_id = $1", user)
    signals = await run.committed.fetch(
        "select signal_id from user_signals u join signals s on s.id = u.signal_id "
        "where user_id = $1 and s.phase in ('waiting', 'open') order by signal_id",
        user,
    )
    async with app.writing(tenant) as session:
        for row in signals:
            refused[await execute_signal(session, user, row["signal_id"], None, from_ms(run.engine.at))] += 1
    position = await run.committed.fetchrow(
        "select id, tenant_id, user_id from positions where status in ('entering', 'open', 'closing') "
        "order by id limit 1"
    )
    if position is not None and rng.random() < 0.3:
        await run.committed.execute(
            "insert into exit_requests (id, tenant_id, position_id, user_id, status, requested_at) "
            "values ($1, $2, $3, $4, 'pending', $5)",
            new_id(),
            position["tenant_id"],
            position["id"],
            position["user_id"],
            from_ms(run.engine.at),
        )


async def test_every_posting_is_accounted_for(fresh: FreshDatabase, tmp_path: Path) -> None:
    """Positions, fills and ledger tell the same story to the last digit."""
    settings = fresh()
    folder = market(tmp_path / "candles", 6, candles=600)
    await make_followers(settings, [PlanCode.PRO, PlanCode.ENTERPRISE])
    rows: dict[str, list[Any]] = {}

    async def watch(run: Run) -> None:
        if run.engine.steps % 50:
            return
        rows["positions"] = await run.committed.fetch("select * from positions")
        rows["ledger"] = await run.committed.fetch("select * from ledger_entries")
        rows["fills"] = await run.committed.fetch("select * from fills")
        rows["equity"] = await run.committed.fetch("select * from equity_points")

    await replay(settings, folder, steps_per_commit=40, watch=watch)
    booked: Counter[tuple[UUID, str]] = Counter()
    for entry in rows["ledger"]:
        if entry["position_id"] is not None:
            change = entry["amount"] if entry["debit"] == "cash" else -entry["amount"]
            booked[entry["position_id"], entry["kind"]] += change
    fees: Counter[UUID] = Counter()
    for fill in rows["fills"]:
        fees[fill["position_id"]] += fill["fee"]
    funded = 0
    for position in rows["positions"]:
        assert booked[position["id"], "pnl"] == position["realised_pnl"]
        assert booked[position["id"], "fee"] == -position["fees"] == -fees[position["id"]]
        assert booked[position["id"], "funding"] == -position["funding"]
        funded += position["funding"] != 0
    assert funded, "some were held over a funding"
    booked_fills = Counter(entry["fill_id"] for entry in rows["ledger"] if entry["kind"] == "fee")
    assert booked_fills == Counter(fill["id"] for fill in rows["fills"]), "every fill has exactly one fee entry"
    assert all(point["at"].minute % 5 == 0 for point in rows["equity"])
    assert max(point["at"] for point in rows["equity"]) - min(point["at"] for point in rows["equity"]) > timedelta(
        days=1
    )
