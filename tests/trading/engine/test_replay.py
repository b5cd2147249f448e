"""The whole engine on a real database: the same bytes every time, however often it commits, wherever it is killed."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from tests.trading.engine.conftest import FreshDatabase
from tests.trading.engine.replays import grid, killed_now_and_then, make_followers, market, replay
from tradewind.billing import PlanCode
from tradewind.trading.strategies import parse_document

PLANS = [PlanCode.PRO, PlanCode.ENTERPRISE, PlanCode.STARTER]


@pytest.mark.parametrize("steps_per_commit", [1, 7])
async def test_the_same_bytes_however_often_it_commits(
    fresh: FreshDatabase, tmp_path: Path, steps_per_commit: int
) -> None:
    folder = market(tmp_path / "candles", 1)
    reports = []
    for batch in (1000, steps_per_commit):
        settings = fresh()
        await make_followers(settings, PLANS)
        reports.append(await replay(settings, folder, steps_per_commit=batch))
    assert reports[0].content == reports[1].content
    assert reports[0].positions > 50, "the market is alive enough for this to mean something"
    assert reports[0].naked == 0


#: Entered in parts, followed by a chandelier on one side of the market and by a moving target on the other.
LADDERS = [
    f"""
format: 1
name: {name}
version: 1
title: {{en: Ladder, ru: Лестница}}
description: {{en: Ladder, ru: Лестница}}
weakness: {{en: All of it, ru: Всё}}
{side}:
  when: {when}
  zone: {{low: close * 0.999, high: close * 1.001}}
  stop: {stop}
  targets:
    - {{r: 0.2, share: 0.4}}
    - {{r: 0.5, share: 0.3}}
    - {{r: 1.2, share: 0.3}}
  confidence: 0.5
  because: {{en: ["The close is {{close}}."], ru: ["Закрытие {{close}}."]}}
exits: {{trailing: {trailing}, breakeven: {{after_target: 1, offset: close * 0.0005}}}}
scale_in: {{orders: 3, deviation: close * 0.003, step: 1.3, size: 1.5, targets: average}}
fresh_for: 1
expires_after: 3
leverage_cap: 4
"""
    for name, side, when, stop, trailing in (
        (
            "dip",
            "long",
            "crosses_below(close, sma(close, 5))",
            "close * 0.98",
            "{chandelier: 2.5, atr_period: 9, after_target: 1}",
        ),
        ("peak", "short", "crosses_above(close, sma(close, 5))", "close * 1.02", "{moving_target: 1}"),
    )
]


async def test_the_same_bytes_with_ladders_wherever_it_is_killed(fresh: FreshDatabase, tmp_path: Path) -> None:
    chosen = [parse_document(text) for text in LADDERS]
    folder = market(tmp_path / "candles", 20)
    reports = []
    for killed in (False, True):
        settings = fresh()
        await make_followers(settings, PLANS)
        if killed:
            told = await killed_now_and_then(settings, folder, Random(0), steps_per_commit=4, chosen=chosen)
        else:
            told = await replay(settings, folder, steps_per_commit=1000, chosen=chosen)
        reports.append(told)
    assert reports[0].content == reports[1].content
    assert reports[0].naked == 0
    content = orjson.loads(reports[0].content)
    added = {order["position_id"] for order in content["orders"] if order["purpose"] == "entry" and order["level"]}
    moved = {row["data"]["action"] for row in content["decisions"] if row["code"] == "stop_moved"}
    assert len(added) > 20
    assert moved == {"breakeven", "trailing"}


@pytest.mark.parametrize("seed", range(4))
async def test_the_same_bytes_wherever_it_is_killed(fresh: FreshDatabase, tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    folder = market(tmp_path / "candles", seed)
    reports = []
    settings = fresh()
    await make_followers(settings, PLANS)
    reports.append(await replay(settings, folder, steps_per_commit=1000))
    settings = fresh()
    await make_followers(settings, PLANS)
    batch = [1, 1, 4, 30][seed % 4]
    reports.append(await killed_now_and_then(settings, folder, rng, steps_per_commit=batch))
    (tmp_path / "whole.json").write_bytes(reports[0].content)
    (tmp_path / "killed.json").write_bytes(reports[1].content)
    assert reports[0].content == reports[1].content


async def test_the_same_bytes_with_grids_open_when_it_is_killed(fresh: FreshDatabase, tmp_path: Path) -> None:
    folder = market(tmp_path / "candles", 5)
    reports = []
    for kill in (False, True):
        settings = fresh()
        await make_followers(settings, PLANS)
        options: dict[str, Any] = {"chosen": [grid()], "steps_per_commit": 4}
        run = (
            killed_now_and_then(settings, folder, Random(5), **options) if kill else replay(settings, folder, **options)
        )
        reports.append(await run)
    assert reports[0].content == reports[1].content
    assert reports[0].naked == 0
    decisions = orjson.loads(reports[0].content)["decisions"]
    assert sum(each["code"] == "round_trip" for each in decisions) > 50
