"""The bias detectors: planted cheaters are caught, honest strategies pass, on any candles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategy_maker import TIMEFRAME, random_columns, strategy_of
from tradewind.core.expressions.instructions import Compute
from tradewind.core.indicators import Kernel
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.research.validation import (
    OUTPUTS,
    ValidationError,
    check_document,
    decisions,
    expressions,
    look_ahead,
    warm_up,
)
from tradewind.trading.strategies import builtin_strategies

CANDLES = random_columns(1, 3000)


def ema(values: np.ndarray, period: int) -> np.ndarray:
    """Begun with the first value, as a beginner writes it."""
    alpha, level = 2 / (period + 1), values[0]
    levels = []
    for value in values.tolist():
        level += alpha * (value - level)
        levels.append(level)
    return np.array(levels)


# --------------------------------------------------------------------------------------------------------- the cheaters


def peeks_one_bar(columns: Columns) -> np.ndarray:
    """Long when the next candle closes higher."""
    rises = np.zeros(len(columns), dtype=bool)
    rises[:-1] = columns.close[1:] > columns.close[:-1]
    return rises


def peeks_seldom(columns: Columns) -> np.ndarray:
    """Long before the few candles that rise by more than half a percent."""
    jumps = np.zeros(len(columns), dtype=np.int8)
    jumps[:-1] = columns.close[1:] > columns.close[:-1] * 1.006
    return jumps


def wraps_around(columns: Columns) -> np.ndarray:
    """`np.roll` in the wrong direction."""
    return np.roll(columns.close, -1) > columns.close


def centres_its_average(columns: Columns) -> np.ndarray:
    padded = np.concatenate([np.zeros(5), columns.close, np.zeros(5)])
    return columns.close > np.convolve(padded, np.ones(11) / 11, mode="valid")


def normalises_by_the_whole(columns: Columns) -> np.ndarray:
    close = columns.close
    return (close - close.mean()) / max(close.std(), 1e-9)


def scales_to_the_range(columns: Columns) -> np.ndarray:
    """Sells above the middle of the range of all candles, also of those to come."""
    return columns.close > (columns.high.max() + columns.low.min()) / 2


def fills_gaps_backwards(columns: Columns) -> np.ndarray:
    """The value of a longer candle, already known while it is being made."""
    last = np.minimum(np.arange(len(columns)) // 12 * 12 + 11, len(columns) - 1)
    return columns.close[last]


def writes_into_its_candles(columns: Columns) -> np.ndarray:
    columns.close[:] = columns.close[-1]
    return columns.close.copy()


@pytest.mark.parametrize(
    ("cheater", "least_reach", "most_reach"),
    [
        (peeks_one_bar, 1, 1),
        (peeks_seldom, 1, 1),
        (wraps_around, 1, 1),
        (centres_its_average, 1, 5),
        (normalises_by_the_whole, 1000, 3000),
        (scales_to_the_range, 300, 3000),
        (fills_gaps_backwards, 1, 11),
        (writes_into_its_candles, 1000, 3000),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_sees_the_future_is_caught(cheater, least_reach: int, most_reach: int, seed: int) -> None:
    found = look_ahead(cheater, random_columns(seed, 3000))
    assert found.biased
    assert found.outputs == (0,)
    assert least_reach <= found.reach <= most_reach, "so far it looks at least"
    assert 0 < len(found.examples) <= 20
    example = found.examples[0]
    assert example.row < example.stop
    assert example.whole != example.part


def test_only_the_output_that_cheats_is_named() -> None:
    def decide(columns: Columns) -> np.ndarray:
        return np.column_stack([columns.close, peeks_one_bar(columns), columns.open])

    assert look_ahead(decide, CANDLES).outputs == (1,)


# ----------------------------------------------------------------------------------------------------------- the honest


def honest_breakout(columns: Columns) -> np.ndarray:
    before = np.concatenate([[np.nan], np.maximum.accumulate(columns.high)[:-1]])
    return columns.close > before


def honest_nothing(columns: Columns) -> np.ndarray:
    return np.full(len(columns), np.nan)


def honest_crossing(columns: Columns) -> np.ndarray:
    fast, slow = ema(columns.close, 12), ema(columns.close, 26)
    return np.sign(fast - slow)


def honest_sums(columns: Columns) -> np.ndarray:
    """A moving average by a sum over all before it: rounded as the whole is, not as the part is."""
    total = np.cumsum(columns.close)
    return total / np.arange(1, len(columns) + 1)


@pytest.mark.parametrize("strategy", [honest_breakout, honest_nothing, honest_crossing, honest_sums])
@pytest.mark.parametrize("rows", [2, 50, 3000])
def test_who_looks_back_only_passes(strategy, rows: int) -> None:
    found = look_ahead(strategy, random_columns(4, rows))
    assert not found.biased
    assert (found.reach, found.differing, found.outputs, found.examples) == (0, 0, (), ())
    assert found.cuts <= 200


def test_short_histories_are_cut_behind_every_row() -> None:
    assert look_ahead(honest_crossing, random_columns(5, 100)).cuts == 99
    assert look_ahead(honest_crossing, random_columns(5, 100), least=40).cuts == 60
    assert look_ahead(honest_crossing, CANDLES, cuts=1).cuts == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(1, 20))
def test_however_far_it_looks(seed: int, ahead: int, cuts: int) -> None:
    def decide(columns: Columns) -> np.ndarray:
        seen = np.full(len(columns), np.nan)
        seen[:-ahead] = columns.close[ahead:]
        return seen

    found = look_ahead(decide, random_columns(seed, 400), cuts=cuts, least=ahead)
    assert found.biased
    assert found.reach == ahead


@pytest.mark.parametrize(
    "decide",
    [
        lambda columns: columns.close[1:],
        lambda columns: 1.0,
        lambda columns: np.zeros((len(columns), 2, 2)),
        lambda columns: np.array(["buy"] * len(columns)),
        lambda columns: np.zeros((len(columns), 1 + len(columns) % 2)),
    ],
)
def test_answers_that_are_no_decisions_are_refused(decide) -> None:
    for detect in (look_ahead, lambda *given: warm_up(*given, claimed=0)):
        with pytest.raises(ValidationError, match="expected"):
            detect(decide, CANDLES)


def test_too_few_rows_and_impossible_settings_are_refused() -> None:
    for wrong in ({"cuts": 0}, {"least": 0}, {"least": 3000}):
        with pytest.raises(ValidationError, match="expected"):
            look_ahead(honest_nothing, CANDLES, **wrong)
    for wrong in (
        {"claimed": -1},
        {"claimed": 1500},
        {"claimed": 0, "starts": 0},
        {"claimed": 0, "window": 0},
        {"claimed": 0, "tolerance": -1.0},
        {"claimed": 0, "tolerated": 1.0},
    ):
        with pytest.raises(ValidationError, match="expected"):
            warm_up(honest_nothing, CANDLES, **wrong)
    with pytest.raises(ValidationError, match="expected"):
        look_ahead(honest_nothing, random_columns(1, 0))


# -------------------------------------------------------------------------------------------------------------- warm-up


def trend(period: int, silent: int):
    """Above or below its EMA, silent for so many rows."""

    def decide(columns: Columns) -> np.ndarray:
        sides = np.sign(columns.close - ema(columns.close, period))
        sides[:silent] = np.nan
        return sides

    return decide


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("period", [10, 20, 50, 200])
def test_an_unwarmed_ema_is_caught_and_a_warm_one_passes(period: int, seed: int) -> None:
    candles = random_columns(seed, 4000)
    cold = warm_up(trend(period, 0), candles, claimed=0)
    assert cold.biased
    assert cold.examples
    assert cold.needed is not None
    assert 1 < cold.needed < 8 * period
    warm = 4 * period  # where the first close weighs e⁻⁸
    found = warm_up(trend(period, warm), candles, claimed=warm)
    assert not found.biased
    assert found.needed is not None


def test_an_average_over_everything_never_settles() -> None:
    def decide(columns: Columns) -> np.ndarray:
        return np.cumsum(columns.close) / np.arange(1, len(columns) + 1)

    found = warm_up(decide, random_columns(6, 2000), claimed=100)
    assert found.biased
    assert found.needed is None


def test_a_window_needs_its_length_and_no_more() -> None:
    def decide(columns: Columns) -> np.ndarray:
        means = np.full(len(columns), np.nan)
        if len(columns) >= 30:
            means[29:] = np.convolve(columns.close, np.ones(30) / 30, mode="valid")
        return means

    found = warm_up(decide, CANDLES, claimed=29)
    assert (found.needed, found.differing, found.biased) == (29, 0, False)
    assert warm_up(decide, CANDLES, claimed=20).biased, "silence is a decision, too"


def test_what_has_no_memory_needs_no_history() -> None:
    found = warm_up(lambda columns: columns.close > columns.open, CANDLES, claimed=0)
    assert (found.needed, found.differing, found.share, found.biased) == (0, 0, 0, False)
    assert found.compared == 950, "from row 750 to 200 rows behind row 1500"


def test_silence_does_not_water_the_share_down() -> None:
    """A strategy that seldom speaks is judged by what it says."""

    def decide(columns: Columns) -> np.ndarray:
        sides = np.full(len(columns), np.nan)
        seldom = columns.ts // 300_000 % 50 == 0
        sides[seldom] = np.sign(columns.close - ema(columns.close, 400))[seldom]
        return sides

    found = warm_up(decide, random_columns(3, 6000), claimed=0)
    assert found.compared < 60
    assert found.biased
    assert found.share > 0.05


def test_a_single_decision_at_a_threshold_is_chance() -> None:
    def decide(columns: Columns) -> np.ndarray:
        sides = np.zeros(len(columns))
        sides[columns.ts // 300_000 == 1000] = len(columns)
        sides[columns.ts // 300_000 == 1001] = len(columns)
        return sides

    found = warm_up(decide, CANDLES, claimed=0, tolerated=0.0)
    assert (found.differing, found.flips, found.biased) == (2, 1, False)


def test_very_short_histories() -> None:
    found = warm_up(lambda columns: columns.close, random_columns(1, 2), claimed=0)
    assert (found.starts, found.compared, found.biased) == (1, 1, False)


# ----------------------------------------------------------------------------------------------------------- documents


CROSSING = strategy_of(
    long="crosses_above(ema(close, 8), ema(close, 21)) and rsi(close, 14) > 40",
    short="crosses_below(ema(close, 8), ema(close, 21))",
    stop="close - 2 * atr(14)",
    short_stop="close + 2 * atr(14)",
    zone=("close - atr(14) / 4", "close"),
    short_zone=("close", "close + atr(14) / 4"),
)


def with_kernel(strategy: Strategy, function) -> Strategy:
    """`strategy` with another indicator kernel: a fault that no expression could write."""
    instructions = tuple(
        replace(each, kernel=Kernel(each.kernel.outputs, function)) if isinstance(each, Compute) else each
        for each in strategy.program.instructions
    )
    return replace(strategy, program=replace(strategy.program, instructions=instructions))


def test_an_honest_document_passes() -> None:
    found = check_document(CROSSING, random_columns(7, 4000))
    assert not found.biased
    assert found.look_ahead.cuts > 100
    assert found.warm_up.claimed == CROSSING.warmup > 0


@pytest.mark.parametrize("name", sorted(builtin_strategies()))
def test_the_built_in_strategies_pass(name: str) -> None:
    strategy, candles, bitcoin = builtin_strategies()[name], random_columns(8, 4000), random_columns(9, 4000)
    found = check_document(strategy, candles, timeframe=TIMEFRAME, others={"BTCUSDT": bitcoin}, cuts=60, starts=8)
    assert not found.look_ahead.biased
    assert not found.warm_up.biased


def test_an_indicator_that_looks_ahead_is_caught() -> None:
    def shifted(inputs, arguments):
        return (np.concatenate([inputs[0][1:], [np.nan]]),)

    cheater = with_kernel(strategy_of(long="sma(close, 5) > close"), shifted)
    found = check_document(cheater, random_columns(9, 2000))
    assert found.biased
    assert found.look_ahead.biased
    assert found.look_ahead.reach == 1
    assert look_ahead(expressions(cheater.program), random_columns(9, 2000)).biased
    assert not look_ahead(expressions(CROSSING.program), random_columns(9, 2000)).biased


def test_a_warm_up_reckoned_too_short_is_caught() -> None:
    document = strategy_of(long="close > ema(close, 100)", stop="ema(close, 100) - 5", zone=("close - 1", "close"))
    candles = random_columns(10, 4000)
    assert not check_document(document, candles).biased
    hasty = replace(document, warmup=100)  # defined, but not settled
    found = check_document(hasty, candles)
    assert found.warm_up.biased
    assert found.warm_up.claimed == 100
    assert not found.look_ahead.biased, "which is another fault"


def test_decisions_of_a_document() -> None:
    both = strategy_of(long="close > open", short="close > open and volume > 2", confidence="0.7")
    candles = random_columns(11, 200)
    said = np.asarray(decisions(both)(candles))
    assert said.shape == (200, len(OUTPUTS))
    up = candles.close > candles.open
    conflict = up & (candles.volume > 2)
    assert np.array_equal(said[:, 0] == 1, up & ~conflict)
    assert np.array_equal(said[:, 0] == 0, conflict)
    assert np.isnan(said[~up]).all()
    assert said[up & ~conflict, 3] == pytest.approx(candles.close[up & ~conflict] - 5)
    assert set(said[up & ~conflict, 4]) == {0.7}
    short = np.asarray(decisions(strategy_of(long=None, short="close > open"))(candles))
    assert set(short[up, 0]) == {-1}


def test_a_program_without_roots_decides_nothing() -> None:
    program = replace(CROSSING.program, roots=())
    assert not look_ahead(expressions(program), CANDLES).biased


def test_a_document_that_looks_elsewhere_is_checked_with_what_it_looks_at() -> None:
    candles, bitcoin = random_columns(11, 3000), random_columns(12, 3000)
    document = strategy_of(
        long="crosses_above(close, on(15m, ema(close, 9))) and on(BTCUSDT, 15m, close > ema(close, 5))",
        stop="close - on(15m, atr(5)) - 1",
    )
    found = check_document(document, candles, timeframe=TIMEFRAME, others={"BTCUSDT": bitcoin}, cuts=80, starts=8)
    assert not found.biased
    assert found.warm_up.claimed == document.warmup_on(TIMEFRAME) > 0
    assert found.warm_up.compared > 20
    values = expressions(document.program, TIMEFRAME, {"BTCUSDT": bitcoin})
    assert not look_ahead(values, candles, cuts=60).biased
    # Which candles the other series had changes what is said: the check does look at it.
    assert (np.asarray(decisions(document, TIMEFRAME)(candles))[:, 0] > 0).sum() == 0
