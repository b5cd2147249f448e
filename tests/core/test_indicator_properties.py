"""What must hold for every indicator: gaps, stillness, extremes, scales, bounds, and that a document can use it."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategy_maker import TIMEFRAME, random_columns

from tradewind.core.expressions import RESERVED, Compiler, Kind, parse
from tradewind.core.indicators import CATALOGUE, FAMILIES, Indicator, Unit
from tradewind.core.indicators.windows import rolling_comoments, rolling_moments, rolling_sum
from tradewind.core.series import Columns, Floats
from tradewind.core.strategy.words import shown

ENTRIES = pytest.mark.parametrize("indicator", CATALOGUE.values(), ids=CATALOGUE.keys())
WITH_SERIES = [each for each in CATALOGUE.values() if each.series]
PATTERNS = FAMILIES["patterns"]
DAY = 86_400_000


def compute(indicator: Indicator, columns: Columns, *arguments: float) -> Floats:
    return indicator.compute(columns, *arguments, series=(columns.close, columns.open)[: indicator.series])


def candles(opened: Floats, high: Floats, low: Floats, close: Floats, volume: Floats | float = 1.0) -> Columns:
    rows = len(close)
    ts = np.arange(rows, dtype=np.int64) * TIMEFRAME.ms
    prices = (np.array(each, dtype=np.float64) for each in (opened, high, low, close))
    return Columns(ts, *prices, np.broadcast_to(np.float64(volume), rows).copy())


def changed(columns: Columns, **columns_given: NDArray[Any]) -> Columns:
    """`columns` with other ones in places; `_replace` would count rows."""
    return Columns(**(columns._asdict() | columns_given))


def scaled(columns: Columns, price: float = 1.0, volume: float = 1.0) -> Columns:
    return Columns(columns.ts, *(column * price for column in columns[1:5]), columns.volume * volume)


def defined_after_warmup(indicator: Indicator, columns: Columns, *arguments: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = compute(indicator, columns, *arguments)
    warmup = indicator.warmup(*arguments)
    assert len(values) == len(columns)
    assert np.isnan(values[:warmup]).all()
    assert np.isfinite(values[warmup:]).all()


# Gaps


@pytest.mark.parametrize("indicator", WITH_SERIES, ids=lambda each: each.name)
@settings(max_examples=5, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_behind_a_gap_everything_begins_anew(indicator: Indicator, data: st.DataObject, seed: int) -> None:
    columns = random_columns(seed, 400)
    gaps = sorted(data.draw(st.sets(st.integers(0, 399), max_size=3)))
    series = [column.copy() for column in (columns.close, columns.open)[: indicator.series]]
    series[data.draw(st.integers(0, indicator.series - 1))][gaps] = data.draw(st.sampled_from([np.nan, np.inf]))
    values = indicator.compute(columns, series=series)
    for before, after in pairwise([-1, *gaps, 400]):
        rows = slice(before + 1, after)
        alone = indicator.compute(columns.rows(before + 1, after), series=[each[rows] for each in series])
        np.testing.assert_array_equal(values[rows], alone)
    assert np.isnan(values[gaps]).all()


# Stillness, smallness, extremes


@ENTRIES
@pytest.mark.parametrize("volume", [0.0, 3.0])
def test_nothing_happens_for_ever(indicator: Indicator, volume: float) -> None:
    still = np.full(indicator.warmup() + 50, 7.123456)
    columns = candles(still, still, still, still, volume)
    defined_after_warmup(indicator, columns)
    values = compute(indicator, columns)[indicator.warmup() :]
    if indicator.unit is None and indicator.name != "rolling_sum":
        # A line that follows the series lies on it, a distance is nothing.
        assert np.allclose(values, 7.123456, rtol=1e-12) or np.allclose(values, 0.0, atol=1e-6), values[-1]


@ENTRIES
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), quiet=st.integers(1, 200))
def test_a_market_that_falls_asleep_and_wakes_up(indicator: Indicator, seed: int, quiet: int) -> None:
    columns = random_columns(seed, indicator.warmup() + 300)
    rows = np.arange(len(columns))
    asleep = (rows >= 100) & (rows < 100 + quiet)
    prices = (np.where(asleep, columns.close[99], column) for column in columns[1:5])
    defined_after_warmup(indicator, Columns(columns.ts, *prices, np.where(asleep, 0.0, columns.volume)))


@ENTRIES
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5])
def test_a_few_candles_are_no_trouble(indicator: Indicator, rows: int) -> None:
    defined_after_warmup(indicator, random_columns(4, rows))


@ENTRIES
def test_the_largest_and_the_smallest_arguments(indicator: Indicator) -> None:
    for arguments in (
        tuple(each.low for each in indicator.arguments),
        tuple(each.high for each in indicator.arguments),
    ):
        defined_after_warmup(indicator, random_columns(4, indicator.warmup(*arguments) + 3), *arguments)


@ENTRIES
@pytest.mark.parametrize(
    ("price", "volume"), [(1e-14, 1e-12), (1e12, 1e14), (1e-10, 1e12)], ids=["tiny", "huge", "meme coin"]
)
def test_prices_of_any_size(indicator: Indicator, price: float, volume: float) -> None:
    columns = random_columns(6, max(500, indicator.warmup() + 50))
    defined_after_warmup(indicator, scaled(columns, price, volume))


@ENTRIES
def test_a_price_that_leaps_by_fifteen_orders_of_magnitude(indicator: Indicator) -> None:
    rows = np.arange(max(600, indicator.warmup() + 50))
    price = np.where(rows // 37 % 2 == 0, 1e9, 1e-6)
    columns = candles(price, price * 1.01, price * 0.99, price)
    defined_after_warmup(indicator, changed(columns, volume=np.where(price > 1.0, 1e15, 0.0)))


@pytest.mark.parametrize("indicator", WITH_SERIES, ids=lambda each: each.name)
def test_a_series_around_zero(indicator: Indicator) -> None:
    columns = random_columns(8, 600)
    series = [column - column.mean() for column in (columns.close, columns.open)[: indicator.series]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = indicator.compute(columns, series=series)
    assert np.isfinite(values[indicator.warmup() :]).all()


# Scales and bounds

#: How a value grows with the volume, where its unit does not say.
VOLUME_DEGREE = {"force_index": 1, "market_facilitation": -1}


@ENTRIES
def test_the_scale_of_volumes_does_not_matter(indicator: Indicator) -> None:
    columns = random_columns(7, 400)
    degree = VOLUME_DEGREE.get(indicator.name, 1 if indicator.unit is Unit.VOLUME else 0)
    normal, small = compute(indicator, columns), compute(indicator, scaled(columns, volume=2.0**-26))
    np.testing.assert_allclose(small, normal * 2.0 ** (-26 * degree), rtol=1e-6, atol=0)


#: Lines and levels move along with the price.
MOVES_ALONG = (
    {"avgprice", "medprice", "typprice", "wclprice", "ha_open", "ha_high", "ha_low", "ha_close", "supertrend", "sar"}
    | {"vwap", "vwap_upper", "vwap_lower", "rolling_vwap", "session_open", "session_high", "session_low"}
    | {each.name for each in FAMILIES["averages"] if each.name != "ht_period"}
    | {each.name for each in FAMILIES["channels"] if each.unit in {None, Unit.PRICE}}
    | {"percentile", "linreg", "linreg_intercept", "tsf"}
) - {"accbands_upper", "accbands_lower", "squeeze_momentum"}
#: Differences and shares of differences stay as they are.
STAYS = {
    *(each.name for each in (*FAMILIES["trend"], *FAMILIES["stochastics"], *PATTERNS)),
    *(
        "mom",
        "apo",
        "tsi",
        "cci",
        "ultosc",
        "bop",
        "imi",
        "qstick",
        "ao",
        "ac",
        "dpo",
        "efficiency_ratio",
        "rsi",
        "cmo",
    ),
    *("macd", "macd_signal", "macd_hist", "wavetrend", "wavetrend_signal", "squeeze_momentum", "bb_squeeze"),
    *("bb_percent_b", "trange", "atr", "adr", "chaikin_volatility", "mass_index", "rvi", "stddev", "variance"),
    *("avgdev", "percent_rank", "zscore", "linreg_slope", "r_squared", "correlation", "beta", "hurst"),
    *("ad", "adosc", "cmf", "obv", "force_index", "wad", "market_facilitation", "relative_volume", "pvo"),
} - {"supertrend", "sar"}


@ENTRIES
def test_a_constant_added_to_all_prices(indicator: Indicator) -> None:
    columns = random_columns(9, 500)
    shift = 64.0
    moved = Columns(columns.ts, *(column + shift for column in columns[1:5]), columns.volume)
    values, others = compute(indicator, columns), compute(indicator, moved)
    if indicator.name == "ht_trendline":
        # TA-Lib starts its filters on zeros, from which any price is a distance until they have settled.
        values, others = values[indicator.settled() :], others[indicator.settled() :]
    if indicator.name in MOVES_ALONG:
        others = others - shift
    elif indicator.name not in STAYS:
        # Returns, percentages and running totals of them: these do depend on the level of the price.
        assert not np.allclose(values, others, rtol=1e-6, equal_nan=True)
        return
    size = np.nanmax(np.abs(values))
    np.testing.assert_allclose(others, values, rtol=1e-7, atol=1e-7 * max(size, 1e-3))


def bounds_told(indicator: Indicator) -> tuple[float, float] | None:
    """Such as "…, 0 to 100: …" in the description."""
    told = re.search(r", (−?\d+) to (−?\d+)(?=[:;,.]| )", indicator.description)
    return (float(told[1].replace("−", "-")), float(told[2].replace("−", "-"))) if told else None


BOUNDED = [each for each in CATALOGUE.values() if bounds_told(each)]


@pytest.mark.parametrize("indicator", BOUNDED, ids=lambda each: each.name)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), calm=st.booleans())
def test_a_bounded_scale_is_kept(indicator: Indicator, seed: int, calm: bool) -> None:
    low, high = bounds_told(indicator) or (0.0, 0.0)
    values = compute(indicator, random_columns(seed, 400, calm=calm))
    assert np.nanmin(values) >= low - 1e-7 * (high - low)
    assert np.nanmax(values) <= high + 1e-7 * (high - low)


def test_many_scales_are_bounded() -> None:
    assert len(BOUNDED) >= 25


# Windows


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 70), rows=st.integers(0, 150))
def test_window_sums_and_moments_are_those_of_each_window(seed: int, n: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(1e3, 1.0, (2, rows))
    sums, (means, squares), comoments = rolling_sum(x, n), rolling_moments(x, n), rolling_comoments(x, y, n)
    for row in range(rows):
        if row < n - 1:
            assert np.isnan([sums[row], means[row], squares[row], *(each[row] for each in comoments)]).all()
            continue
        left, right = x[row - n + 1 : row + 1], y[row - n + 1 : row + 1]
        dx, dy = left - left.mean(), right - right.mean()
        expected = [left.sum(), left.mean(), dx @ dx, dx @ dx, dy @ dy, dx @ dy]
        found = [sums[row], means[row], squares[row], *(each[row] for each in comoments)]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_window_keeps_nothing_of_what_has_left_it() -> None:
    values = np.concatenate([np.full(50, 1e15), np.full(50, 0.1), np.zeros(50)])
    assert rolling_sum(values, 20)[-1] == 0.0
    assert rolling_moments(values, 20)[1][90] == 0.0
    assert CATALOGUE["zscore"].compute(random_columns(1, 150), series=(values,))[90] == 0.0


#: These look at a window only, so that the day their series began shows in no bit.
WINDOWED = (
    *("alma", "vwma", "bb_percent_b", "bb_bandwidth", "zscore", "correlation", "beta", "hurst"),
    *("rolling_vwap", "relative_volume", "choppiness", "bb_squeeze", "ulcer_index", "realised_volatility"),
    *("historical_volatility", "parkinson_volatility", "garman_klass_volatility", "rogers_satchell_volatility"),
    *("yang_zhang_volatility", "ichimoku_span_a", "ichimoku_span_b", "donchian_upper", "donchian_lower"),
)


@pytest.mark.parametrize("name", WINDOWED)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), start=st.integers(0, 200))
def test_a_window_does_not_know_where_the_series_began(name: str, seed: int, start: int) -> None:
    indicator, columns = CATALOGUE[name], random_columns(seed, 450)
    late = compute(indicator, columns.rows(start, len(columns)))
    np.testing.assert_array_equal(late[indicator.warmup() :], compute(indicator, columns)[start + indicator.warmup() :])


@pytest.mark.parametrize("name", ["rolling_vwap", "zscore", "correlation", "hurst"])
def test_long_series_are_merged_in_blocks_without_a_seam(name: str) -> None:
    indicator, columns = CATALOGUE[name], random_columns(4, 20_000)
    whole = compute(indicator, columns)
    for start in (1, 5000, 8191, 8193):
        late = compute(indicator, columns.rows(start, len(columns)))
        np.testing.assert_array_equal(late[indicator.warmup() :], whole[start + indicator.warmup() :])


# Sessions


def test_the_session_begins_at_midnight_utc() -> None:
    hours = 60
    base = random_columns(5, hours)
    columns = changed(base, ts=np.arange(hours, dtype=np.int64) * 3_600_000 + 20 * 3_600_000 + 700 * DAY)
    vwap, upper = compute(CATALOGUE["vwap"], columns), compute(CATALOGUE["vwap_upper"], columns)
    typical = (columns.high + columns.low + columns.close) / 3
    for midnight in (4, 28, 52):
        assert vwap[midnight] == pytest.approx(typical[midnight], rel=1e-15)
        assert upper[midnight] == vwap[midnight]
        opens = compute(CATALOGUE["session_open"], columns)[midnight : midnight + 24]
        assert (opens == columns.open[midnight]).all()
        assert compute(CATALOGUE["session_high"], columns)[midnight] == columns.high[midnight]
    alone = compute(CATALOGUE["vwap"], columns.rows(28, 52))
    np.testing.assert_array_equal(vwap[28:52], alone)


def test_the_vwap_of_an_untraded_session_is_its_price() -> None:
    columns = changed(random_columns(5, 20), volume=np.zeros(20))
    typical = (columns.high + columns.low + columns.close) / 3
    np.testing.assert_allclose(compute(CATALOGUE["vwap"], columns), typical, rtol=1e-15)


# Meaning


def walk(seed: int, rows: int, memory: float) -> Floats:
    """A path whose steps remember the one before: 0 a random walk, above it trends, below it turns."""
    noise = np.random.default_rng(seed).normal(size=rows)
    steps = np.empty(rows)
    last = 0.0
    for row in range(rows):
        last = steps[row] = memory * last + noise[row]
    return 1e3 + np.cumsum(steps)


@pytest.mark.parametrize(("memory", "low", "high"), [(0.0, 0.4, 0.6), (0.9, 0.7, 1.0), (-0.9, 0.0, 0.4)])
def test_hurst_tells_persistence_from_turning(memory: float, low: float, high: float) -> None:
    values = CATALOGUE["hurst"].compute(random_columns(1, 3000), 400, series=(walk(2, 3000, memory),))
    assert low < np.nanmean(values) < high


@pytest.mark.parametrize(
    "name", ["realised_volatility", "historical_volatility", "yang_zhang_volatility", "parkinson_volatility"]
)
def test_volatility_is_that_of_the_walk(name: str) -> None:
    """Each candle is a walk of 400 steps of 0.01 %: 0.2 % a candle, times √365 a year."""
    rng = np.random.default_rng(3)
    path = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 1e-4, 400 * 2000)))
    parts = path.reshape(2000, 400)
    opened = np.concatenate([[100.0], parts[:-1, -1]])
    high, low = np.maximum(parts.max(axis=1), opened), np.minimum(parts.min(axis=1), opened)
    columns = candles(opened, high, low, parts[:, -1])
    values = CATALOGUE[name].compute(columns, 1000, 365)
    assert values[-1] == pytest.approx(0.2 * 365**0.5, rel=0.06)
    np.testing.assert_allclose(CATALOGUE[name].compute(columns, 1000, 1460)[1000:], 2 * values[1000:])


def test_two_series_relate() -> None:
    columns = random_columns(3, 200)
    x = columns.close
    correlation, beta = CATALOGUE["correlation"], CATALOGUE["beta"]
    np.testing.assert_allclose(correlation.compute(columns, 20, series=(x, 3 * x + 7))[19:], 1.0)
    np.testing.assert_allclose(correlation.compute(columns, 20, series=(x, -x))[19:], -1.0)
    np.testing.assert_allclose(beta.compute(columns, 20, series=(2 * x, x))[19:], 2.0)
    assert (correlation.compute(columns, 20, series=(x, np.ones(200)))[19:] == 0.0).all()


# Patterns


def drawn(*last: tuple[float, float, float, float]) -> Columns:
    """Twenty ordinary candles around 100, then these (open, high, low, close)."""
    ordinary = [(100.0, 101.5, 98.5, 101.0) if row % 2 else (101.0, 101.5, 98.5, 100.0) for row in range(20)]
    return candles(*np.array([*ordinary, *last]).T)


@pytest.mark.parametrize(
    ("name", "last", "value"),
    [
        ("cdl_doji", [(100.0, 102.0, 98.0, 100.01)], 100),
        ("cdl_dragonfly_doji", [(100.0, 100.01, 96.0, 100.01)], 100),
        ("cdl_gravestone_doji", [(100.0, 104.0, 99.99, 100.01)], 100),
        ("cdl_marubozu", [(100.0, 104.0, 100.0, 104.0)], 100),
        ("cdl_marubozu", [(104.0, 104.0, 100.0, 100.0)], -100),
        ("cdl_engulfing", [(101.0, 101.5, 99.5, 100.0), (99.0, 103.0, 98.5, 102.0)], 100),
        ("cdl_engulfing", [(100.0, 101.5, 99.5, 101.0), (102.0, 102.5, 98.5, 99.0)], -100),
        ("cdl_harami", [(106.0, 106.5, 99.5, 100.0), (102.0, 102.6, 101.9, 102.5)], 100),
        ("cdl_morning_star", [(110, 110.2, 103.8, 104), (102, 102.5, 101.5, 102.3), (103, 109.2, 102.9, 109)], 100),
        ("cdl_evening_star", [(100, 106.2, 99.8, 106), (108, 108.5, 107.5, 107.8), (107, 107.1, 100.8, 101)], -100),
        ("cdl_piercing", [(110.0, 110.2, 103.8, 104.0), (103.0, 108.2, 102.9, 108.0)], 100),
        ("cdl_doji", [(100.0, 104.0, 99.0, 103.0)], 0),
    ],
)  # fmt: skip
def test_a_drawn_pattern_is_found(name: str, last: list[tuple[float, float, float, float]], value: float) -> None:
    assert compute(CATALOGUE[name], drawn(*last))[-1] == value


@pytest.mark.parametrize("indicator", PATTERNS, ids=lambda each: each.name)
def test_a_pattern_is_there_or_not(indicator: Indicator) -> None:
    values = compute(indicator, random_columns(2, 5000))
    assert set(np.unique(values[indicator.warmup() :])) <= {-100.0, -80.0, 0.0, 80.0, 100.0}


# In documents


@ENTRIES
def test_an_expression_gives_what_the_catalogue_computes(indicator: Indicator) -> None:
    columns = random_columns(12, indicator.warmup() + 40)
    text = f"{indicator.name}({', '.join(['close', 'open'][: indicator.series])})"
    compiler = Compiler({}, {})
    program = compiler.program([compiler.add(parse("it", text, Kind.NUMBER))])
    values = program.run(columns)[0]
    np.testing.assert_array_equal(values, compute(indicator, columns))
    traits = program.traits[program.roots[0]]
    assert (traits.warmup, traits.settled) == (indicator.warmup(), indicator.settled())
    assert traits.unit is (indicator.unit or Unit.PRICE)
    # In the sentences of a rationale it stands as a number.
    assert Decimal(shown(float(values[-1]), traits.unit, Decimal("0.01"))).is_finite()


def test_names_are_words_of_the_language() -> None:
    for name, indicator in CATALOGUE.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert name == indicator.name
        assert name in RESERVED
        names = [each.name for each in indicator.arguments]
        assert len(set(names)) == len(names)
        for argument in indicator.arguments:
            assert argument.checked(argument.default) == argument.default
    assert sum(map(len, FAMILIES.values())) == len(CATALOGUE), "a name stands in two families"


def test_live_processes_do_not_pay_for_numba() -> None:
    code = "import sys, tradewind.core.indicators; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
