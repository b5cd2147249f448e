"""Market analysis: definitions, no look at the future, and what must not depend on units or order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_maker import columns_of, head, random_columns, recorded

from tradewind.core.analysis import (
    LINE,
    NEEDED,
    WINDOW,
    Analysis,
    Pivot,
    PivotKind,
    Role,
    Shortage,
    agreement_of,
    analyse,
    levels_of,
    longer_timeframes,
    phases_of,
    pivots_of,
    profile_of,
    readings_of,
    trend_of,
)
from tradewind.core.analysis.levels import LEAST_TOUCHES, MOST, SPAN, WIDTH
from tradewind.core.analysis.profile import VALUE_AREA
from tradewind.core.candles import Derivation, Timeframe
from tradewind.core.indicators import CATALOGUE
from tradewind.core.regime import UNDEFINED, Regime, regimes
from tradewind.core.series import Columns

SEEDS = st.integers(0, 2**32)


def scaled(columns: Columns, price: float, volume: float = 1.0) -> Columns:
    return Columns(columns.ts, *(values * price for values in columns[1:5]), columns.volume * volume)


def mirrored(columns: Columns) -> Columns:
    """The same market upside down, at about the same price."""
    top = float(columns.high.max() + columns.low.min())
    return columns_of(
        (top - columns.close).tolist(),
        open=(top - columns.open).tolist(),
        high=(top - columns.low).tolist(),
        low=(top - columns.high).tolist(),
        volume=columns.volume.tolist(),
    )


def derived(columns: Columns, timeframe: Timeframe, longer: Timeframe) -> Columns:
    derivation = Derivation(timeframe, longer)
    return Columns.of([closed for candle in columns.candles() for closed in derivation.add(candle)])


def series(seed: int, rows: int, *, calm: bool = False) -> tuple[Columns, dict[Timeframe, Columns]]:
    columns = random_columns(seed, rows, calm=calm)
    return columns, {each: derived(columns, Timeframe.M5, each) for each in longer_timeframes(Timeframe.M5)}


def complete(columns: Columns, longer: dict[Timeframe, Columns] | None = None) -> Analysis:
    analysis = analyse(Timeframe.M5, columns, longer or {})
    assert isinstance(analysis, Analysis)
    return analysis


# -------------------------------------------------------------------------------------------------------------- pivots


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, rows=st.integers(0, 300), calm=st.booleans())
def test_a_pivot_is_the_extreme_of_its_surroundings(seed: int, rows: int, calm: bool) -> None:
    columns = random_columns(seed, rows, calm=calm)
    expected = []
    for row in range(SPAN, rows - SPAN):
        before, behind = slice(row - SPAN, row), slice(row + 1, row + SPAN + 1)
        if columns.high[row] > columns.high[before].max() and columns.high[row] >= columns.high[behind].max():
            expected.append((row, PivotKind.HIGH, columns.high[row]))
        if columns.low[row] < columns.low[before].min() and columns.low[row] <= columns.low[behind].min():
            expected.append((row, PivotKind.LOW, columns.low[row]))
    found = pivots_of(columns)
    assert sorted((pivot.row, pivot.kind, pivot.price) for pivot in found) == sorted(expected)
    assert all(pivot.ts == columns.ts[pivot.row] for pivot in found)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, cut=st.integers(0, 300))
def test_a_pivot_is_known_when_it_is_confirmed_and_not_before(seed: int, cut: int) -> None:
    columns = random_columns(seed, 300)
    known = tuple(pivot for pivot in pivots_of(columns) if pivot.row + SPAN < cut)
    assert pivots_of(head(columns, cut)) == known


# -------------------------------------------------------------------------------------------------------------- levels


def at(row: int, price: float, kind: PivotKind = PivotKind.LOW) -> Pivot:
    return Pivot(row, row * 300_000, price, kind)


def test_touches_within_an_average_true_range_are_one_level() -> None:
    pivots = [at(10, 100.0), at(60, 100.8), at(90, 102.0), at(95, 90.0)]
    (level,) = levels_of(pivots, price=105.0, atr=1.0, rows=100)
    assert (level.low, level.high, level.price) == (100.0, 100.8, 100.4)
    assert (level.touches, level.role, level.flipped) == (2, Role.SUPPORT, False)
    assert (level.first_touch, level.last_touch) == (10 * 300_000, 60 * 300_000)


def test_a_level_that_the_price_went_through_has_flipped() -> None:
    pivots = [at(10, 100.0, PivotKind.HIGH), at(60, 100.5, PivotKind.HIGH)]
    (above,) = levels_of(pivots, price=99.0, atr=1.0, rows=100)
    (below,) = levels_of(pivots, price=103.0, atr=1.0, rows=100)
    assert (above.role, above.flipped) == (Role.RESISTANCE, False)
    assert (below.role, below.flipped) == (Role.SUPPORT, True)


def test_the_nearest_levels_are_kept() -> None:
    pivots = [at(row, 100.0 + 3 * step) for step in range(10) for row in (10 + step, 60 + step)]
    levels = levels_of(pivots, price=115.0, atr=1.0, rows=100)
    assert [level.price for level in levels] == [109.0, 112.0, 115.0, 118.0, 121.0, 124.0]


def test_more_and_fresher_touches_make_a_stronger_level() -> None:
    def strength(*rows: int) -> float:
        (level,) = levels_of([at(row, 100.0) for row in rows], price=105.0, atr=1.0, rows=500)
        return level.strength

    assert strength(499, 499) == pytest.approx(2 / 3)
    assert strength(100, 200) < strength(300, 400) < strength(300, 350, 400) < 1.0


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, rows=st.integers(30, 600), shuffle=st.randoms(use_true_random=False))
def test_levels_hold_their_touches_whatever_the_order(seed: int, rows: int, shuffle: Any) -> None:
    columns = random_columns(seed, rows)
    pivots = list(pivots_of(columns))
    price, atr = float(columns.close[-1]), float(np.mean(columns.high - columns.low))
    levels = levels_of(pivots, price=price, atr=atr, rows=rows)
    shuffle.shuffle(pivots)
    assert levels_of(pivots, price=price, atr=atr, rows=rows) == levels
    assert list(levels) == sorted(levels)
    for role in Role:
        assert sum(level.role is role for level in levels) <= MOST
    for level in levels:
        inside = [pivot for pivot in pivots if level.low <= pivot.price <= level.high]
        assert level.touches == len(inside) >= LEAST_TOUCHES
        assert columns.low.min() <= level.low <= level.price <= level.high <= columns.high.max()
        assert level.high - level.low <= WIDTH * atr
        assert (level.role is Role.SUPPORT) == (level.price <= price)
        assert level.last_touch == max(pivot.ts for pivot in inside)
        assert 0.0 < level.strength < 1.0
    for lower, upper in pairwise(levels):
        assert lower.high < upper.low


# ------------------------------------------------------------------------------------------------------------- profile


def test_volume_is_spread_over_the_range_of_its_candle() -> None:
    columns = columns_of([2.0, 3.0, 4.0], low=[0.0, 3.0, 4.0], high=[4.0, 3.0, 4.0], volume=[8.0, 1.0, 2.0])
    profile = profile_of(columns, bins=4)
    assert profile is not None
    # Eight over four bins; what stood still lies in the bin that holds its price, at the very top in the last one.
    assert profile.volumes == pytest.approx((2.0, 2.0, 2.0, 5.0))
    assert (profile.low, profile.high, profile.poc) == (0.0, 4.0, 3.5)
    assert (profile.value_low, profile.value_high) == (1.0, 4.0), "5 + 2 + 2 are the first to hold 70 % of 11"


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, rows=st.integers(1, 400), bins=st.integers(1, 90), calm=st.booleans())
def test_a_profile_holds_all_volume_and_no_more(seed: int, rows: int, bins: int, calm: bool) -> None:
    columns = random_columns(seed, rows, calm=calm)
    profile = profile_of(columns, bins)
    if profile is None:
        assert columns.volume.sum() == 0 or columns.high.max() == columns.low.min()
        return
    volumes = np.array(profile.volumes)
    assert len(volumes) == bins
    assert (volumes >= 0).all()
    assert volumes.sum() == pytest.approx(columns.volume.sum(), rel=1e-12)
    edges = np.linspace(profile.low, profile.high, bins + 1)
    inside = (edges[:-1] >= profile.value_low) & (edges[1:] <= profile.value_high)
    assert volumes[inside].sum() >= VALUE_AREA * volumes.sum() * (1 - 1e-12)
    assert profile.low <= profile.value_low <= profile.poc <= profile.value_high <= profile.high
    assert volumes[np.searchsorted(edges, profile.poc) - 1] == volumes.max()
    for node in (*profile.high_nodes, *profile.low_nodes):
        assert profile.low < node < profile.high
    assert not set(profile.high_nodes) & set(profile.low_nodes)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, rows=st.integers(2, 300), data=st.data())
def test_a_profile_does_not_know_the_order_of_its_candles(seed: int, rows: int, data: st.DataObject) -> None:
    columns = random_columns(seed, rows)
    order = np.array(data.draw(st.permutations(range(rows))), dtype=np.intp)
    one, other = profile_of(columns), profile_of(columns.picked(order))
    assert one is not None
    assert other is not None
    assert other.volumes == pytest.approx(one.volumes, rel=1e-9, abs=1e-9)


def test_without_volume_or_movement_there_is_no_profile() -> None:
    assert profile_of(Columns.of(())) is None
    assert profile_of(columns_of([1.0, 2.0], volume=[0.0, 0.0])) is None
    assert profile_of(columns_of([2.0, 2.0])) is None


# -------------------------------------------------------------------------------------------------- trends, agreement


def test_a_straight_line_is_the_strongest_trend() -> None:
    rising = columns_of([100.0 + row for row in range(LINE)])
    up, down = trend_of(rising, Timeframe.H1), trend_of(mirrored(rising), Timeframe.H1)
    assert (up.direction, down.direction) == (1, -1)
    assert (up.strength, down.strength) == (pytest.approx(1.0), pytest.approx(1.0))
    assert agreement_of([up, up]) == pytest.approx(1.0)
    assert agreement_of([down, down]) == pytest.approx(-1.0)
    assert agreement_of([up, down]) == pytest.approx(0.0)


def test_a_price_that_stands_still_has_no_direction() -> None:
    flat = trend_of(columns_of([0.1] * LINE), Timeframe.H1)
    assert (flat.direction, flat.strength, flat.score) == (0, 0.0, 0.0)


def test_too_few_candles_have_no_trend_and_no_vote() -> None:
    short = trend_of(columns_of([1.0] * (LINE - 1)), Timeframe.D1)
    assert (short.candles, short.direction, short.strength, short.score) == (LINE - 1, None, None, None)
    assert agreement_of([short]) is None
    full = trend_of(columns_of([100.0 + row for row in range(LINE)]), Timeframe.H1)
    assert agreement_of([full, short]) == agreement_of([full])


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, rows=st.integers(LINE, 300))
def test_a_trend_looks_back_over_its_line_and_no_further(seed: int, rows: int) -> None:
    columns = random_columns(seed, rows)
    trend, alone = trend_of(columns, Timeframe.M5), trend_of(columns.rows(rows - LINE, rows), Timeframe.M5)
    assert (trend.direction, trend.strength) == (alone.direction, alone.strength)
    upside_down = trend_of(mirrored(columns), Timeframe.M5)
    assert trend.direction is not None
    assert upside_down.direction == -trend.direction
    assert upside_down.strength == pytest.approx(trend.strength, abs=1e-9)
    slope, _ = np.polyfit(np.arange(LINE), columns.close[-LINE:], 1)
    assert trend.direction == np.sign(slope)


def test_longer_timeframes_are_multiples() -> None:
    assert longer_timeframes(Timeframe.M5) == (Timeframe.M15, Timeframe.H1, Timeframe.H4)
    assert longer_timeframes(Timeframe.H4) == (Timeframe.D1,)
    assert longer_timeframes(Timeframe.D1) == ()


# -------------------------------------------------------------------------------------------------------------- phases


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([UNDEFINED, 1, 2, 3, 4]), min_size=1, max_size=60))
def test_phases_put_together_are_the_regimes(codes: list[int]) -> None:
    values, ts = np.array(codes, dtype=np.int8), np.arange(len(codes), dtype=np.int64)
    defined = [code for code in codes if code != UNDEFINED]
    if not defined:
        with pytest.raises(ValueError, match="expected a candle with a defined regime"):
            phases_of(values, ts)
        return
    phases = phases_of(values, ts)
    assert [run.regime.code for run in phases.runs for _ in range(run.candles)] == defined
    assert all(one.regime is not other.regime for one, other in pairwise(phases.runs))
    assert sum(phases.shares.values()) == pytest.approx(1.0)
    assert phases.shares[Regime.RANGE] == defined.count(Regime.RANGE.code) / len(defined)
    assert phases.now is phases.runs[-1]
    assert phases.now_began == (len({*defined}) > 1)


# --------------------------------------------------------------------------------------------------- the whole of it


def test_readings_are_the_catalogues_last_values() -> None:
    columns = random_columns(5, 1000)
    read = readings_of(columns)
    assert read.rsi == CATALOGUE["rsi"].compute(columns, 14, series=(columns.close,))[-1]
    assert read.adx == CATALOGUE["adx"].compute(columns, 14)[-1]
    assert read.atr_percent == pytest.approx(read.atr / columns.close[-1] * 100)
    volatility = CATALOGUE["realised_volatility"].compute(columns, 20)
    assert read.volatility_rank == pytest.approx(np.mean(volatility[-289:-1] < volatility[-1]) * 100)
    assert read.volume_ratio == pytest.approx(columns.volume[-1] / np.median(columns.volume[-100:]))
    assert read.range_low == columns.low[-100:].min()
    assert 0.0 <= read.range_position <= 1.0
    ema = CATALOGUE["ema"].compute(columns, 200, series=(columns.close,))[-1]
    assert read.averages[-1].percent == pytest.approx((columns.close[-1] / ema - 1) * 100)


def test_readings_need_candles() -> None:
    with pytest.raises(ValueError, match=r"expected more than \d+ candles, got 3"):
        readings_of(random_columns(5, 3))


def test_an_average_that_has_not_settled_says_how_many_candles_it_needs() -> None:
    read = readings_of(random_columns(5, NEEDED))
    assert [(each.period, each.percent is None) for each in read.averages] == [(20, False), (50, False), (200, True)]
    needs = read.averages[-1].needs
    assert readings_of(random_columns(5, needs - 1)).averages[-1].percent is None
    assert readings_of(random_columns(5, needs)).averages[-1].percent is not None


@pytest.mark.parametrize("rows", [0, 1, 2 * SPAN + 1, NEEDED - 1])
def test_too_few_candles_are_said_not_guessed(rows: int) -> None:
    assert analyse(Timeframe.M5, random_columns(1, rows), {}) == Shortage(NEEDED, rows)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, cut=st.integers(NEEDED, 900), calm=st.booleans())
def test_what_comes_later_changes_nothing(seed: int, cut: int, calm: bool) -> None:
    columns, longer = series(seed, 900, calm=calm)
    now = complete(head(columns, cut), longer)  # the longer ones know the future, and nobody asks them
    end = int(columns.ts[cut - 1]) + Timeframe.M5.ms
    assert now == complete(
        head(columns, cut),
        {each: Columns.of([c for c in known.candles() if c.ts + each.ms <= end]) for each, known in longer.items()},
    )
    assert now.ts == columns.ts[cut - 1]
    codes = regimes(columns).codes
    assert now.phases.now.regime is Regime.of(int(codes[cut - 1]))
    assert now.window == min(cut, WINDOW)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, calm=st.booleans(), power=st.integers(-20, 20))
def test_units_do_not_matter(seed: int, calm: bool, power: int) -> None:
    """Powers of two are exact, so that no line falls on the other side of a rounding."""
    columns, longer = series(seed, 700, calm=calm)
    factor = 2.0**power
    one = complete(columns, longer)
    other = complete(
        scaled(columns, factor, factor), {each: scaled(known, factor, factor) for each, known in longer.items()}
    )
    assert other.phases == one.phases
    assert [trend.direction for trend in other.trends] == [trend.direction for trend in one.trends]
    assert other.agreement == pytest.approx(one.agreement, abs=1e-9)
    assert len(other.levels) == len(one.levels)
    for ours, theirs in zip(one.levels, other.levels, strict=True):
        assert theirs.price == pytest.approx(ours.price * factor)
        assert (theirs.touches, theirs.role, theirs.flipped) == (ours.touches, ours.role, ours.flipped)
    assert other.readings.rsi == pytest.approx(one.readings.rsi)
    assert other.readings.range_position == pytest.approx(one.readings.range_position)
    if one.profile is not None and other.profile is not None:
        assert other.profile.poc == pytest.approx(one.profile.poc * factor)


def test_a_market_that_stands_still_has_an_analysis_without_gaps() -> None:
    still = complete(columns_of([100.0] * 900, volume=[0.0] * 900))
    assert still.phases.now.regime is Regime.RANGE
    assert (still.levels, still.profile, still.agreement) == ((), None, 0.0)
    assert (still.support, still.resistance) == (None, None)
    assert still.readings.volume_ratio is None
    assert still.readings.range_position == 0.5
    assert np.isfinite([still.readings.rsi, still.readings.adx, still.readings.atr_percent]).all()


@dataclass
class Seen:
    """What an analysis of real candles must have been at least once."""

    regimes: set[Regime]
    flipped: bool = False
    both_sides: int = 0


@pytest.mark.parametrize(("symbol", "timeframe"), [("BTCUSDT", "1h"), ("ETHUSDT", "5m"), ("SOLUSDT", "5m")])
def test_real_candles_have_sensible_analyses(symbol: str, timeframe: str) -> None:
    columns = recorded(symbol, timeframe, 30_000)
    seen, count = Seen(set()), 0
    for stop in range(1000, min(len(columns), 30_000), 997):
        part = columns.rows(stop - 1000, stop)
        found = analyse(Timeframe(timeframe), part, {})
        assert isinstance(found, Analysis)
        count += 1
        seen.regimes.add(found.phases.now.regime)
        seen.flipped |= any(level.flipped for level in found.levels)
        seen.both_sides += found.support is not None and found.resistance is not None
        assert found.profile is not None
        assert sum(found.profile.volumes) == pytest.approx(part.volume[-WINDOW:].sum(), rel=1e-12)
        if found.support and found.resistance:
            assert found.support.price <= found.close < found.resistance.price
    assert seen.regimes >= {Regime.RANGE, Regime.TREND_DOWN} or seen.regimes >= {Regime.RANGE, Regime.TREND_UP}
    assert seen.flipped
    assert seen.both_sides > 0.4 * count
