"""Columns and growing series: what was handed out stays, and what comes must be later."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategy_maker import random_columns

from tradewind.core.candles import Candle
from tradewind.core.series import Columns, Series

ROWS = st.integers(0, 60)
SEEDS = st.integers(0, 2**32)


def same(one: Columns, other: Columns) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


@given(seed=SEEDS, rows=ROWS)
def test_candles_and_columns_are_two_forms_of_one_thing(seed: int, rows: int) -> None:
    columns = random_columns(seed, rows)
    candles = list(columns.candles())
    assert len(columns) == len(candles) == rows
    assert same(Columns.of(candles), columns)
    assert [columns.candle(row) for row in range(rows)] == candles
    assert all(type(number) in {int, float} for candle in candles for number in candle)


@given(seed=SEEDS, rows=ROWS, data=st.data())
def test_parts_joined_are_the_whole(seed: int, rows: int, data: st.DataObject) -> None:
    columns = random_columns(seed, rows)
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, rows), max_size=4))), rows]
    parts = [columns.rows(start, stop) for start, stop in pairwise(cuts)]
    assert same(Columns.joined(parts), columns)


def test_no_parts_make_no_candles() -> None:
    empty = Columns.joined([])
    assert len(empty) == 0
    assert empty.ts.dtype == np.int64
    assert empty.close.dtype == np.float64


def test_since_and_picked() -> None:
    columns = random_columns(1, 10)
    assert same(columns.since(int(columns.ts[4])), columns.rows(4, 10))
    assert same(columns.since(int(columns.ts[4]) + 1), columns.rows(5, 10))
    assert len(columns.since(int(columns.ts[-1]) + 1)) == 0
    picked = columns.picked(np.array([7, 2]))
    assert picked.close.tolist() == [columns.close[7], columns.close[2]]
    picked.close[0] = 0.0
    assert columns.close[7] != 0.0, "a copy"


@given(seed=SEEDS, rows=ROWS, more=st.integers(0, 3000))
def test_what_was_handed_out_does_not_change_when_more_comes(seed: int, rows: int, more: int) -> None:
    columns = random_columns(seed, rows + more)
    series = Series(columns.rows(0, rows))
    before = series.closed
    kept = Columns.joined([before])
    for place, candle in enumerate(columns.rows(rows, rows + more).candles()):
        assert series.append(candle) == rows + place
    assert same(before, kept)
    assert same(series.closed, columns)
    assert same(series.loaded, columns)


def test_a_recorded_series_only_moves_its_mark() -> None:
    columns = random_columns(2, 20)
    series = Series.recorded(columns, 5)
    assert (len(series.closed), len(series.loaded)) == (5, 20)
    for row in range(5, 20):
        assert series.append(columns.candle(row)) == row
    assert same(series.closed, columns)
    assert series.append(columns.candle(19)._replace(ts=int(columns.ts[-1]) + 1)) == 20, "behind the record it grows"


def test_a_candle_that_is_not_the_one_on_record_is_refused() -> None:
    columns = random_columns(3, 6)
    series = Series.recorded(columns, 3)
    with pytest.raises(ValueError, match="expected the recorded candle"):
        series.append(columns.candle(4))
    assert series.length == 3


@pytest.mark.parametrize("late", [0, 1])
def test_a_candle_that_is_not_later_is_refused(late: int) -> None:
    columns = random_columns(4, 6)
    series = Series(columns)
    with pytest.raises(ValueError, match="expected a candle after"):
        series.append(columns.candle(5)._replace(ts=int(columns.ts[5]) - late))
    assert series.length == 6


def test_a_series_may_begin_with_nothing() -> None:
    series = Series(Columns.of([]))
    assert series.append(Candle(300_000, 1.0, 2.0, 0.5, 1.5, 10.0)) == 0
    assert list(series.closed.candles()) == [Candle(300_000, 1.0, 2.0, 0.5, 1.5, 10.0)]
