"""Equity on the calendar, every drawdown, and that each measure says what it is."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.research.metrics import (
    DEFINITIONS,
    DailyReturns,
    DrawdownEpisode,
    Metrics,
    Unit,
    drawdown_episodes,
    max_drawdown,
    monthly_returns,
    shown,
    total_return,
    yearly_returns,
)

DAYS = st.lists(st.floats(-0.5, 0.5) | st.just(0.0) | st.just(math.nan), min_size=1, max_size=800)
#: 2023-12-30.
FIRST = 19721


def test_months_and_years_of_a_few_days() -> None:
    daily = DailyReturns(FIRST, (0.1, -0.5, 0.2, math.nan, 0.5))
    assert daily.day(0) == date(2023, 12, 30)
    assert daily.day(2) == date(2024, 1, 1)
    assert [(month.name, month.gained) for month in monthly_returns(daily)] == [
        ("2023-12", pytest.approx(-0.45)),
        ("2024-01", pytest.approx(0.8)),
    ]
    assert yearly_returns(monthly_returns(daily)) == {2023: pytest.approx(-0.45), 2024: pytest.approx(0.8)}
    assert daily.equity(1000.0).tolist() == pytest.approx([1100, 550, 660, 660, 990])


@given(DAYS, st.integers(0, 20_000))
def test_months_and_years_make_the_whole(returns: list[float], first: int) -> None:
    daily = DailyReturns(first, tuple(returns))
    months = monthly_returns(daily)
    whole = 1 + total_return(returns)
    assert math.prod(1 + month.gained for month in months) == pytest.approx(whole, rel=1e-6)
    assert math.prod(1 + gained for gained in yearly_returns(months).values()) == pytest.approx(whole, rel=1e-6)
    assert [(month.year, month.month) for month in months] == sorted({(month.year, month.month) for month in months})
    assert daily.equity(7.0)[-1] == pytest.approx(7 * whole, rel=1e-6)


def test_drawdowns_of_a_few_days() -> None:
    """Up, a fall that recovers, flat, and one that does not."""
    assert drawdown_episodes([0.1, -0.1, -0.1, 0.5, 0.0, -0.2, 0.1]) == [
        DrawdownEpisode(1, 3, 4, pytest.approx(0.19), True),
        DrawdownEpisode(5, 6, 7, pytest.approx(0.2), False),
    ]
    assert [episode.periods for episode in drawdown_episodes([0.1, -0.1, -0.1, 0.5, 0.0, -0.2, 0.1])] == [2, 2]
    assert drawdown_episodes([0.1, 0.0]) == drawdown_episodes([]) == []
    assert drawdown_episodes([-0.5]) == [DrawdownEpisode(0, 1, 1, 0.5, False)]


@given(DAYS)
def test_drawdowns_are_those_that_the_measure_means(returns: list[float]) -> None:
    episodes = drawdown_episodes(returns)
    worst = max_drawdown(returns)
    assert max((episode.depth for episode in episodes), default=0.0) == pytest.approx(worst.depth)
    assert max((episode.periods for episode in episodes), default=0) == worst.periods
    curve = np.concatenate([[1.0], np.cumprod(1.0 + np.nan_to_num(returns))])
    below = 0
    for episode in episodes:
        peak = curve[: episode.start + 1].max()
        assert curve[episode.start] == peak
        assert episode.start < episode.trough <= episode.end
        assert (curve[episode.end] >= peak) == episode.recovered
        below += episode.periods
    assert below == int((curve < np.maximum.accumulate(curve)).sum())


def test_every_measure_says_what_it_is() -> None:
    assert list(DEFINITIONS) == [field.name for field in fields(Metrics)]
    for definition in DEFINITIONS.values():
        for words in (definition.title, definition.text):
            assert set(words) == {"en", "ru"}
            assert all(words.values())


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.RATIO, "–"),
        (1234, Unit.COUNT, "1,234"),
        (240, Unit.DAYS, "240"),
        (0.12345, Unit.FRACTION, "12.35 %"),
        (-1234.5, Unit.MONEY, "-1,234.50"),
    ],
)
def test_values_as_texts(value: float | None, unit: Unit, text: str) -> None:
    assert shown(value, unit) == text
