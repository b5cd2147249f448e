"""Whole trades in random markets: what the product promises holds after every event, wherever the process is killed."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.trade_driver import Driver, make_scenario, run

EXAMPLES = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
randoms = st.randoms(use_true_random=False)


@given(randoms, st.booleans())
@EXAMPLES
def test_every_promise_holds_after_every_event(rng: Random, nasty: bool) -> None:
    run(make_scenario(rng, nasty=nasty))


@given(st.integers(0, 2**32), st.booleans())
@EXAMPLES
def test_the_same_inputs_give_the_same_events(seed: int, nasty: bool) -> None:
    scenario = make_scenario(Random(seed), nasty=nasty)
    assert scenario == make_scenario(Random(seed), nasty=nasty)
    assert run(scenario).log == run(scenario).log


@given(st.integers(0, 2**32), st.booleans(), st.sets(st.integers(0, 60)))
@EXAMPLES
def test_killed_anywhere_and_restarted_it_goes_on_the_same(seed: int, nasty: bool, killed_after: set[int]) -> None:
    scenario = make_scenario(Random(seed), nasty=nasty)
    restarted = run(scenario, reload_after=frozenset(killed_after))
    assert restarted.log == run(scenario).log


@given(st.integers(0, 2**32), st.booleans())
@EXAMPLES
def test_leaving_a_sleeping_book_alone_changes_nothing(seed: int, nasty: bool) -> None:
    scenario = make_scenario(Random(seed), nasty=nasty)
    assert run(scenario, shortcut=False).log == run(scenario, shortcut=True).log


@given(st.integers(0, 2**32), st.booleans())
@EXAMPLES
def test_what_happens_later_does_not_change_what_happened(seed: int, nasty: bool) -> None:
    """A trade never knows the future: cut the market short anywhere, and up to there all is the same."""
    rng = Random(seed)
    scenario = make_scenario(rng, nasty=nasty)
    whole, cut = Driver(scenario), rng.randint(0, len(scenario.happenings))
    for happening in scenario.happenings[:cut]:
        whole.live(happening)
    told = list(whole.log)
    for happening in scenario.happenings[cut:]:
        whole.live(happening)
    assert whole.log[: len(told)] == told
