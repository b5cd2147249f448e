"""What alerts wait for: levels that are reached, conditions that hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.alerts import BLOCK, Condition, Move, holding, level_reached
from tradewind.core.candles import Timeframe
from tradewind.core.expressions import ExpressionError
from tradewind.core.indicators import CATALOGUE
from tradewind.core.matching import Stretch
from tradewind.core.regime import Regime
from tradewind.core.series import Columns

LEVEL = 10.0
ROADS = st.lists(st.integers(6, 14), min_size=1, max_size=6)


def tick(price: float) -> Stretch:
    return Stretch(0, 0, price, price, price, price, 1.0)


def candle(road: Sequence[int]) -> Stretch:
    return Stretch(0, 60_000, road[0], max(road), min(road), road[-1], 1.0)


def reached(before: float, road: Sequence[int], move: Move) -> bool:
    """Tick by tick, which nobody has to guess."""
    came = False
    for price in road:
        came |= level_reached(LEVEL, move, before, tick(price)) is not None
        before = price
    return came


# --------------------------------------------------------------------------------------------------------------- levels


@pytest.mark.parametrize(
    ("before", "price", "from_below", "from_above"),
    [(9, 10, True, False), (9, 12, True, False), (11, 10, False, True), (11, 8, False, True), (10, 10, False, False),
     (10, 12, False, False), (9, 9.9, False, False), (12, 11, False, False)],
)  # fmt: skip
def test_a_level_is_reached_from_a_side(before: float, price: float, from_below: bool, from_above: bool) -> None:
    expected = {Move.ABOVE: from_below, Move.BELOW: from_above, Move.TOUCH: from_below or from_above}
    for move in Move:
        at = level_reached(LEVEL, move, before, tick(price))
        assert at == (price if expected[move] else None)


def test_behind_a_gap_the_price_is_the_open_and_inside_a_candle_the_level() -> None:
    assert level_reached(LEVEL, Move.ABOVE, 9, Stretch(0, 1, 9.5, 12, 9, 11, 1)) == 10
    assert level_reached(LEVEL, Move.ABOVE, 9, Stretch(0, 1, 11.5, 12, 11, 11, 1)) == 11.5
    assert level_reached(LEVEL, Move.BELOW, 11, Stretch(0, 1, 8.5, 9, 8, 9, 1)) == 8.5


@given(st.integers(6, 14), ROADS, st.sampled_from(Move))
def test_a_candle_never_tells_of_what_no_road_through_it_reaches(before: int, road: list[int], move: Move) -> None:
    """What a candle says is certain: however prices went inside it, they reached the level."""
    stretch = candle(road)
    if level_reached(LEVEL, move, before, stretch) is None:
        return
    opened, high, low, close = (int(value) for value in stretch[2:6])
    assert all(reached(before, way, move) for way in ((opened, high, low, close), (opened, low, high, close), road))


@given(st.integers(6, 14), ROADS)
def test_a_level_that_was_touched_is_told_of_whichever_way_it_went(before: int, road: list[int]) -> None:
    stretch = candle(road)
    crossed = min(before, stretch.low) < LEVEL < max(before, stretch.high)
    if crossed and before != LEVEL:
        assert level_reached(LEVEL, Move.TOUCH, before, stretch) is not None


# ----------------------------------------------------------------------------------------------------------- conditions


def walk(count: int, seed: int = 1, *, missing: Sequence[int] = ()) -> Columns:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 4e-3, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    keep = np.ones(count, dtype=bool)
    keep[list(missing)] = False
    ts = (1_700_000_000_000 // 300_000 + np.arange(count, dtype=np.int64)) * 300_000
    columns = (ts, opened, np.maximum(opened, close) * 1.001, np.minimum(opened, close) * 0.999, close, np.ones(count))
    return Columns(*(column[keep] for column in columns))


CONDITIONS = [
    "rsi(close, 14) < 40",
    "crosses_above(close, ema(close, 20)) or crosses_below(close, sma(close, 30))",
    "regime() == range and close > previous(close, 3)",
    "on(1h, rsi(close, 5) > 60) and hour() >= 8",
    "on(ETHUSDT, close > ema(close, 10)) and close < ema(close, 10)",
]


@pytest.mark.parametrize("text", CONDITIONS)
@pytest.mark.parametrize("missing", [(), range(700, 731)], ids=["whole", "gap"])
def test_the_same_candles_say_the_same_whoever_asks(text: str, missing: Sequence[int]) -> None:
    """One candle at a time on the few candles that an engine keeps, or all of them at once on what is on record."""
    condition, timeframe = Condition.of(text), Timeframe.M5
    kept = condition.reach_on(timeframe) + BLOCK
    series = {"BTCUSDT": walk(3000, 1, missing=missing), "ETHUSDT": walk(3000, 2)}
    columns = series["BTCUSDT"]
    first = len(columns) - 700
    whole = list(holding(condition, "BTCUSDT", timeframe, series, first, len(columns)))
    assert whole, "the condition holds somewhere, or this means nothing"
    single = []
    for row in range(first, len(columns)):
        now = int(columns.ts[row])
        seen = {}
        for name, each in series.items():
            stop = int(np.searchsorted(each.ts, now, side="right"))
            seen[name] = each.rows(max(0, stop - kept), stop)
        own = seen["BTCUSDT"]
        held = holding(condition, "BTCUSDT", timeframe, seen, len(own) - 1, len(own))
        single += [(row, each.values) for each in held]
    assert single == [tuple(each) for each in whole]


def test_nothing_holds_before_the_warm_up() -> None:
    condition = Condition.of("rsi(close, 14) > 0")
    columns = walk(400)
    rows = [each.row for each in holding(condition, "BTCUSDT", Timeframe.M5, {"BTCUSDT": columns}, 0, 400)]
    assert rows == list(range(condition.warmup_on(Timeframe.M5), 400))


def test_the_numbers_told_are_those_of_the_candle() -> None:
    condition = Condition.of("not (rsi(close, 14) >= 30) and regime() != volatile and close < 1000000")
    columns = walk(2000, 5)
    rsi = CATALOGUE["rsi"].compute(columns, 14, series=(columns.close,))
    held = list(holding(condition, "BTCUSDT", Timeframe.M5, {"BTCUSDT": columns}, 600, 2000))
    assert held
    for each in held:
        strength, regime, close = each.values
        assert strength == pytest.approx(rsi[each.row], rel=1e-3)
        assert strength < 30
        assert isinstance(regime, Regime)
        assert close == columns.close[each.row]


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("rsi(close, 14)", None, "expected a condition, got a number"),
        ("close >", 7, "expected an expression"),
        ("clsoe > 1", 1, "clsoe"),
        ("1 < 2", None, "never does"),
        ("close > ema(close, 100000)", 20, "100000"),
        ("range == range", None, "never does"),
    ],
)
def test_what_cannot_be_watched_is_told_with_its_place(text: str, column: int | None, words: str) -> None:
    with pytest.raises(ExpressionError, match=words) as error:
        Condition.of(text)
    if column is not None:
        assert error.value.column == column


def test_what_costs_too_much_is_refused() -> None:
    many = " or ".join(f"close > sma(close, {length})" for length in range(2, 40))
    with pytest.raises(ExpressionError, match="at most 100 different operations"):
        Condition.of(many)
    slow = Condition.of("on(1d, close > ema(close, 200))")
    with pytest.raises(ExpressionError, match="candles of warm-up"):
        slow.warmup_on(Timeframe.M1)
    with pytest.raises(ExpressionError, match="put together from 1d candles"):
        Condition.of("on(1h, close > 1)").warmup_on(Timeframe.D1)


def test_equal_conditions_have_one_meaning() -> None:
    assert Condition.of("rsi( close ) < 30").meaning == Condition.of("(rsi(close, 14) < 30.0)").meaning
