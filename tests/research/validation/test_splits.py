"""Walk-forward splits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.research.validation import Split, ValidationError, WalkForward, walk_forward


def test_rolling_and_anchored_by_hand() -> None:
    assert walk_forward(10, train=4, test=2) == (
        Split(range(4), range(4, 6)),
        Split(range(2, 6), range(6, 8)),
        Split(range(4, 8), range(8, 10)),
    )
    assert walk_forward(9, train=4, test=2, mode=WalkForward.ANCHORED, purge=1) == (
        Split(range(4), range(5, 7)),
        Split(range(6), range(7, 9)),
    )


def test_purge_and_embargo_add_up() -> None:
    apart = walk_forward(100, train=30, test=10, purge=3, embargo=4)
    assert apart == walk_forward(100, train=30, test=10, purge=7)
    assert all(split.test.start - split.train.stop == 7 for split in apart)


@pytest.mark.parametrize(
    "wrong",
    [
        {"train": 0},
        {"test": 0},
        {"step": 0},
        {"purge": -1},
        {"embargo": -1},
        {"train": 91},
        {"purge": 50, "embargo": 31},
    ],
)
def test_impossible_splits_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="expected"):
        walk_forward(100, **{"train": 10, "test": 10, **wrong})


lengths = st.integers(1, 60)
gaps = st.integers(0, 10)


@given(st.integers(1, 400), lengths, lengths, gaps, gaps, st.sampled_from(WalkForward))
def test_training_never_touches_what_is_tested(
    rows: int, train: int, test: int, purge: int, embargo: int, mode: WalkForward
) -> None:
    try:
        splits = walk_forward(rows, train=train, test=test, mode=mode, purge=purge, embargo=embargo)
    except ValidationError:
        assert train + purge + embargo + test > rows
        return
    for split in splits:
        assert split.test.start - split.train.stop == purge + embargo
        assert len(split.test) == test
        assert len(split.train) == train if mode is WalkForward.ROLLING else split.train.start == 0
        assert split.train.start >= 0
        assert split.test.stop <= rows
    tested = [row for split in splits for row in split.test]
    assert tested == list(range(train + purge + embargo, tested[-1] + 1)), "every row once, without a gap"
    assert rows - splits[-1].test.stop < test


def test_overlapping_tests_when_asked() -> None:
    splits = walk_forward(20, train=10, test=5, step=2)
    assert [split.test.start for split in splits] == [10, 12, 14]
