"""What an editor of strategy documents asks: what is wrong and in which line, what it says, and the text as written."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.support.http import Api, Person
from tests.support.market import TestMarket
from tests.trading.strategies.test_own_strategies import document, save
from tradewind.trading.strategies import DocumentError, builtin_names, builtin_text, located, parse_document


def faults(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(DocumentError) as caught:
        parse_document(text)
    return [(each.path, each.line) for each in located(text, caught.value.problems)]


@pytest.mark.parametrize(
    ("right", "wrong", "path", "at"),
    [
        ("rsi(close", "rsi(clse", "define.momentum", "momentum: rsi(clse"),
        ("share: 1}", "share: 0.5}", "long.targets", "  targets:"),
        ("leverage_cap: 5", "leverage_cap: many", "leverage_cap", "leverage_cap: many"),
        (
            "distance: target_atr * swing",
            "distance: target_atr * swng",
            "long.targets[0].distance",
            "{distance: target_atr",
        ),
        ("fresh_for: 1\n", "", "fresh_for", "format: 1"),
        ("anchor: anchor\n", "anchor: anchor\nanchor: anchor\n", "", "anchor: anchor\nwarmup"),
        ("warmup: 500", "warmup: [", "", "  when: crosses"),
        ("anchor: anchor\n", "anchor: &a anchor\n", "", "anchor: &a anchor"),
    ],
)
def test_a_fault_has_its_line(right: str, wrong: str, path: str, at: str) -> None:
    text = document().replace(right, wrong, 1)
    line = text[: text.index(at)].count("\n") + 1
    found = faults(text)
    assert (path, line) in found


def test_json_has_lines_too() -> None:
    data = yaml.safe_load(document()) | {"leverage_cap": "many"}
    text = json.dumps(data, indent=1)
    assert faults(text) == [("leverage_cap", text[: text.index('"leverage_cap"')].count("\n") + 1)]
    assert faults("{") == [("", 1)]


async def test_a_document_is_checked_without_being_kept(own_api: Api, trader: Person) -> None:
    text = document().replace("rsi(close", "rsi(clse")
    found = await trader.ok("POST", "/strategies/check", json={"document": text})
    (fault,) = [each for each in found["faults"] if each["path"] == "define.momentum"]
    assert (fault["column"], found["document"]) == (5, None)
    assert "clse" in text.splitlines()[fault["line"] - 1]
    sound = await trader.ok(
        "POST", "/strategies/check", json={"document": document()}, headers={"Accept-Language": "ru"}
    )
    assert sound["faults"] == []
    assert sound["document"]["explanation"]["sections"]
    assert sound["document"]["parameters"][0]["title"] == "Быстрая EMA"
    (choice,) = sound["document"]["choices"]
    assert (choice["name"], choice["default"], choice["options"]) == ("anchor", "fill", ["fill", "close"])
    assert (await trader.ok("GET", "/strategies/own"))["items"] == []


async def test_built_in_documents_can_be_begun_with(own_api: Api, trader: Person) -> None:
    for name in builtin_names():
        found = await trader.ok("GET", f"/strategies/{name}/document")
        assert found["text"] == builtin_text(name)
        assert (await trader.ok("POST", "/strategies/check", json={"document": found["text"]}))["faults"] == []
    assert (await trader.get("/strategies/nobodys/document")).status == 404


async def test_every_version_is_as_it_was_written(own_api: Api, trader: Person, market: TestMarket) -> None:
    page = await trader.ok("GET", "/strategies/own")
    assert (page["counted"], page["limit"]) == (0, 0)
    await market.subscribe(trader.tenant_id, "PRO")
    first, second = "# mine alone\n" + document(), document(version=2, stop="3") + "# the end\n"
    await save(trader, first)
    await save(trader, second)
    page = await trader.ok("GET", "/strategies/own")
    assert (page["counted"], page["limit"]) == (1, 3)
    path = "/strategies/own/mine/document"
    assert (await trader.ok("GET", path))["text"] == second
    assert (await trader.ok("GET", f"{path}?version=1"))["text"] == first
    assert (await trader.get(f"{path}?version=3")).status == 404
    other = await own_api.register()
    assert (await other.get(path)).status == 404
