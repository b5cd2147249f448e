"""Heat maps, the best, and what it is worth."""

from __future__ import annotations

import numpy as np
import pytest

from tradewind.kit.language import Language
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.heatmap import Fold, heat_map
from tradewind.research.sweeps.honesty import Honesty, SweepDoubt, best_of, honesty
from tradewind.research.sweeps.objective import Measure, Objective
from tradewind.research.sweeps.samplers import Scored
from tradewind.research.sweeps.space import Axis, Space

SPACE = Space(
    (Axis("a", (1.0, 2.0, 3.0, 4.0, 5.0)), Axis("b", (10.0, 20.0, 30.0)), Axis("w", ("x", "y"), ordered=False))
)


def scored(*, peak: float, around: float, at: tuple[int, int, int] = (2, 1, 0)) -> list[Scored]:
    """Every point has 0.1, those beside the peak (with its word) `around`."""
    tried = []
    for number in range(SPACE.size):
        places = SPACE.places(number)
        distance = max(abs(one - other) for one, other in zip(places[:2], at[:2], strict=True))
        near = distance <= 1 and places[2] == at[2]
        tried.append(Scored(number, peak if places == at else around if near else 0.1))
    return tried


def judged(tried: list[Scored], returns: np.ndarray | None = None, measure: Measure = Measure.SHARPE) -> Honesty:
    random = np.random.default_rng(1).normal(0.0, 0.01, (len(tried), 300)) if returns is None else returns
    return honesty(SPACE, Objective(measure, 1), tried, random)


def codes(found: Honesty) -> set[SweepDoubt]:
    return {warning.code for warning in found.warnings}


def test_the_score_needs_trades_and_a_number() -> None:
    objective = Objective(Measure.PROFIT_FACTOR, 10)
    assert objective.score({"trades": 10, "profit_factor": 1.5}) == 1.5
    assert objective.score({"trades": 9, "profit_factor": 1.5}) is None
    assert objective.score({"trades": 10, "profit_factor": None}) is None


def test_a_heat_map_folds_the_other_parameters() -> None:
    tried = [Scored(number, float(number)) for number in range(SPACE.size) if number not in (0, 1, 2)]
    tried += [Scored(0, None)]
    found = heat_map(SPACE, tried, "a", "b")
    assert [axis.name if axis else None for axis in (found.x, found.y)] == ["a", "b"]
    assert found.cells[0] == (None, 7.0, 13.0, 19.0, 25.0), "of each pair of words the better"
    assert found.cells[1][0] == 3.0
    assert found.trials[0][0] == found.trials[1][0] == 1
    assert heat_map(SPACE, tried, "a", "b", Fold.MEDIAN).cells[0][1] == 6.5
    assert heat_map(SPACE, tried).x.name == "a", "those with the most values when none is named"
    assert heat_map(SPACE, tried, "w").cells[-1] == heat_map(SPACE, tried, "w", "a").cells[-1]
    with pytest.raises(SweepError, match="expected a parameter that varies"):
        heat_map(SPACE, tried, "c")


def test_one_parameter_has_one_row() -> None:
    space = Space((Axis("a", (1.0, 2.0)),))
    found = heat_map(space, [Scored(0, 0.5), Scored(1, None)])
    assert (found.y, found.cells) == (None, ((0.5, None),))


def test_of_equals_the_first_is_the_best() -> None:
    assert best_of([Scored(0, None), Scored(1, 2.0), Scored(2, 2.0), Scored(3, 1.0)]) == 1
    assert best_of([Scored(0, None)]) is None
    assert best_of([]) is None


def test_a_plateau_is_no_lone_peak() -> None:
    near = judged(scored(peak=1.0, around=0.8)).neighbourhood
    assert near is not None
    assert (near.trials, near.scored, near.median, near.lone_peak) == (8, 8, 0.8, False)


def test_a_peak_without_its_like_is_alone() -> None:
    found = judged(scored(peak=1.0, around=0.2))
    assert found.neighbourhood is not None
    assert found.neighbourhood.lone_peak is True
    assert SweepDoubt.LONE_PEAK in codes(found)


def test_what_is_even_counts_from_where_it_is_even() -> None:
    """A profit factor of 1.2 beside one of 1.25 is no fall to half, though 0.2 beside 1 is."""
    found = judged(scored(peak=1.25, around=1.2), measure=Measure.PROFIT_FACTOR)
    assert found.neighbourhood is not None
    assert found.neighbourhood.lone_peak is False
    assert judged(scored(peak=0.9, around=0.8), measure=Measure.PROFIT_FACTOR).warnings[0].code is SweepDoubt.NO_EDGE


def test_the_best_at_the_end_of_an_axis_is_told() -> None:
    assert SweepDoubt.AT_THE_RIM in codes(judged(scored(peak=1.0, around=0.9, at=(4, 1, 0))))
    assert SweepDoubt.AT_THE_RIM not in codes(judged(scored(peak=1.0, around=0.9)))


def test_the_best_of_noise_is_luck() -> None:
    """Sharpe ratios of random returns: the best of thirty looks good and is nothing."""
    rng = np.random.default_rng(4)
    returns = rng.normal(0.0, 0.01, (SPACE.size, 400))
    tried = [Scored(n, float(row.mean() / row.std() * 19.1)) for n, row in enumerate(returns)]
    found = judged(tried, returns)
    assert found.deflated is not None
    assert found.deflated.probability < 0.95
    assert SweepDoubt.LUCK in codes(found)
    assert found.effective_trials > 0.9 * SPACE.size, "independent, and worth that many"


def test_an_edge_survives_the_search() -> None:
    rng = np.random.default_rng(5)
    returns = rng.normal(0.0, 0.01, (SPACE.size, 400))
    returns[7] += 0.004
    found = judged([Scored(n, float(row.mean())) for n, row in enumerate(returns)], returns)
    assert found.deflated is not None
    assert found.deflated.probability > 0.95
    assert found.overfitting is not None
    assert found.overfitting.probability < 0.1
    assert not codes(found) & {SweepDoubt.LUCK, SweepDoubt.OVERFITTED}


def test_sets_that_do_the_same_are_worth_one() -> None:
    row = np.random.default_rng(6).normal(0.0, 0.01, 300)
    found = judged(scored(peak=1.0, around=0.9), np.tile(row, (SPACE.size, 1)))
    assert found.effective_trials == pytest.approx(1.0)


def test_short_spans_and_few_sets_have_no_cross_validation() -> None:
    assert judged(scored(peak=1.0, around=0.9), np.full((SPACE.size, 5), 0.01)).overfitting is None
    one = honesty(SPACE, Objective(), [Scored(0, 1.0)], np.random.default_rng(1).normal(0, 1, (1, 100)))
    assert (one.overfitting, one.trials) == (None, 1)
    none = honesty(SPACE, Objective(), [Scored(0, None)], np.zeros((1, 100)))
    assert codes(none) == {SweepDoubt.NONE_SCORED}


def test_every_doubt_has_words_in_every_language() -> None:
    found = judged(scored(peak=0.05, around=0.01))
    assert found.warnings
    for warning in found.document()["warnings"]:
        assert all(warning[language.value] for language in Language)
