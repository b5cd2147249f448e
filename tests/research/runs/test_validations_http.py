"""Validations as clients meet them: what they say is what the library says, whoever computed which part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.market.candle_maker import walk
from tests.research.runs.asked import CANDLES, started, subscribe, sweep, wish
from tests.support.events import fetch
from tests.support.http import Api, Person
from tradewind.core.candles import Timeframe
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database
from tradewind.research.backtest import IdealOptions
from tradewind.research.reports.validating import Validation
from tradewind.research.runs import Researcher
from tradewind.research.runs.service import MOST_ATTEMPTS, release_batch, sweep_runs, take_batch
from tradewind.research.studies import Inquiry, SweepPlan, ValidationPlan
from tradewind.research.sweeps.objective import Measure, Objective
from tradewind.research.sweeps.samplers import Sampler, SamplerKind
from tradewind.research.sweeps.space import Range, Space
from tradewind.trading.strategies import load_builtin

PATH = "/backtests/validations"
FOLDS = 3


def validation(**more: Any) -> dict[str, Any]:
    """A validation with a walk-forward that can be done."""
    return sweep(folds=FOLDS, paths=300, ruin="0.2") | more


def by_the_library(*, searched: bool) -> Validation:
    strategy = load_builtin("ema_rsi_atr")
    space = Space.of(strategy, {"fast": Range(8, 14, 2), "stop_atr": [1.5, 2, 3]})
    search = SweepPlan(Sampler.of(SamplerKind.GRID, space, None, 1, 100), Objective(Measure.TOTAL_RETURN, 1))
    plan = ValidationPlan(folds=FOLDS, paths=300, ruin=0.2)
    columns = {"BTCUSDT": walk(CANDLES)}
    inquiry = Inquiry(strategy, columns, {}, Timeframe.M5, IdealOptions(), plan, search if searched else None)
    return inquiry.verdict([inquiry.window(span) for span in inquiry.spans()], (None, None))


def equal(told: str | None, value: float | None) -> bool:
    return (None if told is None else float(told)) == value


async def test_a_validation_says_what_the_library_says(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, PATH, validation())
    queued = await pro.ok("GET", f"/backtests/{run_id}")
    assert (queued["kind"], queued["done"], queued["total"], queued["verdict"]) == ("validation", 0, FOLDS + 1, None)
    assert queued["validation"]["folds"] == FOLDS
    assert queued["sweep"]["size"] == 12
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["error"], found["done"]) == ("done", None, FOLDS + 1)
    expected = by_the_library(searched=True)
    document = expected.document()
    verdict, walked = found["verdict"], document["validation"]["walk_forward"]
    assert (verdict["state"], verdict["text"]) == (expected.state.value, expected.words("en"))
    assert [(each["check"], each["state"], each["text"]) for each in verdict["checks"]] == [
        (each.gate.value, each.state.value, each.words("en")) for each in expected.checked
    ]
    for name in ("shuffle", "bootstrap"):
        for key, value in document["validation"][name].items():
            if isinstance(value, float):
                assert equal(verdict[name][key], value), (name, key)
        assert [float(each) for each in verdict[name]["max_drawdown"]] == list(
            document["validation"][name]["max_drawdown"]
        )
    assert equal(verdict["bootstrap"]["ruin"], 0.2)
    assert verdict["walk_forward"]["fingerprint"] == walked["fingerprint"]
    assert equal(verdict["walk_forward"]["out_of_sample_sharpe"], walked["out_of_sample_sharpe"])
    assert [window["trades"] for window in verdict["walk_forward"]["windows"]] == [
        window["trades"] for window in walked["windows"]
    ]
    ends = [(window["test_from"], window["test_to"]) for window in verdict["walk_forward"]["windows"]]
    assert [end for _, end in ends[:-1]] == [start for start, _ in ends[1:]]
    assert verdict["parameters"]["slow"] == "26"
    assert found["honesty"]["trials"] == 12
    assert found["fingerprint"] == expected.result.fingerprint
    assert equal(found["metrics"]["sharpe"], expected.result.metrics.sharpe)
    trades = (await pro.ok("GET", f"/backtests/{run_id}/trades?limit=200"))["items"]
    assert [float(each["pnl"]) for each in trades] == [each.pnl for each in expected.result.trades]
    assert (await pro.ok("GET", f"/backtests/{run_id}/equity"))["items"]


async def test_what_does_not_vary_is_judged_as_it_is(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, PATH, wish(paths=300, ruin="0.2"))
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}", headers={"Accept-Language": "ru"})
    assert (found["state"], found["done"], found["total"], found["sweep"]) == ("done", 1, 1, None)
    expected = by_the_library(searched=False)
    assert [each["text"] for each in found["verdict"]["checks"]] == [each.words("ru") for each in expected.checked]
    assert (found["verdict"]["walk_forward"], found["honesty"]) == (None, None)


async def test_every_part_is_somebodys_and_none_is_lost(
    pro: Person, system_database: Database, researcher: Researcher
) -> None:
    """A window that was taken and given back is taken again; the verdict waits for all of them."""
    run_id = await started(pro, PATH, validation())
    taken = []
    for _ in range(FOLDS):
        async with system_database.writing() as session:
            taken.append(await take_batch(session, new_id(), 100, seconds=60.0))
    assert [[trial.point for trial in batch.trials] for batch in taken if batch] == [[0], [1], [2]], "one by one"
    await researcher.work()
    assert (await pro.ok("GET", f"/backtests/{run_id}"))["done"] == 0, "others are at it"
    for batch in taken:
        assert batch is not None
        async with system_database.writing() as session:
            await release_batch(session, batch.claim, at_fault=False)
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["done"]) == ("done", FOLDS + 1)
    rows = await fetch(system_database, "select point, state from sweep_trials order by ordinal")
    assert [(row["point"], row["state"]) for row in rows] == [(number, "done") for number in range(FOLDS + 1)]


async def test_without_a_window_there_is_no_verdict(
    pro: Person, system_database: Database, researcher: Researcher
) -> None:
    run_id = await started(pro, PATH, validation())
    for _ in range(MOST_ATTEMPTS):
        async with system_database.writing() as session:
            batch = await take_batch(session, new_id(), 1, seconds=60.0)
            assert batch is not None
            await release_batch(session, batch.claim, at_fault=True)
    async with system_database.writing() as session:
        await sweep_runs(session)
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["verdict"]) == ("failed", None)
    assert found["error"] == f"the process that computed it ended {MOST_ATTEMPTS} times"


async def test_a_cancelled_validation_has_no_verdict(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, PATH, validation())
    await pro.post(f"/backtests/{run_id}/cancel")
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert (found["state"], found["done"], found["verdict"]) == ("cancelled", 0, None)


@pytest.mark.parametrize(
    ("more", "pointer", "said"),
    [
        ({"folds": 30}, "#/folds", "at least 60 days"),
        ({"folds": 0}, "#/folds", "1"),
        ({"profile": "paper"}, "#/profile", "ideal"),
        ({"vary": {}, "profile": "paper"}, "#/profile", "ideal"),
        ({"strategy": "dca_dip", "vary": {}}, "#/strategy", "validations use ideal"),
        ({"ruin": "0"}, "#/ruin", "0.01"),
        ({"mode": "backwards"}, "#/mode", "anchored"),
        ({"vary": {"slov": None}}, "#/vary/slov", "slow"),
    ],
)
async def test_what_is_wrong_with_a_validation_has_its_place(
    pro: Person, more: dict[str, Any], pointer: str, said: str
) -> None:
    answer = await pro.post(PATH, validation(**more))
    assert (answer.status, answer.code) == (422, "validation_failed"), answer.raw
    assert any(each["pointer"].startswith(pointer) and said in each["detail"] for each in answer.json["errors"]), (
        answer.raw
    )


async def test_too_few_candles_for_the_detectors_are_told(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, PATH, wish(to="2024-01-01T03:00:00Z"))
    await researcher.work()
    found = await pro.ok("GET", f"/backtests/{run_id}")
    assert found["state"] == "failed"
    assert "expected" in found["error"]


async def test_every_window_counts_as_a_sweep_of_the_plan(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    vary = {"fast": {"from": "2", "to": "31"}, "slow": ["60"]}
    answer = await person.post(PATH, validation(vary=vary))
    assert (answer.status, answer.code) == (403, "plan_limit_reached")
    assert "120 trials (4 times 30)" in answer.json["errors"][0]["detail"]
    await subscribe(system_database, person, "STARTER")
    await started(person, PATH, validation(vary=vary))
