"""Hundreds of seeded trades in markets nastier than real ones, each checked after every event.

When one fails, its seed is in the message:

    TRADEWIND_SIMULATION_SEED=123 .venv/bin/pytest tests/simulation -k seeded

More of them: TRADEWIND_SIMULATION_SEEDS=100000.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import pytest

from tests.simulation.trade_driver import Scenario, in_a_grid, make_scenario, run, scaled_in

_BATCHES = 8


def _seeds(batch: int) -> range | list[int]:
    chosen = os.environ.get("TRADEWIND_SIMULATION_SEED")
    if chosen is not None:
        return [int(chosen)] if batch == 0 else []
    count = int(os.environ.get("TRADEWIND_SIMULATION_SEEDS", "3000"))
    return range(batch, count, _BATCHES)


def _whole(scenario: Scenario, _: Random) -> Scenario:
    return scenario


@pytest.mark.parametrize("entered", [_whole, scaled_in, in_a_grid], ids=["whole", "in parts", "in a grid"])
@pytest.mark.parametrize("batch", range(_BATCHES))
def test_seeded_trades_keep_every_promise(batch: int, entered: Callable[[Scenario, Random], Scenario]) -> None:
    for seed in _seeds(batch):
        try:
            rng = Random(seed)
            scenario = entered(make_scenario(rng, nasty=True), rng)
            told = run(scenario)
            kills = frozenset(rng.sample(range(len(scenario.happenings)), len(scenario.happenings) // 3))
            assert run(scenario, reload_after=kills, shortcut=False).log == told.log, "a restart changed the future"
        except Exception as error:
            raise AssertionError(
                f"seed {seed}: {error}\n"
                f"again: TRADEWIND_SIMULATION_SEED={seed} .venv/bin/pytest tests/simulation -k seeded"
            ) from error
