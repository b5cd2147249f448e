"""Positions, orders, trades, decisions, figures over HTTP."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from tests.support.http import Person, running_api
from tests.support.market import TestMarket
from tradewind.core.positions import PositionStatus
from tradewind.core.values import Side
from tradewind.platform.settings import Settings
from tradewind.trading.positions.view import position_item


async def opened(trader: Person, market: TestMarket, **shape: Any) -> dict[str, Any]:
    """A position that has just been opened at 60,000."""
    signal = await market.publish(**shape)
    intent = (await trader.post(f"/signals/{signal.id}/execute")).json
    await market.enter()
    intent = await trader.ok("GET", f"/intents/{intent['id']}")
    position: dict[str, Any] = await trader.ok("GET", f"/positions/{intent['position_id']}")
    return position


async def closed(trader: Person, market: TestMarket, price: float) -> dict[str, Any]:
    """A position that was opened at 60,000 and closed by hand at `price`."""
    await market.move(BTCUSDT=60_000.0)
    position = await opened(trader, market, reach=0.5, stop=0.15)
    await market.move(BTCUSDT=price)
    await trader.ok("POST", f"/positions/{position['id']}/close")
    await market.attend()
    await market.move(BTCUSDT=price)
    detail: dict[str, Any] = await trader.ok("GET", f"/positions/{position['id']}")
    assert detail["status"] == "closed"
    return detail


# ------------------------------------------------------------------------------------------------------------ positions


async def test_a_position_has_the_shape_that_frames_have(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    (active,) = market.engine.desk._by_position.values()
    told = position_item(active.trade)
    for key, value in told.items():
        expected = value.replace("+00:00", "Z") if key == "opened_at" else value
        assert position[key] == expected, key


async def test_its_pnl_follows_the_price_board(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    quantity, entry = Decimal(position["quantity"]), Decimal(position["entry_price"])
    await market.move(BTCUSDT=60_600.0)
    (now,) = (await trader.ok("GET", "/positions"))["items"]
    unrealised = (Decimal(60_600) - entry) * quantity
    assert Decimal(now["mark_price"]) == 60_600
    assert Decimal(now["unrealised_pnl"]) == unrealised
    assert Decimal(now["realised_pnl"]) == -Decimal(now["fees"]) < 0
    assert Decimal(now["pnl"]) == unrealised - Decimal(now["fees"])
    percent = Decimal(now["pnl"]) / (entry * quantity) * 100
    assert abs(Decimal(now["pnl_pct"]) - percent) < Decimal("0.0001")


async def test_a_short_gains_when_the_price_falls(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market, side=Side.SHORT)
    await market.move(BTCUSDT=59_400.0)
    (now,) = (await trader.ok("GET", "/positions"))["items"]
    assert now["side"] == "short"
    assert Decimal(now["unrealised_pnl"]) > 0
    assert Decimal(now["entry_price"]) == Decimal(position["entry_price"])


async def test_the_last_committed_prices_serve_while_the_board_is_empty(
    trader: Person, market: TestMarket, broker: Redis, settings: Settings
) -> None:
    await opened(trader, market)
    await market.move(BTCUSDT=60_600.0)
    await broker.flushall()
    async with running_api(settings) as fresh:
        answer = await fresh.client().get("/api/v1/positions", headers=trader.client.headers)
    assert Decimal(answer.json["items"][0]["mark_price"]) == 60_600


async def test_what_never_opened_is_no_position(trader: Person, market: TestMarket) -> None:
    signal = await market.publish(price=50_000.0)  # below the market: the entry waits
    intent = (await trader.post(f"/signals/{signal.id}/execute")).json
    await market.attend()
    assert (await trader.ok("GET", f"/intents/{intent['id']}"))["status"] == "working"
    (row,) = await market.connection.fetch("select id, status from positions")
    assert row["status"] == PositionStatus.ENTERING
    assert (await trader.ok("GET", "/positions?status=all"))["items"] == []
    assert (await trader.get(f"/positions/{row['id']}")).code == "not_found"
    assert (await trader.post(f"/positions/{row['id']}/close")).code == "not_found"


async def test_lists_of_open_and_closed_ones(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "STARTER")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    gone = [(await closed(trader, market, 60_000.0 + number))["id"] for number in range(3)]
    await market.move(BTCUSDT=60_000.0)
    held = (await opened(trader, market))["id"]

    async def listed(status: str) -> list[str]:
        return [item["id"] for item in (await trader.ok("GET", f"/positions?status={status}"))["items"]]

    assert await listed("open") == [held]
    assert await listed("closed") == gone[::-1]
    assert await listed("all") == [held, *gone[::-1]]
    pages: list[str] = []
    path: str | None = "/positions?status=closed&limit=1"
    while path:
        page = await trader.ok("GET", path)
        pages += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        path = f"/positions?status=closed&limit=1&cursor={cursor}" if cursor else None
    assert pages == gone[::-1]
    assert (await trader.ok("GET", f"/positions?status=all&account_id={uuid4()}"))["items"] == []


async def test_a_ladder_shows_what_each_rung_took(trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    position = await opened(trader, market, targets=2, reach=0.02)
    assert [rung["share"] for rung in position["take_profit"]] == ["0.5", "0.5"]
    await market.move(BTCUSDT=61_300.0)
    detail = await trader.ok("GET", f"/positions/{position['id']}")
    filled = [Decimal(rung["filled"]) for rung in detail["take_profit"]]
    assert filled[0] > 0 == filled[1]
    assert Decimal(detail["quantity"]) == Decimal(detail["entered"]) - filled[0]
    assert Decimal(detail["stop_loss"]) > Decimal(detail["initial_stop"]), "breakeven"
    words = [decision["words"] for decision in detail["decisions"]]
    assert any(text.startswith("moved stop 58,800.00 → 60,") and "because TP1 filled 50 %" in text for text in words), (
        words
    )
    assert detail["protection"]["state"] == "live"
    assert Decimal(detail["protection"]["quantity"]) == Decimal(detail["quantity"])


# -------------------------------------------------------------------------------------------------------------- closing


async def test_closing_asks_the_engine_once(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    path = f"/positions/{position['id']}/close"
    answers = await asyncio.gather(*(trader.post(path) for _ in range(8)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1, "asking again changes nothing"
    assert answers[0].json["status"] == "pending"
    assert await market.connection.fetchval("select count(*) from exit_requests") == 1
    told = await market.connection.fetchval("select count(*) from events where type = 'position_exit_requested'")
    assert told == 1
    await market.attend()
    await market.move(BTCUSDT=60_000.0)
    detail = await trader.ok("GET", f"/positions/{position['id']}")
    assert (detail["status"], detail["exit_reason"]) == ("closed", "manual")
    answer = await trader.post(path)
    assert (answer.status, answer.code) == (409, "position_not_open")


async def test_the_engine_is_woken_by_the_commit(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    woken = asyncio.Event()
    await market.connection.add_listener("tradewind_inbox", lambda *_: woken.set())
    await trader.post(f"/positions/{position['id']}/close")
    async with asyncio.timeout(5):
        while not woken.is_set():
            await market.connection.execute("select 1")
            await asyncio.sleep(0)


async def test_closing_with_a_key_is_repeated_word_for_word(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    key = {"Idempotency-Key": "close-it"}
    path = f"/positions/{position['id']}/close"
    first = await trader.post(path, headers=key)
    await market.attend()
    await market.move(BTCUSDT=60_000.0)
    again = await trader.post(path, headers=key)
    assert (again.status, again.raw) == (202, first.raw), "although the position is closed by now"


# ---------------------------------------------------------------------------------------------------- orders and trades


async def test_orders_and_trades_of_a_position(trader: Person, market: TestMarket) -> None:
    position = await closed(trader, market, 60_500.0)
    assert [order["purpose"] for order in position["orders"]] == ["entry", "stop", "target", "close"]
    assert [fill["purpose"] for fill in position["fills"]] == ["entry", "close"]
    orders = (await trader.ok("GET", f"/orders?position_id={position['id']}"))["items"]
    assert {order["id"] for order in orders} == {order["id"] for order in position["orders"]}
    trades = (await trader.ok("GET", f"/trades?account_id={trader.account_id}"))["items"]
    assert [trade["id"] for trade in trades] == [fill["id"] for fill in reversed(position["fills"])]
    assert sum(Decimal(trade["fee"]) for trade in trades) == Decimal(position["fees"])
    assert (await trader.ok("GET", f"/orders?account_id={uuid4()}"))["items"] == []
    ids: list[str] = []
    cursor = ""
    while True:
        page = await trader.ok("GET", f"/orders?limit=1{cursor}")
        ids += [order["id"] for order in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(ids) == len(set(ids)) == 4


async def test_decisions_by_position_and_by_intent(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    by_position = await trader.ok("GET", f"/decisions?position_id={position['id']}")
    by_intent = await trader.ok("GET", f"/decisions?intent_id={position['intent_id']}")
    assert by_position == by_intent
    assert [item["code"] for item in by_intent["items"]][:2] == ["entry_placed", "entry_filled"]
    russian = await trader.ok("GET", f"/decisions?intent_id={position['intent_id']}", headers={"Accept-Language": "ru"})
    assert russian["items"][0]["words"].startswith("выставлен вход")
    assert (await trader.get("/decisions")).code == "validation_failed"
    both = f"/decisions?intent_id={position['intent_id']}&position_id={position['id']}"
    assert (await trader.get(both)).code == "validation_failed"
    assert (await trader.get(f"/decisions?intent_id={uuid4()}")).code == "not_found"


# -------------------------------------------------------------------------------------------------------------- figures


async def figures(trader: Person) -> dict[str, Any]:
    stats: dict[str, Any] = await trader.ok("GET", "/user/stats")
    return stats


async def test_figures_add_up(trader: Person, market: TestMarket) -> None:
    position = await opened(trader, market)
    await market.move(BTCUSDT=60_600.0)
    stats = await figures(trader)
    (held,) = (await trader.ok("GET", "/positions"))["items"]
    assert stats["open_positions"] == 1
    assert Decimal(stats["balance"]) == 10_000 - Decimal(position["fees"])
    assert Decimal(stats["equity"]) == Decimal(stats["balance"]) + Decimal(held["unrealised_pnl"])
    assert Decimal(stats["total_pnl"]) == Decimal(stats["equity"]) - 10_000
    assert stats["today_pnl"] == stats["total_pnl"], "the account was opened today"
    assert Decimal(stats["today_pnl_pct"]) == (Decimal(stats["today_pnl"]) / 100).quantize(Decimal("0.0001"))
    assert stats["market_time"].startswith("2026-01-05T12:0")


async def test_today_begins_with_the_market_day(trader: Person, market: TestMarket) -> None:
    """What was open over midnight counts from its price at midnight."""
    await opened(trader, market, stop=0.15, reach=0.5)
    await market.move(BTCUSDT=61_000.0)
    to_midnight = (24 * 60) - (12 * 60 + 3)
    await market.move(minutes=to_midnight, BTCUSDT=62_000.0)
    at_midnight = await figures(trader)
    assert at_midnight["market_time"] == "2026-01-06T00:00:00Z"
    assert Decimal(at_midnight["today_pnl"]) == 0
    await market.move(minutes=30, BTCUSDT=62_600.0)
    later = await figures(trader)
    assert Decimal(later["today_pnl"]) == Decimal(later["equity"]) - Decimal(at_midnight["equity"]) > 0
    expected = Decimal(later["today_pnl"]) / Decimal(at_midnight["equity"]) * 100
    assert Decimal(later["today_pnl_pct"]) == expected.quantize(Decimal("0.0001"))
    assert Decimal(later["total_pnl"]) > Decimal(later["today_pnl"])


async def test_a_quiet_day_has_no_pnl(trader: Person, market: TestMarket) -> None:
    await closed(trader, market, 60_500.0)
    await market.move(minutes=36 * 60, BTCUSDT=60_500.0)
    stats = await figures(trader)
    assert Decimal(stats["today_pnl"]) == 0
    assert Decimal(stats["total_pnl"]) > 0


async def test_the_win_rate_is_of_thirty_market_days(trader: Person, market: TestMarket) -> None:
    await closed(trader, market, 60_500.0)
    await closed(trader, market, 59_000.0)
    await closed(trader, market, 59_500.0)
    assert Decimal((await figures(trader))["win_rate"]) == Decimal("33.3333")
    await market.move(minutes=31 * 24 * 60, BTCUSDT=60_000.0)
    assert (await figures(trader))["win_rate"] is None
    await market.connection.execute("update subscriptions set current_period_end = null")
    await closed(trader, market, 60_500.0)
    assert Decimal((await figures(trader))["win_rate"]) == 100


async def test_the_equity_curve_ends_at_the_present(trader: Person, market: TestMarket) -> None:
    await opened(trader, market, stop=0.15, reach=0.5)
    for hour in range(6):
        await market.move(minutes=60, BTCUSDT=60_000.0 + 100 * hour)
    points = (await trader.ok("GET", "/user/equity"))["items"]
    assert Decimal(points[0]["equity"]) == 10_000
    assert [point["at"] for point in points] == sorted({point["at"] for point in points})
    stats = await figures(trader)
    assert points[-1] == {"at": stats["market_time"], "balance": stats["balance"], "equity": stats["equity"]}
    since = points[3]["at"]
    assert (await trader.ok("GET", f"/user/equity?since={since}"))["items"] == points[3:]


@pytest.mark.parametrize(
    "since", ["2020", "2020-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B14:00"]
)
async def test_the_equity_curve_begins_at_a_time_that_there_is(person: Person, since: str) -> None:
    answer = await person.get(f"/user/equity?since={since}")
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == ["#/query/since"]


async def test_a_long_equity_curve_is_thinned(trader: Person, market: TestMarket) -> None:
    await market.connection.execute(
        "insert into equity_points (account_id, tenant_id, at, balance, equity) "
        "select id, tenant_id, '2025-06-11T03:00Z'::timestamptz + n * interval '1 hour', 1, n from trading_accounts, "
        "generate_series(1, 5000) as n"
    )
    points = (await trader.ok("GET", "/user/equity"))["items"]
    assert 400 <= len(points) <= 500
    equities = [Decimal(point["equity"]) for point in points[:-2]]
    assert equities == sorted(equities)


# ----------------------------------------------------------------------------------------- accounts, strategies, market


async def test_an_account_is_set_by_its_owner(trader: Person, market: TestMarket) -> None:
    path = f"/trading-accounts/{trader.account_id}"
    change = {"name": " Swing ", "auto_trading": False, "risk_per_trade": "0.02", "max_leverage": "3"}
    account = await trader.ok("PATCH", path, json=change)
    assert (account["name"], account["auto_trading"]) == ("Swing", False)
    assert (account["risk_per_trade"], account["max_leverage"]) == ("0.02", "3")
    paused = await trader.ok("PATCH", path, json={"status": "paused"})
    assert (paused["status"], paused["name"]) == ("paused", "Swing")
    signal = await market.publish()
    assert (await trader.post(f"/signals/{signal.id}/execute")).code == "not_found", "no active account"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"risk_per_trade": "0.2"}, "#/risk_per_trade"),
        ({"risk_per_trade": 0.01}, "#/risk_per_trade"),
        ({"risk_per_trade": "NaN"}, "#/risk_per_trade"),
        ({"risk_per_trade": "1e-300"}, "#/risk_per_trade"),
        ({"risk_per_trade": "0.0" + "1" * 20_000}, "#/risk_per_trade"),
        ({"risk_per_trade": "0.000001"}, "#/risk_per_trade"),
        ({"risk_per_trade": "\u0660.\u0660\u0665"}, "#/risk_per_trade"),
        ({"max_leverage": "0"}, "#/max_leverage"),
        ({"status": "closed"}, "#/status"),
        ({"name": ""}, "#/name"),
        ({"name": None}, "#/name"),
        ({"balance": "1000000"}, "#/balance"),
    ],
)
async def test_what_cannot_be_set_is_refused(person: Person, change: dict[str, Any], pointer: str) -> None:
    answer = await person.client.request("PATCH", f"/api/v1/trading-accounts/{person.account_id}", json=change)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


async def test_strategies_speak_the_callers_language_and_tell_their_record(trader: Person, market: TestMarket) -> None:
    await market.publish(strategy="ema_trend", targets=1, reach=0.01)
    await market.move(BTCUSDT=60_000.0)
    await market.move(BTCUSDT=61_000.0)
    items = {item["name"]: item for item in (await trader.ok("GET", "/strategies"))["items"]}
    trend = items["ema_trend"]
    assert trend["measured"]["signals"] == trend["measured"]["filled"] == 1
    assert Decimal(trend["measured"]["win_rate"]) == 100
    assert Decimal(trend["measured"]["average_r"]) > 0
    other = next(item for name, item in items.items() if name != "ema_trend")
    assert (other["measured"]["signals"], other["measured"]["win_rate"]) == (0, None)
    assert all(item["title"] and item["description"] and item["weakness"] for item in items.values())
    assert all({"name", "title", "default", "min", "max", "whole"} == set(p) for p in trend["parameters"])
    russian = {
        item["name"]: item
        for item in (await trader.ok("GET", "/strategies", headers={"Accept-Language": "ru"}))["items"]
    }
    assert russian["ema_trend"]["description"] != trend["description"]
