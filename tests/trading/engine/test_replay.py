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
