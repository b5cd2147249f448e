"""Back-tests and sweeps as clients meet them: asked for, computed, read, cancelled, refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.market.candle_maker import walk
from tests.research.runs.asked import CANDLES, SYMBOLS, all_trials, started, subscribe, sweep, wish
from tests.support.http import Api, Person
from tradewind.core.candles import Timeframe
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.research.backtest import run_ideal
from tradewind.research.reports import judged
from tradewind.research.runs import Researcher
from tradewind.trading.strategies import load_builtin

NOBODYS = "00000000-0000-7000-8000-000000000000"


# ---------------------------------------------------------------------------------------------------- back-tests


async def test_a_backtest_says_what_the_library_says(pro: Person, researcher: Researcher) -> None:
    answer = await pro.post("/backtests", wish())
    assert (answer.status, answer.json["state"], answer.json["profile"]) == (202, "queued", "ideal")
    assert answer.json["from"] == "2024-01-01T00:00:00Z"
    assert not await researcher.work()
    found = await pro.ok("GET", f"/backtests/{answer.json['id']}")
    assert (found["state"], found["done"], found["total"], found["candles"]) == ("done", 1, 1, CANDLES)
    expected = run_ideal(load_builtin("ema_rsi_atr"), {"BTCUSDT": walk(CANDLES)}, Timeframe.M5)
    assert found["fingerprint"] == expected.fingerprint
    for name, value in expected.metrics.items().items():
        told = found["metrics"][name]
        assert (None if told is None else float(told)) == value, name
    trades, query = [], "?limit=7"
    while True:
        page = await pro.ok("GET", f"/backtests/{found['id']}/trades{query}")
        trades += page["items"]
        if page["next_cursor"] is None:
            break
        query = f"?limit=7&cursor={page['next_cursor']}"
    assert [float(trade["pnl"]) for trade in trades] == [trade.pnl for trade in expected.trades]
    assert [float(trade["return"]) for trade in trades] == [trade.gained for trade in expected.trades]
    days = (await pro.ok("GET", f"/backtests/{found['id']}/equity"))["items"]
    assert days[0]["day"] == "2024-01-01"
    assert [(each["key"], each["text"]) for each in found["assumptions"]] == [
        (each.key, each.en) for each in expected.assumptions
    ]
    doubts = [(reason.doubt.value, reason.words("en")) for reason in judged(expected)[1].reasons]
    assert [(each["code"], each["text"]) for each in found["warnings"]] == doubts
    assert "short_period" in dict(doubts)
    assert float(days[-1]["equity"]) == pytest.approx(expected.metrics.end_equity)


async def test_a_backtest_may_fill_as_the_paper_venue_does(pro: Person, researcher: Researcher) -> None:
    body = wish(profile="paper", symbols=["BTCUSDT", "ETHUSDT"], to="2024-01-15T00:00:00Z")
    run_id = await started(pro, "/backtests", body)
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["error"], found["profile"], found["fee"]) == ("done", None, "paper", None)
    assert found["to"] == "2024-01-15T00:00:00Z"
    assert found["metrics"]["trades"] > 0


async def test_runs_are_listed_with_the_newest_first(pro: Person, researcher: Researcher) -> None:
    ids = [await started(pro, "/backtests", wish(parameters={"fast": str(fast)})) for fast in (8, 9, 10)]
    first = await pro.ok("GET", "/backtests?limit=2")
    second = await pro.ok("GET", f"/backtests?limit=2&cursor={first['next_cursor']}")
    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert [item["parameters"] for item in first["items"]] == [{"fast": "10"}, {"fast": "9"}]
    await researcher.work()


async def test_the_same_request_twice_is_one_run(pro: Person) -> None:
    answers = [await pro.post("/backtests", wish(), headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert len((await pro.ok("GET", "/backtests"))["items"]) == 1


# ---------------------------------------------------------------------------------------------------- sweeps


async def test_a_sweep_has_trials_a_best_and_a_heat_map(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep())
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["done"], found["total"]) == ("done", 12, 12)
    trials = await all_trials(pro, run_id)
    assert [trial["number"] for trial in trials] == list(range(12))
    assert trials[5]["parameters"] == {"fast": "10", "stop_atr": "3"}
    expected = load_builtin("ema_rsi_atr").with_parameters({"fast": 10, "stop_atr": 3})
    metrics = run_ideal(expected, {"BTCUSDT": walk(CANDLES)}, Timeframe.M5).metrics
    assert float(trials[5]["score"]) == pytest.approx(metrics.total_return)
    assert trials[5]["metrics"]["trades"] == metrics.trades
    by_score = (await pro.ok("GET", f"/backtests/{run_id}/trials?limit=3"))["items"]
    assert by_score == sorted(trials, key=lambda trial: -float(trial["score"]))[:3]
    assert found["best"] == by_score[0]
    assert found["honesty"]["trials"] == 12
    assert 0.0 <= float(found["honesty"]["pbo"]) <= 1.0
    assert 0.0 <= float(found["honesty"]["deflated_sharpe"]) <= 1.0
    heat = await pro.ok("GET", f"/backtests/{run_id}/heatmap?x=stop_atr&y=fast")
    assert heat["x"] == {"name": "stop_atr", "values": ["1.5", "2", "3"]}
    assert heat["y"]["values"] == ["8", "10", "12", "14"]
    assert heat["cells"] == [[trial["score"] for trial in trials[row : row + 3]] for row in (0, 3, 6, 9)]
    one = await pro.ok("GET", f"/backtests/{run_id}/heatmap?x=fast&y=fast&fold=median")
    assert one["y"] is None
    assert one["cells"][0][0] == sorted((trial["score"] for trial in trials[:3]), key=float)[1]


async def test_doubts_are_said_in_the_readers_language(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep(min_trades=100_000))
    await researcher.work()
    for language, beginning in (("en", "No set closed"), ("ru", "Ни один набор")):
        found = await pro.ok("GET", f"/backtests/{run_id}", headers={"Accept-Language": language})
        (warning,) = found["honesty"]["warnings"]
        assert warning["code"] == "none_scored"
        assert warning["text"].startswith(beginning)
    assert found["best"] is None


async def test_a_queued_run_that_is_cancelled_is_never_computed(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep())
    assert (await pro.post(f"/backtests/{run_id}/cancel")).json["state"] == "cancelling"
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["done"], found["best"]) == ("cancelled", 0, None)
    again = await pro.post(f"/backtests/{run_id}/cancel")
    assert (again.status, again.code) == (409, "run_over")


# ------------------------------------------------------------------------------------------------------------- refusals


#: What is added to a good request, where that is wrong, and a part of what is said of it.
WRONG_BACKTESTS: list[tuple[dict[str, Any], str, str]] = [
    ({"strategy": "ema_trendy"}, "#/strategy", "ema_trend"),
    ({"parameters": {"fats": "8"}}, "#/parameters/fats", "fast"),
    ({"parameters": {"fast": "1"}}, "#/parameters/fast", "from 2 to 200"),
    ({"parameters": {"anchor": "open"}}, "#/parameters/anchor", "fill, close"),
    ({"symbols": []}, "#/symbols", "at least 1"),
    ({"symbols": ["BTCUSDT", "DOGEUSDT"]}, "#/symbols/1", "BTCUSDT, ETHUSDT"),
    ({"symbols": ["BTCUSDT", "BTCUSDT"]}, "#/symbols", "once"),
    ({"timeframe": "1h"}, "#/timeframe", "5m"),
    ({"timeframe": "7m"}, "#/timeframe", "1m"),
    ({"from": "2025-01-01T00:00:00Z"}, "#/from", "2024-01-01T00:00Z"),
    ({"from": "2024-02-01T00:00:00Z", "to": "2024-01-01T00:00:00Z"}, "#/from", "has candles"),
    ({"to": "yesterday"}, "#/to", "2026-01-31T12:00:00Z"),
    ({"profile": "paper", "fee": "0.001"}, "#/fee", "ideal"),
    ({"strategy": "dca_dip", "profile": "ideal"}, "#/profile", "paper"),
    ({"fee": "2"}, "#/fee", "0.1"),
    ({"risk": 1}, "#/risk", "not permitted"),
]
WRONG_SWEEPS: list[tuple[dict[str, Any], str, str]] = [
    ({"vary": {}}, "#/vary", "at least 1"),
    ({"vary": {"slov": None}}, "#/vary/slov", "slow"),
    ({"vary": {"fast": {"from": "20", "to": "8"}}}, "#/vary/fast", "from at most to"),
    ({"vary": {"fast": {"from": "8", "to": "9", "step": "0.5"}}}, "#/vary/fast", "whole number"),
    ({"vary": {"fast": {"from": "1", "to": "9"}}}, "#/vary/fast", "from 2 to 200"),
    ({"vary": {"fast": ["8", "8"]}}, "#/vary/fast", "once"),
    ({"vary": {"anchor": {"from": "1", "to": "2"}}}, "#/vary/anchor", "fill, close"),
    ({"vary": {"stop_atr": {"from": "1", "to": "20", "step": "0.0001"}}}, "#/vary/stop_atr", "10,000"),
    ({"trials": 5}, "#/trials", "all 12 points"),
    ({"profile": "paper"}, "#/profile", "ideal"),
    ({"strategy": "dca_dip", "vary": {"stop_atr": None}}, "#/strategy", "whole positions"),
    ({"objective": "luck"}, "#/objective", "sharpe"),
    ({"sampler": "magic"}, "#/sampler", "grid"),
]


async def test_what_is_wrong_has_its_place(pro: Person) -> None:
    asked = [("/backtests", wish(**more), pointer, said) for more, pointer, said in WRONG_BACKTESTS]
    asked += [("/backtests/sweeps", sweep(**more), pointer, said) for more, pointer, said in WRONG_SWEEPS]
    for path, body, pointer, said in asked:
        answer = await pro.post(path, body)
        assert (answer.status, answer.code) == (422, "validation_failed"), (body, answer.raw)
        found = answer.json["errors"]
        assert any(each["pointer"].startswith(pointer) and said in each["detail"] for each in found), (body, found)
    assert (await pro.ok("GET", "/backtests"))["items"] == []


async def test_a_heat_map_of_what_does_not_vary_is_refused(pro: Person) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep())
    answer = await pro.get(f"/backtests/{run_id}/heatmap?x=fast&y=slow")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/query/y")


# ---------------------------------------------------------------------------------------------------- plans and tenants


async def test_plans_bound_how_much_is_computed(own_api: Api, system_database: Database) -> None:
    trial = await own_api.register()
    vary = {"fast": {"from": "2", "to": "102"}, "slow": ["110"]}
    answer = await trial.post("/backtests/sweeps", sweep(vary=vary))
    assert (answer.status, answer.code) == (403, "plan_limit_reached")
    assert answer.json["errors"][0]["pointer"] == "#/trials"
    await started(trial, "/backtests", wish())
    assert (await trial.post("/backtests", wish())).code == "plan_limit_reached", "one at a time"
    await subscribe(system_database, trial, "PRO")
    await started(trial, "/backtests/sweeps", sweep(vary=vary))


async def test_who_has_no_subscription_reads_only(pro: Person, system_database: Database) -> None:
    run_id = await started(pro, "/backtests", wish())
    connection = await system_database.connect()
    await connection.execute("update subscriptions set status = 'expired' where tenant_id = $1", pro.tenant_id)
    await connection.close()
    assert (await pro.post("/backtests", wish())).code == "account_read_only"
    assert (await pro.get(f"/backtests/{run_id}")).status == 200


async def test_runs_of_others_do_not_exist(own_api: Api, pro: Person, settings: Settings) -> None:
    run_id = await started(pro, "/backtests/sweeps", sweep())
    other = await own_api.register()
    assert (await other.ok("GET", "/backtests"))["items"] == []
    for path in ("", "/trades", "/equity", "/trials", "/heatmap"):
        answers = [await other.get(f"/backtests/{each}{path}") for each in (run_id, NOBODYS)]
        assert [answer.status for answer in answers] == [404, 404]
    assert (await other.post(f"/backtests/{run_id}/cancel")).status == 404
    assert (await pro.ok("GET", f"/backtests/{run_id}"))["state"] == "queued"


async def test_a_sweep_has_no_trades_and_a_backtest_no_trials(pro: Person) -> None:
    one, many = await started(pro, "/backtests", wish()), await started(pro, "/backtests/sweeps", sweep())
    for run_id, paths in ((one, ("trials", "heatmap")), (many, ("trades", "equity"))):
        for path in paths:
            assert (await pro.get(f"/backtests/{run_id}/{path}")).status == 404


async def test_what_can_be_asked_for(pro: Person) -> None:
    offer = await pro.ok("GET", "/backtests/offer")
    assert offer["limits"] == {"runs": 4, "candles": 5_000_000, "trials": 5_000}
    assert {(each["symbol"], each["timeframe"]) for each in offer["series"]} >= {(symbol, "5m") for symbol in SYMBOLS}
    for each in offer["series"]:
        asked = wish(symbols=[each["symbol"]], timeframe=each["timeframe"])
        run = (await pro.post("/backtests", asked)).json
        assert (run["from"], run["to"]) == (each["from"], each["to"])
        await pro.ok("POST", f"/backtests/{run['id']}/cancel", json={})


async def test_lists_say_in_short_what_came_of_it(pro: Person, researcher: Researcher) -> None:
    one = await started(pro, "/backtests", wish())
    many = await started(pro, "/backtests/sweeps", sweep())
    looked = await started(pro, "/backtests/validations", wish(paths=300))
    assert {each["short"] for each in (await pro.ok("GET", "/backtests"))["items"]} == {None}
    await researcher.work()
    listed = {each["id"]: each["short"] for each in (await pro.ok("GET", "/backtests"))["items"]}
    found = {run_id: await pro.ok("GET", f"/backtests/{run_id}") for run_id in (one, many, looked)}
    for run_id in (one, looked):
        for name in ("trades", "total_return", "max_drawdown", "sharpe"):
            assert listed[run_id][name] == found[run_id]["metrics"][name]
    assert listed[one]["state"] is None
    assert listed[looked]["state"] == found[looked]["verdict"]["state"]
    assert (listed[many]["score"], listed[many]["trades"]) == (found[many]["best"]["score"], None)
    assert found[many]["short"] == listed[many]


async def test_every_measure_is_said_in_words(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, "/backtests", wish())
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    items = (await pro.ok("GET", "/backtests/definitions", headers={"Accept-Language": "ru"}))["items"]
    assert [each["name"] for each in items] == list(found["metrics"])
    assert items[0]["title"] == "Сделки"
