"""The market's regime: its definition row by row, its hysteresis, and that it never knows the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_maker import head, random_columns, recorded

from tradewind.core.regime import UNDEFINED, WARMUP, Regime, RunningRegimes, regimes
from tradewind.core.series import Columns


def expected(columns: Columns) -> list[Regime | None]:
    """The definition, one candle after the other."""
    found = regimes(columns)
    trending = volatile = False
    now: Regime | None = None
    run: list[Regime] = []
    told: list[Regime | None] = []
    for row in range(len(columns)):
        adx, rank = found.adx[row], found.natr_rank[row]
        trending = adx >= 25 or (trending and not adx < 20)
        volatile = rank >= 95 or (volatile and not rank < 85)
        if volatile:
            kind = Regime.VOLATILE
        elif trending and found.plus_di[row] != found.minus_di[row]:
            kind = Regime.TREND_UP if found.plus_di[row] > found.minus_di[row] else Regime.TREND_DOWN
        else:
            kind = Regime.RANGE
        run = [*run, kind] if run and run[-1] is kind else [kind]
        if now is None or len(run) >= 3:
            now = kind
        told.append(now if row >= WARMUP else None)
    return told


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(0, 1500), calm=st.booleans())
def test_the_regime_follows_its_definition(seed: int, rows: int, calm: bool) -> None:
    columns = random_columns(seed, rows, calm=calm)
    assert [Regime.of(int(code)) for code in regimes(columns).codes] == expected(columns)


def test_every_regime_comes_and_none_lasts_less_than_three_candles() -> None:
    codes = regimes(random_columns(11, 3000)).codes
    assert (codes[:WARMUP] == UNDEFINED).all()
    assert {Regime.of(int(code)) for code in codes[WARMUP:]} == set(Regime)
    changes = np.flatnonzero(np.diff(codes[WARMUP:]))
    assert len(changes) > 20
    assert np.diff(changes).min() >= 3


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 700))
def test_the_regime_of_a_prefix_is_that_of_the_whole(seed: int, cut: int) -> None:
    columns = random_columns(seed, 700)
    assert np.array_equal(regimes(head(columns, cut)).codes, regimes(columns).codes[:cut])


@pytest.mark.parametrize("symbol", ["BTCUSDT", "SOLUSDT"])
def test_where_a_series_begins_is_forgotten(symbol: str) -> None:
    columns = recorded(symbol, "5m", 20_000)
    whole = regimes(columns).codes
    for start in range(1000, 18_000, 1700):
        later = regimes(columns.rows(start, len(columns))).codes
        assert np.mean(later[2 * WARMUP :] == whole[start + 2 * WARMUP :]) > 0.999


def test_candle_by_candle_a_batch_has_the_regimes_of_its_columns() -> None:
    markets = [random_columns(place, 900, calm=place == 1) for place in range(3)]
    running = RunningRegimes(len(markets))
    together = [np.array(part).T for part in zip(*markets, strict=True)]
    with np.errstate(all="ignore"):
        found = np.array([running.update(Columns(*(part[row] for part in together))) for row in range(900)])
    for place, market in enumerate(markets):
        assert np.array_equal(found[:, place], regimes(market).codes)
