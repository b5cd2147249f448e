"""Longer candles out of short ones: whole, closed, and never made of what is not known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.candles import Candle, Derivation, Timeframe

M1, M15 = Timeframe.M1, Timeframe.M15
MS = M1.ms
#: Midnight.
START = 1_704_067_200_000


def minute(number: int) -> Candle:
    level = 100.0 + number * 7 % 13
    return Candle(START + number * MS, level, level + 2, level - 1, level + 1, 1.0 + number)


def derived(numbers: list[int]) -> list[tuple[int, Candle]]:
    """The longer candles, each with the number of the short one that closed it."""
    derivation = Derivation(M1, M15)
    return [(number, longer) for number in numbers for longer in derivation.add(minute(number))]


@given(st.integers(0, 40), st.integers(0, 80))
def test_a_recording_that_begins_inside_a_longer_candle_says_nothing_of_it(first: int, count: int) -> None:
    """Its open and its extremes may lie before the first candle; and one that has not closed is not there yet."""
    numbers = list(range(first, first + count))
    whole = [start for start in range(0, 130, 15) if set(range(start, start + 15)) <= set(numbers)]
    assert [(closing, candle.ts) for closing, candle in derived(numbers)] == [
        (start + 14, START + start * MS) for start in whole
    ]


@given(st.sets(st.integers(0, 100), min_size=1))
def test_a_longer_candle_is_made_of_its_short_ones_and_closed_when_none_can_come_any_more(places: set[int]) -> None:
    numbers = sorted(places)
    for closing, longer in derived(numbers):
        begin = (longer.ts - START) // MS
        parts = [minute(number) for number in numbers if begin <= number < begin + 15]
        assert closing >= begin + 14
        assert (longer.open, longer.close) == (parts[0].open, parts[-1].close)
        assert (longer.high, longer.low) == (max(part.high for part in parts), min(part.low for part in parts))
        assert longer.volume == sum(part.volume for part in parts)
