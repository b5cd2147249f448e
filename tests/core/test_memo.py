"""A memo: what programs have in common is computed once, and answers are what they are without it."""

from __future__ import annotations

import numpy as np
import pytest
from strategy_maker import random_columns

from tradewind.core.expressions import Compiler, Kind, Memo, Program, parse

COLUMNS = random_columns(7, 300)


def compiled(*texts: str) -> Program:
    compiler = Compiler({}, {})
    return compiler.program([compiler.add(parse("it", text, Kind.CONDITION)) for text in texts])


def executed(memo: Memo, *texts: str) -> int:
    """How many instructions the answer took, beside those that cost nothing."""
    before, program = memo.executed, compiled(*texts)
    for got, expected in zip(memo.run(program), program.run(COLUMNS), strict=True):
        np.testing.assert_array_equal(got, expected)
    return memo.executed - before


def test_what_was_computed_for_one_program_is_there_for_the_next() -> None:
    memo = Memo(COLUMNS)
    assert executed(memo, "sma(close, 20) > sma(close, 50)") == 3
    assert executed(memo, "sma(close, 20) > sma(close, 50)") == 0
    assert executed(memo, "sma(close, 20) > sma(close, 30)") == 2, "another period is another average"
    assert executed(memo, "close > open", "sma(close, 30) > open") == 2, "wherever it stands in its program"
    assert executed(memo, "sma(open, 30) > open") == 2


def test_of_what_has_several_results_one_is_computed_for_all() -> None:
    memo = Memo(COLUMNS)
    assert executed(memo, "bb_upper(close, 20) > close") == 2
    assert executed(memo, "bb_lower(close, 20) > close") == 1


def test_what_was_not_used_for_the_longest_time_is_forgotten_first() -> None:
    condition = len(COLUMNS)
    memo = Memo(COLUMNS, capacity=2 * (8 * len(COLUMNS) + condition))
    assert executed(memo, "sma(close, 2) > close") == executed(memo, "sma(close, 3) > close") == 2
    assert executed(memo, "sma(close, 2) > close", "sma(close, 2) > open") == 1
    assert executed(memo, "sma(close, 4) > close") == 2
    assert executed(memo, "sma(close, 2) > open") == 0, "it was used after the other"
    assert executed(memo, "sma(close, 3) > close") == 2


def test_without_room_every_answer_is_computed_and_right() -> None:
    memo = Memo(COLUMNS, capacity=0)
    for _ in range(2):
        assert executed(memo, "sma(close, 2) > bb_upper(close, 20)") == 3


def test_a_memo_knows_one_series_only() -> None:
    with pytest.raises(ValueError, match="expected a program over one series"):
        Memo(COLUMNS).run(compiled("on(1h, close) > close"))
