"""What a sweep tries: values of parameters, points of the space, and the order in which samplers take them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.samplers import Sampler, SamplerKind, Scored
from tradewind.research.sweeps.space import Axis, Space, parse_vary
from tradewind.trading.strategies import load_builtin

STRATEGY = load_builtin("ema_rsi_atr")

AXES = st.lists(st.integers(1, 7), min_size=1, max_size=4).map(
    lambda sizes: Space(tuple(Axis(f"p{place}", tuple(range(size))) for place, size in enumerate(sizes)))
)


def values_of(*texts: str) -> dict[str, tuple[float | str, ...]]:
    return {axis.name: axis.values for axis in Space.of(STRATEGY, parse_vary(texts)).axes}


def test_ranges_lists_words_and_whole_parameters() -> None:
    assert values_of("fast=8:20:4", "stop_atr=1:1.3:0.1", "slow=26,40", "anchor") == {
        "fast": (8, 12, 16, 20),
        "stop_atr": (1, 1.1, 1.2, 1.3),
        "slow": (26, 40),
        "anchor": ("fill", "close"),
    }
    assert values_of("fast=8:10") == {"fast": (8, 9, 10)}
    whole = values_of("fast", "overbought")
    assert (whole["fast"][0], len(whole["fast"])) == (2, 20), "steps of ten over the document's 2 to 200"
    assert (whole["overbought"][0], whole["overbought"][-1], len(whole["overbought"])) == (1, 100, 21)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fats=1:2", 'vary.fats: unknown parameter; did you mean "fast"?'),
        ("fast=1:9", "vary.fast: expected a whole number from 2 to 200"),
        ("fast=8:9:0.5", "vary.fast: expected a whole number"),
        ("fast=9:8", "vary.fast: expected from:to with from at most to"),
        ("fast=8:9:-1", "vary.fast: expected a step above 0"),
        ("fast=8:9:nan", "vary.fast: expected finite numbers"),
        ("fast=8:x", "vary.fast: expected from:to or from:to:step as numbers"),
        ("fast=8:9:1:1", "vary.fast: expected from:to or from:to:step"),
        ("fast=8,8", "vary.fast: expected each value once"),
        ("fast=8,,9", "vary.fast: expected a number"),
        ("fast=", "vary: expected name=from:to:step"),
        ("=1:2", "vary: expected name=from:to:step"),
        ("stop_atr=0.5:20:0.0001", "vary.stop_atr: expected at most 10,000 values"),
        ("anchor=open", "vary.anchor: expected words among fill, close"),
        ("anchor=1:2", "vary.anchor: expected words among fill, close, got a range"),
    ],
)
def test_what_cannot_vary_is_told(text: str, said: str) -> None:
    with pytest.raises(SweepError) as caught:
        values_of(text)
    assert said in str(caught.value)


def test_nothing_twice_and_not_nothing() -> None:
    with pytest.raises(SweepError, match="once"):
        parse_vary(["fast", "fast=8:9"])
    with pytest.raises(SweepError, match="at least one of fast, slow"):
        Space.of(STRATEGY, {})


@given(AXES, st.data())
def test_points_and_places_are_each_others_inverse(space: Space, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, space.size - 1))
    places = space.places(number)
    assert space.number(places) == number
    assert list(space.settings(number).values()) == list(places)
    assert len({space.places(each) for each in range(space.size)}) == space.size


# ------------------------------------------------------------------------------------------ samplers


def followed(sampler: Sampler) -> list[Scored]:
    """The trials of a sweep whose score is highest in the middle of the space."""
    tried: list[Scored] = []
    while points := sampler.next_points(tried):
        for point in points:
            places = sampler.space.places(point)
            middle = [(len(axis.values) - 1) / 2 for axis in sampler.space.axes]
            far = sum(abs(place - half) for place, half in zip(places, middle, strict=True))
            tried.append(Scored(point, None if point % 7 == 0 else -far))
    return tried


@given(AXES, st.sampled_from([SamplerKind.GRID, SamplerKind.RANDOM]), st.integers(1, 500), st.integers(0, 2**31 - 1))
def test_no_point_twice_and_the_same_again(space: Space, kind: SamplerKind, trials: int, seed: int) -> None:
    sampler = Sampler.of(kind, space, None if kind is SamplerKind.GRID else trials, seed, most=100_000)
    points = [trial.number for trial in followed(sampler)]
    assert len(set(points)) == len(points) == sampler.trials
    assert set(points) <= set(range(space.size))
    assert points == [trial.number for trial in followed(sampler)]
    if kind is SamplerKind.GRID:
        assert points == list(range(space.size))


def test_estimators_find_more_than_draws_do() -> None:
    space = Space((Axis("a", tuple(range(40))), Axis("b", tuple(range(40))), Axis("w", ("x", "y"), ordered=False)))
    found = {}
    for kind in (SamplerKind.RANDOM, SamplerKind.TPE):
        sampler = Sampler.of(kind, space, 80, 3, most=1000)
        tried = followed(sampler)
        assert len({trial.number for trial in tried}) == 80
        assert tried == followed(sampler)
        found[kind] = sum(trial.score or 0.0 for trial in tried[40:]) / 40
    assert found[SamplerKind.TPE] > found[SamplerKind.RANDOM] + 3.0, "it looks where it was good"


def test_estimators_end_when_the_space_does() -> None:
    space = Space((Axis("a", (1, 2, 3)), Axis("w", ("x", "y"), ordered=False)))
    assert sorted(trial.number for trial in followed(Sampler.of(SamplerKind.TPE, space, 50, 1, most=100))) == [
        *range(6)
    ]


def test_draws_of_a_gigantic_space_cost_nothing() -> None:
    space = Space(tuple(Axis(f"p{place}", tuple(range(10_000))) for place in range(6)))
    sampler = Sampler.of(SamplerKind.RANDOM, space, 10, 1, most=10)
    assert len(set(sampler.next_points([]))) == 10


@pytest.mark.parametrize(
    ("kind", "trials", "said"),
    [
        (SamplerKind.GRID, 5, "expected all 6 points of the grid"),
        (SamplerKind.RANDOM, 0, "expected at least one trial"),
        (SamplerKind.GRID, None, "expected at most 4 trials, got 6"),
        (SamplerKind.TPE, 6, "expected at most 4 trials, got 6"),
    ],
)
def test_trials_that_cannot_be(kind: SamplerKind, trials: int | None, said: str) -> None:
    space = Space((Axis("a", (1, 2, 3)), Axis("b", (1, 2))))
    with pytest.raises(SweepError, match=said):
        Sampler.of(kind, space, trials, 1, most=4)
