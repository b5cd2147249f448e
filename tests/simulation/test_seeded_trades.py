"""Hundreds of seeded trades in markets nastier than real ones, each checked after every event.

When one fails, its seed is in the message:

    TRADEWIND_SIMULATION_SEED=123 .venv/bin/pytest tests/simulation -k seeded

More of them: TRADEWIND_SIMULATION_SEEDS=100000.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.simulation.trade_driver import make_scenario, run, scaled_in

_BATCHES = 8


def _seeds(batch: int) -> range | list[int]:
    chosen = os.environ.get("TRADEWIND_SIMULATION_SEED")
    if chosen is not None:
        return [int(chosen)] if batch == 0 else []
    count = int(os.environ.get("TRADEWIND_SIMULATION_SEEDS", "3000"))
    return range(batch, count, _BATCHES)


@pytest.mark.parametrize("in_parts", [False, True], ids=["whole", "in parts"])
@pytest.mark.parametrize("batch", range(_BATCHES))
def test_seeded_trades_keep_every_promise(batch: int, in_parts: bool) -> None:
    for seed in _seeds(batch):
        try:
            rng = Random(seed)
            scenario = make_scenario(rng, nasty=True)
            if in_parts:
                scenario = scaled_in(scenario, rng)
            told = run(scenario)
            kills = frozenset(rng.sample(range(len(scenario.happenings)), len(scenario.happenings) // 3))
            assert run(scenario, reload_after=kills, shortcut=False).log == told.log, "a restart changed the future"
        except Exception as error:
            raise AssertionError(
                f"seed {seed}: {error}\n"
                f"again: TRADEWIND_SIMULATION_SEED={seed} .venv/bin/pytest tests/simulation -k seeded"
            ) from error
