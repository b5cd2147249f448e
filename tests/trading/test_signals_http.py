"""Signals over HTTP: what a plan shows, what it keeps back, and executing one by hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.support.http import Api, Person
from tests.support.market import TestMarket, make_signal
from tradewind.core.costs import Costs
from tradewind.core.outcome import WAITING, tracking
from tradewind.core.signals import SignalAddition, SignalScaleIn
from tradewind.trading.signals.view import signal_item

LOCKED_KEYS = {"locked", "id", "symbol", "timeframe", "strategy", "created_at", "status"}


async def published(market: TestMarket, count: int) -> list[str]:
    """Ids of so many new signals, oldest first, a minute apart."""
    ids = []
    for _ in range(count):
        await market.move(BTCUSDT=60_000.0)
        ids.append(str((await market.publish()).id))
    return ids


# ------------------------------------------------------------------------------------------------------------- listing


async def test_a_listed_signal_has_the_shape_that_frames_have(trader: Person, market: TestMarket) -> None:
    signal = await market.publish(targets=2)
    (item,) = (await trader.ok("GET", "/signals"))["items"]
    told = signal_item(signal, tracking(signal, Costs()), WAITING)
    times = ("created_at", "fresh_until", "expires_at")
    for key, value in told.items():
        expected = value.replace("+00:00", "Z") if key in times else value
        assert item[key] == expected, key
    assert item["locked"] is False
    assert item["executed"] is False


async def test_what_is_beyond_the_plans_limit_is_locked(trader: Person, market: TestMarket) -> None:
    ids = await published(market, 5)
    page = await trader.ok("GET", "/signals?status=active")
    assert [item["id"] for item in page["items"]] == ids[::-1]
    assert [item["locked"] for item in page["items"]] == [True, True, False, False, False]
    assert set(page["items"][0]) == LOCKED_KEYS, "no levels, no side"
    assert (page["total"], page["limit"]) == (5, 3)
    answer = await trader.get(f"/signals/{ids[-1]}")
    assert (answer.status, answer.code) == (403, "plan_limit_reached")
    assert "stop" not in answer.raw.decode()


async def test_the_daily_limit_begins_anew_with_the_market_day(trader: Person, market: TestMarket) -> None:
    await published(market, 4)
    assert (await trader.ok("GET", "/user/me"))["plan"]["signals_used_today"] == 3
    await market.move(minutes=12 * 60, BTCUSDT=60_000.0)
    assert (await trader.ok("GET", "/user/me"))["plan"]["signals_used_today"] == 0
    (tomorrow,) = await published(market, 1)
    assert (await trader.get(f"/signals/{tomorrow}")).status == 200


async def test_a_larger_plan_shows_more(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "ENTERPRISE")
    await published(market, 5)
    page = await trader.ok("GET", "/signals")
    assert not any(item["locked"] for item in page["items"])
    assert page["limit"] is None


async def test_filters_and_totals(trader: Person, market: TestMarket) -> None:
    await market.publish(symbol="ETHUSDT", price=3_000.0, strategy="one")
    doomed = await market.publish(symbol="BTCUSDT", strategy="two")
    await market.move(BTCUSDT=50_000.0)  # through its zone and its stop
    for query, count in (
        ("status=active", 1),
        ("status=closed", 1),
        ("status=all", 2),
        ("symbol=ETHUSDT", 1),
        ("strategy=two", 1),
        ("strategy=two&status=active", 0),
        ("symbol=XRPUSDT", 0),
    ):
        page = await trader.ok("GET", f"/signals?{query}")
        assert (len(page["items"]), page["total"], page["limit"]) == (count, count, 3), query
    over = (await trader.ok("GET", f"/signals/{doomed.id}"))["status"]
    assert over in ("closed", "not_filled")


async def test_pages_hold_every_signal_once_while_new_ones_come(trader: Person, market: TestMarket) -> None:
    ids = await published(market, 7)
    seen: list[str] = []
    cursor = ""
    while True:
        page = await trader.ok("GET", f"/signals?limit=2{cursor}")
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        await published(market, 1)
    assert seen == ids[::-1]


async def test_a_cursor_of_another_list_is_refused(trader: Person, market: TestMarket) -> None:
    await published(market, 3)
    cursor = (await trader.ok("GET", "/signals?limit=1"))["next_cursor"]
    for path in (f"/signals?status=closed&cursor={cursor}", f"/orders?cursor={cursor}", "/signals?cursor=AAAA"):
        answer = await trader.get(path)
        assert (answer.status, answer.code) == (400, "invalid_cursor"), path
        assert answer.json["errors"][0]["pointer"] == "#/query/cursor"


async def test_a_signal_tells_its_life(trader: Person, market: TestMarket) -> None:
    signal = await market.publish(targets=2, reach=0.02)
    await market.move(BTCUSDT=60_000.0)
    await market.move(BTCUSDT=61_300.0)
    await market.move(BTCUSDT=62_600.0)
    detail = await trader.ok("GET", f"/signals/{signal.id}")
    assert detail["status"] == "closed"
    assert detail["end"] == "target"
    assert Decimal(detail["r"]) > 0
    kinds = [event["kind"] for event in detail["events"]]
    assert kinds == ["filled", "target_hit", "stop_moved", "target_hit", "closed"]
    moved = detail["events"][2]
    assert Decimal(moved["before"]) == signal.stop.value
    assert Decimal(moved["price"]) > signal.stop.value
    assert moved["why"] == "breakeven"


async def test_a_signal_that_is_entered_in_parts_shows_them(trader: Person, market: TestMarket) -> None:
    whole = await market.publish()
    assert (await trader.ok("GET", f"/signals/{whole.id}"))["further_entries"] == []
    plain = make_signal(market.at, symbol="ETHUSDT", price=2_000.0, targets=1, breakeven=False)
    below = plain.instrument.price(Decimal(1990))
    parts = SignalScaleIn(Decimal("0.4"), (SignalAddition(below, Decimal("0.6"), plain.entry_limit),))
    signal = await market.publish(replace(plain, scale_in=parts))
    detail = await trader.ok("GET", f"/signals/{signal.id}")
    assert detail["further_entries"] == [{"price": str(below), "share": "0.6", "target": str(plain.entry_limit)}]


async def test_what_there_is_not_is_not_found(trader: Person) -> None:
    assert (await trader.get(f"/signals/{uuid4()}")).code == "not_found"
    assert (await trader.get(f"/intents/{uuid4()}")).code == "not_found"
    assert (await trader.get("/signals/not-an-id")).code == "validation_failed"


# ----------------------------------------------------------------------------------------------------------- executing


async def test_executing_a_signal_opens_a_position(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    answer = await trader.post(f"/signals/{signal.id}/execute")
    assert answer.status == 201
    intent = answer.json
    assert (intent["status"], intent["deny_reason"], intent["position_id"]) == ("accepted", None, None)
    assert (intent["signal_id"], intent["account_id"]) == (str(signal.id), str(trader.account_id))
    assert (await trader.ok("GET", "/user/me"))["plan"]["slots_used"] == 1
    assert (await trader.ok("GET", "/signals"))["items"][0]["executed"] is True
    await market.enter()
    intent = await trader.ok("GET", f"/intents/{intent['id']}")
    assert intent["status"] == "open"
    (position,) = (await trader.ok("GET", "/positions"))["items"]
    assert position["id"] == intent["position_id"]


async def test_a_denial_is_explained_and_frees_its_slot(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "STARTER")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    first, second = await published(market, 2)
    await trader.post(f"/signals/{first}/execute")
    await market.enter()
    intent = (await trader.post(f"/signals/{second}/execute")).json
    assert (await trader.ok("GET", "/user/me"))["plan"]["slots_used"] == 2
    await market.attend()
    intent = await trader.ok("GET", f"/intents/{intent['id']}", headers={"Accept-Language": "ru"})
    assert (intent["status"], intent["deny_reason"], intent["position_id"]) == ("denied", "position_already_open", None)
    assert intent["words"] == "Не исполнено: по BTCUSDT уже открыта позиция лонг"
    assert (await trader.ok("GET", "/user/me"))["plan"]["slots_used"] == 1


async def test_a_signal_is_executed_once_per_account(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    signal = await market.publish()
    await market.connection.execute("update trading_accounts set auto_trading = false")
    other = await market.publish(strategy="by_hand")
    assert (await trader.post(f"/signals/{other.id}/execute")).status == 201
    answer = await trader.post(f"/signals/{other.id}/execute")
    assert (answer.status, answer.code) == (409, "already_executed")
    by_itself = await trader.post(f"/signals/{signal.id}/execute")
    assert by_itself.code == "already_executed", "automatic trading was faster"


async def test_a_signal_that_is_over_is_not_executed(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    await market.move(BTCUSDT=50_000.0)
    answer = await trader.post(f"/signals/{signal.id}/execute")
    assert (answer.status, answer.code) == (409, "signal_not_active")


async def test_a_locked_signal_is_not_executed(trader: Person, market: TestMarket) -> None:
    *_, beyond = await published(market, 4)
    answer = await trader.post(f"/signals/{beyond}/execute")
    assert (answer.status, answer.code) == (403, "plan_limit_reached")


async def test_a_read_only_user_executes_nothing(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    await market.connection.execute("update subscriptions set current_period_end = now() - interval '1 second'")
    answer = await trader.post(f"/signals/{signal.id}/execute")
    assert (answer.status, answer.code) == (403, "account_read_only")
    assert (await trader.ok("GET", "/user/me"))["plan"]["may_open"] is False


async def test_with_several_accounts_one_must_be_named(trader: Person, market: TestMarket) -> None:
    second = uuid4()
    await market.connection.execute(
        "insert into trading_accounts (id, tenant_id, user_id, name, venue, account_type, is_demo, currency, balance,"
        " risk_per_trade, max_leverage, auto_trading) select $1, tenant_id, user_id, 'Second', venue, account_type,"
        " is_demo, currency, 0, risk_per_trade, max_leverage, false from trading_accounts",
        second,
    )
    signal = await market.publish()
    answer = await trader.post(f"/signals/{signal.id}/execute")
    assert (answer.status, answer.code) == (422, "account_ambiguous")
    assert answer.json["errors"][0]["pointer"] == "#/account_id"
    named = await trader.post(f"/signals/{signal.id}/execute", {"account_id": str(second)})
    assert (named.status, named.json["account_id"]) == (201, str(second))
    foreign = await trader.post(f"/signals/{signal.id}/execute", {"account_id": str(uuid4())})
    assert (foreign.status, foreign.code) == (404, "not_found")


async def test_a_plans_slots_are_a_limit(trader: Person, market: TestMarket) -> None:
    first, second = await published(market, 2)
    assert (await trader.post(f"/signals/{first}/execute")).status == 201
    answer = await trader.post(f"/signals/{second}/execute")
    assert (answer.status, answer.code) == (403, "plan_limit_reached")


@pytest.mark.parametrize("same_key", [False, True], ids=["without keys", "with one key each"])
async def test_a_hundred_executes_at_once_take_exactly_the_plans_three_slots(
    trader: Person, market: TestMarket, same_key: bool
) -> None:
    await market.subscribe(trader.tenant_id, "STARTER")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    signals = [await market.publish() for _ in range(100)]
    await market.deliver(trader.id, signals)

    async def execute(number: int) -> str:
        headers = {"Idempotency-Key": f"key-{number}"} if same_key else {}
        answer = await trader.post(f"/signals/{signals[number].id}/execute", headers=headers)
        assert answer.status in (201, 403), answer.raw
        return "accepted" if answer.status == 201 else answer.code

    outcomes = await asyncio.gather(*(execute(number) for number in range(100)))
    assert outcomes.count("accepted") == 3
    assert outcomes.count("plan_limit_reached") == 97
    accepted = await market.connection.fetchval("select count(*) from intents where status = 'accepted' and holds_slot")
    assert accepted == 3
    assert await market.connection.fetchval("select slots_used from allowances") == 3


async def test_a_freed_slot_can_be_taken_again(trader: Person, market: TestMarket) -> None:
    """Taken by an entry intent; freed by the close of its position."""
    signal = await market.publish(reach=0.01)
    await trader.post(f"/signals/{signal.id}/execute")
    await market.enter()
    (position,) = (await trader.ok("GET", "/positions"))["items"]
    await trader.post(f"/positions/{position['id']}/close")
    await market.attend()
    await market.move(BTCUSDT=60_100.0)
    assert (await trader.ok("GET", "/user/me"))["plan"]["slots_used"] == 0
    again = await market.publish()
    assert (await trader.post(f"/signals/{again.id}/execute")).status == 201


async def test_many_executes_of_one_signal_make_one_intent(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "ENTERPRISE")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    signal = await market.publish()
    answers = await asyncio.gather(*(trader.post(f"/signals/{signal.id}/execute") for _ in range(20)))
    assert sorted({answer.status for answer in answers}) == [201, 409]
    assert [answer.status for answer in answers].count(201) == 1
    assert await market.connection.fetchval("select slots_used from allowances") == 1


async def test_executing_is_told_to_the_audit_log_and_to_realtime(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    intent = (await trader.post(f"/signals/{signal.id}/execute")).json
    told = await market.connection.fetch(
        "select o.destination, e.payload, e.tenant_id from outbox o join events e on e.id = o.event_id "
        "where e.type = 'intent_accepted' order by 1"
    )
    assert [row["destination"] for row in told] == ["audit", "realtime"]
    assert told[0]["payload"]["id"] == intent["id"]
    assert told[0]["tenant_id"] == trader.tenant_id


# ------------------------------------------------------------------------------------------------------ idempotency


async def test_the_same_request_is_done_once_and_answered_alike(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    path, key = f"/signals/{signal.id}/execute", {"Idempotency-Key": "an-execute-0001"}
    first = await trader.post(path, headers=key)
    again = await trader.post(path, headers={"Idempotency-Key": '"an-execute-0001"'})
    assert (first.status, again.status) == (201, 201)
    assert again.raw == first.raw, "byte for byte"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await market.connection.fetchval("select count(*) from intents") == 1


async def test_a_key_belongs_to_its_request(trader: Person, market: TestMarket) -> None:
    first, second = await published(market, 2)
    key = {"Idempotency-Key": "one-key"}
    await trader.post(f"/signals/{first}/execute", headers=key)
    for path, body in (
        (f"/signals/{second}/execute", None),
        (f"/signals/{first}/execute", {"account_id": str(trader.account_id)}),
    ):
        answer = await trader.post(path, body, headers=key)
        assert (answer.status, answer.code) == (422, "idempotency_key_reused"), path


async def test_keys_of_two_tenants_have_nothing_to_do_with_each_other(
    own_api: Api, trader: Person, market: TestMarket
) -> None:
    other = await own_api.register()
    signal = await market.publish()
    key = {"Idempotency-Key": "the-same-text"}
    answers = [await person.post(f"/signals/{signal.id}/execute", headers=key) for person in (trader, other)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["id"] != answers[1].json["id"]


async def test_a_request_that_failed_may_be_tried_again(trader: Person, market: TestMarket) -> None:
    first, second = await published(market, 2)
    await trader.post(f"/signals/{first}/execute")
    key = {"Idempotency-Key": "try-and-try-again"}
    assert (await trader.post(f"/signals/{second}/execute", headers=key)).code == "plan_limit_reached"
    await market.subscribe(trader.tenant_id, "STARTER")
    assert (await trader.post(f"/signals/{second}/execute", headers=key)).status == 201


async def test_a_key_that_is_being_answered_is_a_conflict(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    name = f"idempotency:{trader.tenant_id}:in-flight"
    async with market.connection.transaction():
        await market.connection.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", name)
        path, key = f"/signals/{signal.id}/execute", {"Idempotency-Key": "in-flight"}
        answer = await trader.post(path, headers=key)
        assert (answer.status, answer.code) == (409, "idempotency_in_flight")
        assert answer.headers["Retry-After"] == "1"
    assert (await trader.post(path, headers=key)).status == 201


async def test_the_same_request_at_the_same_time_is_done_once(trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    key = {"Idempotency-Key": "all-at-once"}
    answers = await asyncio.gather(*(trader.post(f"/signals/{signal.id}/execute", headers=key) for _ in range(10)))
    assert {answer.status for answer in answers} <= {201, 409}
    bodies = {answer.raw for answer in answers if answer.status == 201}
    assert len(bodies) == 1
    assert all(answer.code == "idempotency_in_flight" for answer in answers if answer.status == 409)
    assert await market.connection.fetchval("select count(*) from intents") == 1


@pytest.mark.parametrize("key", ["", "x" * 256, 'with"quotes', "with space"])
async def test_a_key_that_is_none_is_refused(trader: Person, market: TestMarket, key: str) -> None:
    signal = await market.publish()
    answer = await trader.post(f"/signals/{signal.id}/execute", headers={"Idempotency-Key": key})
    assert (answer.status, answer.code) == (400, "idempotency_key_invalid")
