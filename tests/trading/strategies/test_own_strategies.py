"""Strategies of one's own over HTTP: versions, rolling back, what plans allow, what is refused and leaves nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.events import fetch
from tests.support.http import Api, Person
from tests.support.market import TestMarket
from tradewind.platform.database import Database
from tradewind.trading.strategies import builtin_text, parse_document


def document(name: str = "mine", version: int = 1, stop: str = "2") -> str:
    text = builtin_text("ema_rsi_atr").replace("name: ema_rsi_atr", f"name: {name}")
    text = text.replace("\nversion: 1", f"\nversion: {version}")
    return text.replace("stop_atr: {type: number, default: 2", f"stop_atr: {{type: number, default: {stop}")


async def save(person: Person, text: str) -> Any:
    return await person.ok("POST", "/strategies/own", json={"document": text})


async def own(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.ok("GET", "/strategies/own"))["items"]
    return items


async def test_versions_are_kept_and_rolled_back_to(own_api: Api, trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    first = await save(trader, document())
    assert first["versions"][0]["content_hash"] == parse_document(document()).ref.content_hash
    second = await save(trader, document(version=2, stop="3"))
    assert [(each["version"], each["active"]) for each in second["versions"]] == [(2, True), (1, False)]
    assert second["document"]["parameters"]["stop_atr"]["default"] == 3
    back = await trader.ok("POST", "/strategies/own/mine/activate", json={"version": 1})
    assert (back["active_version"], back["document"]["parameters"]["stop_atr"]["default"]) == (1, 2)
    assert await own(trader) == [back]
    # The same content in other words is the version that is there.
    again = await save(trader, "# a comment\n" + document(version=2, stop="3.0"))
    assert again["active_version"] == 2
    assert len(again["versions"]) == 2
    missing = await trader.post("/strategies/own/mine/activate", {"version": 7})
    assert (missing.status, missing.code) == (404, "not_found")


async def test_what_is_refused_leaves_nothing(own_api: Api, trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    await save(trader, document(version=2))
    before = await own(trader)
    for text, said in (
        (document(version=2, stop="3"), "version: expected one above all that are kept, got 2 with other content"),
        (document(version=1, stop="3"), "version: expected one above all that are kept, got 1 with other content"),
        (document("ema_trend"), "name: expected a name of its own, ema_trend is a built-in strategy"),
        (document("other").replace("rsi(close", "rsi(clse"), 'define.momentum: column 5: unknown name "clse"'),
        ("[", "expected YAML"),
    ):
        answer = await trader.post("/strategies/own", {"document": text})
        assert (answer.status, answer.code) == (422, "validation_failed")
        assert said in answer.json["errors"][0]["detail"]
    assert await own(trader) == before


@pytest.mark.parametrize(("plan", "allowed"), [("FREE_TRIAL", 0), ("STARTER", 0), ("PRO", 3), ("ENTERPRISE", 5)])
async def test_a_plan_allows_so_many(own_api: Api, trader: Person, market: TestMarket, plan: str, allowed: int) -> None:
    await market.subscribe(trader.tenant_id, plan)
    wishes = [trader.post("/strategies/own", {"document": document(f"mine_{number}")}) for number in range(5)]
    answers = await asyncio.gather(*wishes)
    assert sorted(answer.status for answer in answers) == [200] * allowed + [403] * (5 - allowed)
    assert {answer.code for answer in answers if answer.status == 403} <= {"plan_limit_reached"}
    held = await own(trader)
    assert len(held) == allowed
    if held:  # a further version is no further strategy
        await save(trader, document(held[0]["name"], version=2))


async def test_nobody_sees_anothers(own_api: Api, trader: Person, market: TestMarket) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    await save(trader, document())
    other = await own_api.register()
    assert await own(other) == []
    await market.subscribe(other.tenant_id, "PRO")
    await save(other, document(stop="4"))
    assert (await own(trader))[0]["document"]["parameters"]["stop_atr"]["default"] == 2


async def test_what_is_deleted_is_out_of_sight_and_comes_back_with_its_versions(
    own_api: Api, trader: Person, market: TestMarket
) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    for name in ("one", "two", "three"):
        await save(trader, document(name))
    assert (await trader.post("/strategies/own", {"document": document("four")})).code == "plan_limit_reached"
    await trader.ok("DELETE", "/strategies/own/one")
    assert [each["name"] for each in await own(trader)] == ["three", "two"]
    for method, path, body in (
        ("DELETE", "/strategies/own/one", None),
        ("DELETE", "/strategies/own/never", None),
        ("POST", "/strategies/own/one/activate", {"version": 1}),
    ):
        answer = await trader.client.request(method, "/api/v1" + path, json=body)
        assert (answer.status, answer.code) == (404, "not_found")
    await save(trader, document("four"))
    assert (await trader.post("/strategies/own", {"document": document("one")})).code == "plan_limit_reached", (
        "its place"
    )
    await trader.ok("DELETE", "/strategies/own/four")
    taken = await trader.post("/strategies/own", {"document": document("one", stop="4")})
    assert "expected one above all that are kept" in taken.json["errors"][0]["detail"]
    back = await save(trader, document("one"))
    assert [each["version"] for each in back["versions"]] == [1]


async def test_every_change_is_in_the_audit_log(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database
) -> None:
    await market.subscribe(trader.tenant_id, "PRO")
    first, second = document(), document(version=2, stop="3")
    for text in (first, first, second, first):
        await save(trader, text)
    await trader.ok("POST", "/strategies/own/mine/activate", json={"version": 2})
    await trader.ok("DELETE", "/strategies/own/mine")
    await trader.post("/strategies/own", {"document": "["})
    rows = await fetch(
        system_database,
        "select e.type, e.payload, e.tenant_id, count(o.event_id) as told from events e "
        "left join outbox o on o.event_id = e.id and o.destination = 'audit' "
        "where e.type like 'strategy_%' group by e.id order by e.at, e.id",
    )
    told = [(row["type"], row["payload"]) for row in rows]
    refs = {version: parse_document(text).ref for version, text in ((1, first), (2, second))}
    said = {
        version: {"name": "mine", "version": version, "content_hash": ref.content_hash} for version, ref in refs.items()
    }
    assert told == [
        ("strategy_saved", said[1]),
        ("strategy_saved", said[2]),
        ("strategy_activated", said[1]),
        ("strategy_activated", said[2]),
        ("strategy_deleted", {"name": "mine"}),
    ], "what changes nothing and what is refused is no event"
    assert {row["tenant_id"] for row in rows} == {trader.tenant_id}
    assert {row["told"] for row in rows} == {1}
