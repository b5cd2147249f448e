"""Alerts over HTTP: made, tried, changed, limited, told to their owner alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.http import Api, Person
from tests.support.market import NOON, TestMarket
from tradewind.billing import PLANS, PlanCode
from tradewind.core.candles import Candle, Timeframe
from tradewind.kit.clock import from_ms
from tradewind.market import Closed, Step

MINUTE = 60_000
LEVEL = {"symbol": "BTCUSDT", "price": "61000", "name": "up there"}
CONDITION = {"symbol": "BTCUSDT", "timeframe": "1m", "expression": "close > previous(close)"}


async def make(person: Person, **changed: Any) -> Any:
    return await person.ok("POST", "/alerts", json={**LEVEL, **changed})


async def close_minutes(market: TestMarket, *closes: float) -> None:
    """One-minute candles, one after the other, committed and told to the price board."""
    for close in closes:
        opened = market.at // MINUTE * MINUTE
        market.at = opened + MINUTE
        candle = Candle(opened, close, close + 5, close - 5, close, 1.0)
        await market.engine.step(Step(market.at, (Closed("BTCUSDT", Timeframe.M1, candle),)))
    await market.engine.commit()
    await market.post()


async def test_a_level_is_made_reached_and_told(trader: Person, market: TestMarket, own_api: Api) -> None:
    made = await make(trader, move="above", repeat="every_time", cooldown_minutes=5)
    assert (made["state"], made["version"], made["times"], made["last_triggered_at"]) == ("active", 1, 0, None)
    assert (made["price"], made["condition"]) == ("61000", "BTCUSDT rises to 61,000")
    assert made["channels"] == ["dashboard"]
    await market.attend()
    await market.move(BTCUSDT=61_500.0)
    await market.tell()
    (told,) = (await trader.ok("GET", "/alerts/history"))["items"]
    assert (told["alert_id"], told["name"], told["price"]) == (made["id"], "up there", "61500")
    assert told["text"] == "BTCUSDT rose to 61,000; price 61,500"
    russian = await trader.ok("GET", "/alerts/history", headers={"Accept-Language": "ru"})
    assert russian["items"][0]["text"] == "BTCUSDT: рост до 61\u00a0000; цена 61\u00a0500"
    again = await trader.ok("GET", f"/alerts/{made['id']}")
    assert (again["state"], again["times"], again["last_triggered_at"]) == ("active", 1, told["at"])
    frames = await market.connection.fetch(
        "select user_id, type, data from frames where data ->> 'id' = $1", made["id"]
    )
    ((owner, kind, data),) = (tuple(row) for row in frames)
    assert (owner, kind, data["event"]) == (trader.id, "notice", "alert_triggered")
    assert data["words"]["en"] == told["text"]
    assert "up there" not in str(data), "its name is its owner's own words and stays out of the chain"


async def test_only_its_owner_is_told_even_among_members(own_api: Api, trader: Person, market: TestMarket) -> None:
    member = await own_api.register()
    await market.connection.execute(
        "insert into memberships (organisation_id, user_id, role) values ($1, $2, 'viewer')",
        trader.tenant_id,
        member.id,
    )
    made = await make(trader)
    await market.attend()
    await market.move(BTCUSDT=61_500.0)
    await market.tell()
    seen = await market.connection.fetch("select user_id from frames where data ->> 'id' = $1", made["id"])
    assert [row["user_id"] for row in seen] == [trader.id]


async def test_a_condition_triggers_at_the_close(trader: Person, market: TestMarket) -> None:
    made = await make(trader, **CONDITION, price=None, name="")
    assert made["condition"] == "the close is above (the close 1 candle(s) ago)"
    await market.attend()
    await close_minutes(market, 60_000.0, 59_900.0, 60_100.5)
    (told,) = (await trader.ok("GET", f"/alerts/history?alert_id={made['id']}"))["items"]
    assert told["text"] == "the close = 60,100.5; the close 1 candle(s) ago = 59,900; price 60,100.5"
    assert (await trader.ok("GET", f"/alerts/{made['id']}"))["state"] == "triggered"


async def test_a_condition_is_tried_before_it_is_made(trader: Person, market: TestMarket) -> None:
    await close_minutes(market, 60_000.0, 59_900.0, 60_100.5, 60_000.0, 60_300.0)
    wish = {**CONDITION, "candles": 4}
    tried = await trader.ok("POST", "/alerts/check", json=wish)
    assert (tried["on_record"], tried["judged"], tried["held"], tried["warmup"]) == (5, 4, 2, 1)
    assert [hit["price"] for hit in tried["hits"]] == ["60300", "60100.5"]
    assert tried["hits"][0]["at"] == from_ms(market.at).isoformat().replace("+00:00", "Z")
    assert tried["holds_now"] is True
    assert tried["condition"] == "the close is above (the close 1 candle(s) ago)"
    assert (await trader.ok("GET", "/alerts"))["items"] == []
    waiting = await trader.ok("POST", "/alerts/check", json={**wish, "expression": "close > sma(close, 9)"})
    assert (waiting["warmup"], waiting["on_record"], waiting["judged"], waiting["held"]) == (8, 5, 0, 0)


@pytest.mark.parametrize(
    ("wish", "pointer", "words"),
    [
        ({"expression": "close >> 1"}, "#/expression", "column 1: expected + - * or /"),
        ({"expression": "clsoe > 1"}, "#/expression", 'column 1: unknown name "clsoe"'),
        ({"expression": "rsi(close, 14)"}, "#/expression", "expected a condition, got a number"),
        ({"expression": "1 < 2"}, "#/expression", "never does"),
        ({"expression": "on(NOSUCH, close > 1)"}, "#/expression", "got NOSUCH"),
        ({"timeframe": "1h"}, "#/timeframe", "expected one of 1m; got 1h"),
        ({"symbol": "NOSUCHUSDT"}, "#/symbol", "BTCUSDT, ETHUSDT"),
    ],
)
async def test_a_bad_condition_is_told_with_its_place(
    trader: Person, market: TestMarket, wish: dict[str, Any], pointer: str, words: str
) -> None:
    for path in ("/alerts", "/alerts/check"):
        answer = await trader.post(path, {**CONDITION, **wish})
        assert (answer.status, answer.code) == (422, "validation_failed"), path
        (error,) = answer.json["errors"]
        assert error["pointer"] == pointer
        assert words in error["detail"]


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"expression": CONDITION["expression"]}, "#/expression"),
        ({"price": None}, "#/expression"),
        ({"price": None, "expression": "close > 1"}, "#/timeframe"),
        ({"price": "0"}, "#/price"),
        ({"price": 61000}, "#/price"),
        ({"expires_at": from_ms(NOON - MINUTE).isoformat()}, "#/expires_at"),
        ({"cooldown_minutes": -1}, "#/cooldown_minutes"),
        ({"name": "x" * 81}, "#/name"),
        ({"name": "\0"}, "#/name"),
        ({"colour": "red"}, "#/colour"),
    ],
)
async def test_a_bad_wish_changes_nothing(
    trader: Person, market: TestMarket, wish: dict[str, Any], pointer: str
) -> None:
    answer = await trader.post("/alerts", {**LEVEL, **wish})
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert (await trader.ok("GET", "/alerts"))["items"] == []


async def test_the_plan_limits_active_and_paused_ones(trader: Person, market: TestMarket) -> None:
    limit = PLANS[PlanCode.FREE_TRIAL].max_alerts
    assert limit is not None
    made = [await make(trader, price=str(70_000 + number)) for number in range(limit)]
    refused = await trader.post("/alerts", LEVEL)
    assert (refused.status, refused.code) == (403, "plan_limit_reached")
    paused = await trader.ok("PATCH", f"/alerts/{made[0]['id']}", json={"state": "paused"})
    assert (paused["state"], paused["version"]) == ("paused", 2)
    assert (await trader.post("/alerts", LEVEL)).code == "plan_limit_reached"
    assert (await trader.client.request("DELETE", f"/api/v1/alerts/{made[1]['id']}")).status == 204
    await make(trader)
    page = await trader.ok("GET", "/alerts")
    assert (page["counted"], page["limit"], len(page["items"])) == (limit, limit, limit)
    await market.subscribe(trader.tenant_id, "ENTERPRISE")
    await make(trader)


async def test_one_that_is_over_does_not_count_until_it_is_taken_up_again(trader: Person, market: TestMarket) -> None:
    limit = PLANS[PlanCode.FREE_TRIAL].max_alerts or 0
    over = await make(trader)
    await market.attend()
    await market.move(BTCUSDT=61_500.0)
    for number in range(limit):
        await make(trader, price=str(70_000 + number))
    refused = await trader.client.request("PATCH", f"/api/v1/alerts/{over['id']}", json={"state": "active"})
    assert (refused.status, refused.code) == (403, "plan_limit_reached")


async def test_a_change_of_another_version_is_refused(trader: Person, market: TestMarket) -> None:
    made = await make(trader)
    path = f"/api/v1/alerts/{made['id']}"
    await trader.client.ok("PATCH", path, json={"state": "paused", "version": 1})
    stale = await trader.client.request("PATCH", path, json={"state": "active", "version": 1})
    assert (stale.status, stale.code) == (409, "alert_changed")
    renamed = await trader.client.ok("PATCH", path, json={"name": " new name "})
    assert (renamed["name"], renamed["state"], renamed["version"]) == ("new name", "paused", 2)


async def test_what_has_expired_is_not_taken_up_again(trader: Person, market: TestMarket) -> None:
    made = await make(trader, expires_at=(from_ms(market.at) + timedelta(minutes=2)).isoformat())
    await market.attend()
    await market.move(minutes=3, BTCUSDT=60_000.0)
    assert (await trader.ok("GET", f"/alerts/{made['id']}"))["state"] == "expired"
    refused = await trader.client.request("PATCH", f"/api/v1/alerts/{made['id']}", json={"state": "active"})
    assert (refused.status, refused.code) == (409, "alert_expired")


async def test_nobody_sees_or_changes_anothers(own_api: Api, trader: Person, market: TestMarket) -> None:
    made = await make(trader)
    await market.attend()
    await market.move(BTCUSDT=61_500.0)
    other = await own_api.register()
    for alert_id in (made["id"], str(uuid4())):
        for method, body in (("GET", None), ("PATCH", {"state": "paused"}), ("DELETE", None)):
            answer = await other.client.request(method, f"/api/v1/alerts/{alert_id}", json=body)
            assert (answer.status, answer.code) == (404, "not_found")
    assert (await other.ok("GET", "/alerts"))["items"] == []
    assert (await other.ok("GET", f"/alerts/history?alert_id={made['id']}"))["items"] == []


async def test_lists_are_paged(trader: Person, market: TestMarket) -> None:
    made = [(await make(trader, price=str(61_000 + number)))["id"] for number in range(3)]
    await market.attend()
    await market.move(BTCUSDT=62_000.0)
    for path in ("/alerts", "/alerts/history"):
        first = await trader.ok("GET", f"{path}?limit=2")
        rest = await trader.ok("GET", f"{path}?limit=2&cursor={first['next_cursor']}")
        assert rest["next_cursor"] is None
        found = [item.get("alert_id", item["id"]) for item in first["items"] + rest["items"]]
        assert sorted(found) == sorted(made)
    assert (await trader.ok("GET", "/alerts?symbol=ETHUSDT"))["items"] == []
