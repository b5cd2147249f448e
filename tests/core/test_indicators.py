"""Indicators: causal to the bit, warm exactly when they say, and equal to what others compute."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_maker import SHARED, head, random_columns, recorded

from tradewind.core.indicators import CATALOGUE, SEED_WEIGHT, ArgumentError, Indicator, Unit
from tradewind.core.series import Columns, Floats

ENTRIES = pytest.mark.parametrize("indicator", CATALOGUE.values(), ids=CATALOGUE.keys())
RECURSIVE = [each for each in CATALOGUE.values() if each.settled() > each.warmup() and not each.anchored]
#: How a value grows with the price, where its unit does not say.
PRICE_DEGREE = {"variance": 2, "force_index": 1, "market_facilitation": 1}
GOLDEN = SHARED / "conformance" / "indicators" / "stock-indicators"


def compute(indicator: Indicator, columns: Columns, *arguments: float) -> Floats:
    return indicator.compute(columns, *arguments, series=(columns.close, columns.open)[: indicator.series])


def same_bits(left: Floats, right: Floats) -> bool:
    """Undefined in the same rows and bitwise equal, signs of zero included, in all others."""
    blank = np.isnan(left)
    return bool(np.array_equal(blank, np.isnan(right))) and left[~blank].tobytes() == right[~blank].tobytes()


def first_defined(values: Floats) -> int | None:
    defined = np.flatnonzero(np.isfinite(values))
    return int(defined[0]) if len(defined) else None


@st.composite
def arguments_for(draw: st.DrawFn, indicator: Indicator) -> tuple[float, ...]:
    return tuple(
        draw(st.integers(int(each.low), min(int(each.high), 60)))
        if each.whole
        else draw(st.floats(each.low, each.high))
        for each in indicator.arguments
    )


@ENTRIES
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32), rows=st.integers(0, 300), calm=st.booleans())
def test_a_prefix_has_the_values_of_the_whole(
    indicator: Indicator, data: st.DataObject, seed: int, rows: int, calm: bool
) -> None:
    columns = random_columns(seed, rows, calm=calm)
    arguments = data.draw(arguments_for(indicator))
    cut = data.draw(st.integers(0, rows))
    whole = compute(indicator, columns, *arguments)
    assert len(whole) == rows
    assert same_bits(compute(indicator, head(columns, cut), *arguments), whole[:cut])


@ENTRIES
def test_a_prefix_of_recorded_candles_has_the_values_of_the_whole(indicator: Indicator) -> None:
    columns = recorded("SOLUSDT", "5m", 20_000)
    whole = compute(indicator, columns)
    for cut in (1, 2, 47, 500, 1234, 19_999):
        assert same_bits(compute(indicator, head(columns, cut)), whole[:cut])


@ENTRIES
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_the_first_defined_row_is_the_declared_warm_up(indicator: Indicator, data: st.DataObject, seed: int) -> None:
    columns = random_columns(seed, 250)
    arguments = data.draw(arguments_for(indicator))
    values = compute(indicator, columns, *arguments)
    warmup = indicator.warmup(*arguments)
    assert first_defined(values) == (warmup if warmup < len(columns) else None)
    assert np.isfinite(values[warmup:]).all()


@pytest.mark.parametrize("indicator", RECURSIVE, ids=lambda each: each.name)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_settled_value_has_forgotten_where_it_started(indicator: Indicator, seed: int) -> None:
    """Computed from a later start, the value differs by no more than the seed's weight of the indicator's range."""
    start = 200
    columns = random_columns(seed, max(900, start + indicator.settled() + 300))
    late = Columns(*(column[start:] for column in columns))
    values = compute(indicator, columns)
    difference = np.abs(compute(indicator, late) - values[start:])
    span = np.nanmax(values) - np.nanmin(values)
    assert np.nanmax(difference[indicator.settled() :]) <= 2 * SEED_WEIGHT * span


@pytest.mark.parametrize("period", [2, 14, 50, 200])
def test_settled_is_where_the_seed_of_an_ema_weighs_a_thousandth(period: int) -> None:
    weight = (1 - 2 / (period + 1)) ** (CATALOGUE["ema"].settled(period) - CATALOGUE["ema"].warmup(period))
    assert weight < SEED_WEIGHT <= weight / (1 - 2 / (period + 1))


@ENTRIES
def test_the_scale_of_prices_does_not_matter(indicator: Indicator) -> None:
    """TA-Lib treats small numbers as zero in places; coins at 10⁻⁸ must not lose their bands to that."""
    columns = random_columns(7, 400)
    scale = 2.0**-26
    tiny = Columns(columns.ts, *(column * scale for column in columns[1:5]), columns.volume)
    normal, small = compute(indicator, columns), compute(indicator, tiny)
    degree = PRICE_DEGREE.get(indicator.name, 1 if indicator.unit in {None, Unit.PRICE} else 0)
    np.testing.assert_allclose(small, normal * scale**degree, rtol=1e-6, atol=0)


def test_a_gap_in_a_series_interrupts_and_does_not_poison() -> None:
    close = random_columns(3, 200).close.copy()
    gapped = close.copy()
    gapped[[50, 120]] = [np.nan, np.inf]
    columns = random_columns(3, 200)
    for name in ("sma", "ema", "highest", "bb_upper", "rsi", "stddev"):
        indicator = CATALOGUE[name]
        values = indicator.compute(columns, 10, series=(gapped,))
        for start, stop in ((0, 50), (51, 120), (121, 200)):
            alone = indicator.compute(columns, 10, series=(close[start:stop],))
            assert same_bits(values[start:stop], alone)
        assert np.isnan(values[[50, 120]]).all()


def test_a_series_full_of_gaps_is_undefined_throughout() -> None:
    columns = random_columns(1, 100)
    values = CATALOGUE["macd"].compute(columns, series=(np.full(100, np.nan),))
    assert np.isnan(values).all()


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ema", (-1,), "expected a whole number from 2 to 1000 for period, got -1"),
        ("ema", (10_000_000,), "expected a whole number from 2 to 1000 for period, got 1e"),
        ("sma", (2.5,), "whole number"),
        ("sma", (math.nan,), "got nan"),
        ("bb_upper", (20, 0), "expected a number from 0.1 to 10 for deviations, got 0"),
        ("rsi", (14, 3), r"expected rsi\(series, period=14\), got 2 arguments"),
    ],
)
def test_arguments_out_of_range_are_named(name: str, arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        compute(CATALOGUE[name], random_columns(1, 50), *arguments)


def test_the_wrong_number_of_series_is_named() -> None:
    with pytest.raises(ArgumentError, match="expected 1 series for ema, got 0"):
        CATALOGUE["ema"].compute(random_columns(1, 50))


@ENTRIES
def test_every_entry_explains_itself(indicator: Indicator) -> None:
    assert indicator.description.endswith(".")
    assert indicator.signature.startswith(f"{indicator.name}(")
    assert indicator.settled() >= indicator.warmup() >= 0


def golden_columns() -> Columns:
    if not GOLDEN.exists():
        pytest.skip(f"no golden values at {GOLDEN}")
    with (GOLDEN / "quotes_default.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ("open", "high", "low", "close", "volume")
    return Columns(np.arange(len(rows)), *(np.array([float(row[name]) for row in rows]) for name in names))


@pytest.mark.parametrize(
    ("name", "arguments", "file", "key", "settle"),
    [
        ("sma", (20,), "sma", "sma", 0),
        ("ema", (20,), "ema", "ema", 0),
        ("rsi", (14,), "rsi", "rsi", 0),
        ("trange", (), "atr", "tr", 0),
        ("atr", (14,), "atr", "atr", 0),
        ("natr", (14,), "atr", "atrp", 0),
        ("bb_upper", (20, 2), "bb", "upperBand", 0),
        ("bb_middle", (20, 2), "bb", "sma", 0),
        ("bb_lower", (20, 2), "bb", "lowerBand", 0),
        ("bb_percent_b", (20, 2), "bb", "percentB", 0),
        ("zscore", (20,), "bb", "zScore", 0),
        ("stoch_k", (14, 3, 3), "stoch", "k", 0),
        ("stoch_d", (14, 3, 3), "stoch", "d", 0),
        # Their seeds differ from TA-Lib's, so these agree once both have forgotten them.
        ("macd", (12, 26, 9), "macd", "macd", 250),
        ("macd_signal", (12, 26, 9), "macd", "signal", 250),
        ("macd_hist", (12, 26, 9), "macd", "histogram", 250),
        ("adx", (14,), "adx", "adx", 400),
        ("plus_di", (14,), "adx", "pdi", 400),
        ("minus_di", (14,), "adx", "mdi", 400),
        ("dx", (14,), "adx", "dx", 400),
    ],
)
def test_values_agree_with_an_independent_library(
    name: str, arguments: tuple[float, ...], file: str, key: str, settle: int
) -> None:
    columns = golden_columns()
    results = json.loads((GOLDEN / "results" / f"{file}.standard.json").read_text())
    expected = np.array([math.nan if row[key] is None else row[key] for row in results])
    indicator = CATALOGUE[name]
    start = max(indicator.warmup(*arguments), settle)
    np.testing.assert_allclose(compute(indicator, columns, *arguments)[start:], expected[start:], rtol=1e-7, atol=1e-7)


def test_on_balance_volume_agrees_up_to_its_starting_level() -> None:
    columns = golden_columns()
    results = json.loads((GOLDEN / "results" / "obv.standard.json").read_text())
    expected = np.array([row["obv"] for row in results], dtype=np.float64)
    values = compute(CATALOGUE["obv"], columns)
    np.testing.assert_allclose(values - values[0], expected - expected[0])
