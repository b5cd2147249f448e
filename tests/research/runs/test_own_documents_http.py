"""Documents of one's own in back-tests and sweeps: whose they are, which version, and that runs keep them."""

from __future__ import annotations

from typing import Any

from tests.market.candle_maker import walk
from tests.research.runs.asked import CANDLES, started, subscribe, sweep, wish
from tests.support.http import Api, Person
from tradewind.core.candles import Timeframe
from tradewind.platform.database import Database
from tradewind.research.backtest import run_ideal
from tradewind.research.runs import Researcher
from tradewind.trading.strategies import builtin_text, parse_document


def document(version: int = 1, stop: str = "2") -> str:
    text = builtin_text("ema_rsi_atr").replace("name: ema_rsi_atr", "name: mine")
    text = text.replace("\nversion: 1", f"\nversion: {version}")
    return text.replace("stop_atr: {type: number, default: 2", f"stop_atr: {{type: number, default: {stop}")


async def save(person: Person, text: str) -> None:
    await person.ok("POST", "/strategies/own", json={"document": text})


async def found_of(person: Person, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await person.ok("GET", f"/backtests/{run_id}")
    assert found["state"] == "done", found["error"]
    return found


async def test_a_run_keeps_the_document_that_it_was_asked_for(pro: Person, researcher: Researcher) -> None:
    first, second = document(), document(version=2, stop="3")
    await save(pro, first)
    early = await started(pro, "/backtests", wish(strategy="own:mine"))
    many = await started(pro, "/backtests/sweeps", sweep(strategy="own:mine", vary={"stop_atr": ["2", "3"]}))
    looked = await started(pro, "/backtests/validations", wish(strategy="own:mine", paths=300))
    await save(pro, second)
    late = await started(pro, "/backtests", wish(strategy="own:mine"))
    await researcher.work()
    rolled = await started(pro, "/backtests", wish(strategy="own:mine", version=1))
    await pro.ok("DELETE", "/strategies/own/mine")
    await researcher.work()
    for run_id, text in ((early, first), (many, first), (looked, first), (late, second), (rolled, first)):
        found, ref = await found_of(pro, run_id), parse_document(text).ref
        assert (found["strategy"], found["own"]) == ("mine", True)
        assert (found["strategy_version"], found["document_hash"]) == (ref.version, ref.content_hash)
        if found["kind"] != "sweep":
            expected = run_ideal(parse_document(text), {"BTCUSDT": walk(CANDLES)}, Timeframe.M5)
            assert found["fingerprint"] == expected.fingerprint
    best = (await found_of(pro, many))["best"]
    assert best["parameters"] in ({"stop_atr": "2"}, {"stop_atr": "3"})
    assert (await found_of(pro, early))["fingerprint"] != (await found_of(pro, late))["fingerprint"]


async def test_anothers_document_is_as_unknown_as_none(own_api: Api, pro: Person, system_database: Database) -> None:
    await save(pro, document())
    other = await own_api.register()
    await subscribe(system_database, other, "PRO")
    paths = ("/backtests", "/backtests/sweeps", "/backtests/validations")
    for path in paths:
        body = sweep if path.endswith("sweeps") else wish
        answers = [await other.post(path, body(strategy=name)) for name in ("own:mine", "own:nobodys")]
        for answer, name in zip(answers, ("own:mine", "own:nobodys"), strict=True):
            assert (answer.status, answer.code) == (422, "validation_failed")
            assert answer.json["errors"] == [
                {
                    "pointer": "#/strategy",
                    "detail": f"expected a strategy of your own, got {name}; strategies/own lists them",
                }
            ]
    assert (await other.ok("GET", "/backtests"))["items"] == []


async def test_what_is_wrong_with_a_reference_has_its_place(pro: Person) -> None:
    await save(pro, document())
    for more, pointer, said in (
        ({"strategy": "mine"}, "#/strategy", "mine"),
        ({"strategy": "own:mine", "version": 2}, "#/strategy", "with a version 2"),
        ({"strategy": "ema_rsi_atr", "version": 1}, "#/version", "only with a document of your own"),
        ({"strategy": "own:"}, "#/strategy", "own:"),
        ({"strategy": "own:mine", "parameters": {"fats": "8"}}, "#/parameters/fats", "fast"),
    ):
        answer = await pro.post("/backtests", wish(**more))
        assert (answer.status, answer.code) == (422, "validation_failed"), answer.raw
        (error,) = answer.json["errors"]
        assert error["pointer"] == pointer
        assert said in error["detail"]
    await pro.ok("DELETE", "/strategies/own/mine")
    assert (await pro.post("/backtests", wish(strategy="own:mine"))).status == 422


async def test_what_filters_refused_is_told(pro: Person, researcher: Researcher) -> None:
    """Of the ideal profile and of the paper venue, in the reader's language."""
    text = document() + (
        "\nfilters:\n"
        "  - {name: rising, when: close > open, reason: {en: It must rise., ru: Цена должна расти.}}\n"
        "  - {name: never, when: close < 0, reason: {en: Never., ru: Никогда.}}\n"
    )
    await save(pro, text)
    ids = [await started(pro, "/backtests", wish(strategy="own:mine", profile=name)) for name in ("ideal", "paper")]
    ids.append(await started(pro, "/backtests", wish()))
    await researcher.work()
    ideal, paper, other = [await found_of(pro, run_id) for run_id in ids]
    assert other["refusals"] == []
    for found in (ideal, paper):
        assert found["metrics"]["trades"] == 0
        rising, never = found["refusals"]
        assert (rising["filter"], never["filter"]) == ("rising", "never")
        assert never["setups"] > rising["setups"] >= 0
        assert never["text"] == f"Filter never refused {never['setups']} set-ups. Never."
    russian = await pro.ok("GET", f"/backtests/{ids[0]}", headers={"Accept-Language": "ru"})
    assert russian["refusals"][1]["text"] == f"Фильтр never не пропустил установок: {never_of(ideal)}. Никогда."


def never_of(found: dict[str, Any]) -> int:
    setups: int = found["refusals"][1]["setups"]
    return setups
