"""Programs and strategies candle by candle over a batch: what they say of the last row when run over all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategy_maker import INSTRUMENT, TIMEFRAME, random_columns, recorded, strategy_of

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Compiler, Kind, Market, Program, ProgramState, joined, parse, steppable
from tradewind.core.series import Columns
from tradewind.core.strategy import (
    Evaluation,
    RefusalReason,
    Refused,
    Scan,
    Strategy,
    StrategyError,
    evaluate,
    signal,
)
from tradewind.core.values import Side
from tradewind.trading.strategies import builtin_names, load_builtin

NUMBERS = (
    "close",
    "2 + 3",
    "-(high - low) / (close - close)",
    "abs(close - open) * 2",
    "min(open, close, previous(low, 3))",
    "max(ema(close, 5), sma(ema(close, 5), 4))",
    "clip(rsi(close, 5), 30, 70)",
    "previous(macd_hist(close, 5, 9, 4), 2)",
    "correlation(close, volume, 10)",
    "sma(volume / (close - open), 3)",
    "vwap()",
)
CONDITIONS = (
    "crosses_above(close, ema(close, 7)) and not previous(close > open)",
    "crosses_below(rsi(close, 5), 40) or close == high",
    "crosses_above(close, 100)",
    "previous(regime()) != regime()",
    "regime() == range and adx(14) < 25",
    "previous(crosses_below(close, open), 4)",
    "close != previous(close)",
    "sar() < low",
)


def program_of(*texts: tuple[str, Kind]) -> Program:
    compiler = Compiler({}, {})
    return compiler.program([compiler.add(parse("it", text, kind)) for text, kind in texts])


def at(markets: Sequence[Columns], rows: Sequence[int]) -> Columns:
    """One candle of each symbol."""
    candles = [market.candle(row) for market, row in zip(markets, rows, strict=True)]
    return Columns(*(np.array(part) for part in zip(*candles, strict=True)))


EVERYTHING = program_of(*((text, Kind.NUMBER) for text in NUMBERS), *((text, Kind.CONDITION) for text in CONDITIONS))


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_program_says_step_by_step_what_it_says_of_the_whole(seed: int) -> None:
    markets = [random_columns(seed + place, 470, calm=place == 1) for place in range(3)]
    state = ProgramState(EVERYTHING, len(markets))
    expected = [EVERYTHING.run(market) for market in markets]
    for row in range(470):
        values = state.step(at(markets, [row] * len(markets))).values
        for root, got in enumerate(values):
            want = np.array([each[root][row] for each in expected])
            if got.dtype.kind == "f":
                np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)
            else:
                np.testing.assert_array_equal(got, want)


ELSEWHERE = (
    ("hour() + minute() / 60 + weekday()", Kind.NUMBER),
    ("session(22, 3) and close > open", Kind.CONDITION),
    ("on(15m, ema(close, 3) - previous(low))", Kind.NUMBER),
    ("on(5m, sma(volume, 3)) / on(1h, volume)", Kind.NUMBER),
    ("on(1h, crosses_above(close, sma(close, 3)) or hour() == 5)", Kind.CONDITION),
    ("crosses_below(close, on(15m, sma(high, 3)))", Kind.CONDITION),
    ("on(15m, on(1h, close) - open) + on(15m, weekday())", Kind.NUMBER),
    ("on(BTCUSDT, close) / sma(on(BTCUSDT, close), 3)", Kind.NUMBER),
    ("on(BTCUSDT, 1h, ema(close, 3) + on(4h, high))", Kind.NUMBER),
    ("on(BTCUSDT, close > open and on(ETHUSDT, close) > on(15m, low))", Kind.CONDITION),
    ("on(ETHUSDT, 15m, regime()) == range", Kind.CONDITION),
    ("previous(on(ADAUSDT, close > 0), 2) or on(ADAUSDT, 1h, close) > 0", Kind.CONDITION),
)
NAMES = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def gapped(seed: int, rows: int, shift: int = 0) -> list[Columns]:
    """Markets on one timeline, which begins at any time of the day; candles and whole runs of them are missing."""
    rng = np.random.default_rng(seed)
    markets: list[Columns] = []
    for place in range(len(NAMES)):
        columns = random_columns(seed + place, rows)
        keep = rng.random(rows) > rng.choice([0.0, 0.05, 0.3])
        start = int(rng.integers(0, rows))
        keep[start : start + int(rng.choice([0, 5, 40]))] = False
        columns = columns.picked(np.flatnonzero(keep))
        markets.append(Columns(columns.ts + shift * TIMEFRAME.ms, *columns[1:]))
    return markets


def moments(markets: Sequence[Columns]) -> Iterator[tuple[NDArray[np.intp], list[int], Columns]]:
    """Moment after moment: the places of the symbols that close a candle, the row of each, and the candles."""
    for ts in np.unique(np.concatenate([market.ts for market in markets])).tolist():
        rows = [int(np.searchsorted(market.ts, ts)) for market in markets]
        there = [row < len(market) and market.ts[row] == ts for market, row in zip(markets, rows, strict=True)]
        index = np.flatnonzero(there)
        mine = [rows[place] for place in index]
        yield index, mine, at([markets[place] for place in index], mine)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), shift=st.integers(0, 300))
def test_other_series_and_the_time_are_seen_step_by_step_as_from_the_whole(seed: int, shift: int) -> None:
    markets = gapped(seed, 160, shift)
    program = program_of(*ELSEWHERE)
    around = Market(TIMEFRAME, dict(zip(NAMES, markets, strict=True)))
    expected = [program.answer(market, around) for market in markets]
    state = ProgramState(program, len(NAMES), TIMEFRAME)
    for index, rows, candles in moments(markets):
        state.notice({NAMES[place]: candles.rows(row, row + 1) for row, place in enumerate(index)})
        said = state.step(candles, index)
        for root, got in enumerate(said.values):
            want = [expected[place].values[root][row] for place, row in zip(index, rows, strict=True)]
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9, err_msg=ELSEWHERE[root][0])
        for place, row, there in zip(index, rows, np.logical_and.reduce(said.there), strict=True):
            present = expected[place].present
            assert present is not None
            assert there == present[row]


def test_what_cannot_be_kept_step_by_step_is_refused() -> None:
    late = program_of(("on(1h, close - on(BTCUSDT, close))", Kind.NUMBER))
    assert not steppable(late, TIMEFRAME)
    assert steppable(program_of(*ELSEWHERE), TIMEFRAME)
    with pytest.raises(ValueError, match="expected no other symbols to be looked at from a longer timeframe"):
        ProgramState(late, 1, TIMEFRAME)
    with pytest.raises(ValueError, match="expected the timeframe"):
        ProgramState(program_of(("hour()", Kind.NUMBER)), 1)


def test_programs_with_other_series_are_joined() -> None:
    one = program_of(("on(1h, close) + on(BTCUSDT, close)", Kind.NUMBER), ("on(1h, close > open)", Kind.CONDITION))
    other = program_of(("on(BTCUSDT, close) - hour()", Kind.NUMBER), ("on(1h, low)", Kind.NUMBER))
    both = joined([one, other])
    assert len(both.readings) == 3
    markets = gapped(3, 120)
    around = Market(TIMEFRAME, dict(zip(NAMES, markets, strict=True)))
    wanted = (*one.run(markets[1], around), *other.run(markets[1], around))
    for got, want in zip(both.run(markets[1], around), wanted, strict=True):
        np.testing.assert_array_equal(got, want)


def test_what_programs_have_in_common_is_there_once() -> None:
    one = program_of(("ema(close, 200) > close", Kind.CONDITION), ("atr(14)", Kind.NUMBER))
    other = program_of(("previous(ema(close, 200), 3)", Kind.NUMBER), ("atr(20)", Kind.NUMBER))
    both = joined([one, other, one])
    assert len(both.instructions) < len(one.instructions) + len(other.instructions)
    assert len(set(both.instructions)) == len(both.instructions)
    columns = random_columns(2, 300)
    for got, want in zip(both.run(columns), (*one.run(columns), *other.run(columns), *one.run(columns)), strict=True):
        np.testing.assert_array_equal(got, want)


STRATEGIES = (
    strategy_of(long="crosses_above(ema(close, 3), ema(close, 8))", stop="close - 2 * atr(5)"),
    strategy_of(
        long="rsi(close, 5) < 40",
        short="rsi(close, 5) > 60",
        confidence="rsi(close, 9) / 100",
        filters={"busy": ("volume > sma(volume, 3)", Side.LONG), "day": ("session(2, 9)", None)},
        exits={Side.LONG: "rsi(close, 5) > 50", Side.SHORT: "on(15m, close > open)"},
    ),
    # Stand together now and then, and lack a number now and then.
    strategy_of(long="close > open", short="high > previous(high)", stop="close - 5 / (close - previous(low))"),
    strategy_of(long="volume > sma(volume, 4)", zone=("close", "close - 1"), define={"unused": "adx(14)"}),
    strategy_of(
        long="crosses_above(close, on(15m, sma(close, 3))) and on(BTCUSDT, 15m, close > sma(close, 2))",
        short="close < on(1h, close)",
        filters={"leader": ("on(BTCUSDT, close > open)", None)},
        risk_scale="clip(on(BTCUSDT, rsi(close, 5)) / 100, 0, 0.8)",
    ),
)


def told(evaluation: Evaluation, row: int) -> tuple[Side | None, object]:
    """The side that stands, and which signal that makes or why none; their numbers are compared by themselves."""
    made = signal(evaluation, row, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True)
    return evaluation.side_at(row), (made.reason, made.counted_as) if isinstance(made, Refused) else made and made.id


def telling_rows(evaluation: Evaluation) -> list[int]:
    """Where a set-up stands, or would if its filters held."""
    stood = (evaluation.long_rows, evaluation.short_rows, evaluation.conflict_rows)
    return sorted(set().union(*(each.tolist() for each in stood), evaluation.filtered))


@dataclass
class Heard:
    """What a scan said: what stood by strategy and symbol, then row of that symbol; and the rows at which to leave."""

    standing: defaultdict[tuple[int, int], dict[int, Evaluation]]
    leaving: defaultdict[tuple[int, Side, int], list[int]]


def heard(
    strategies: Sequence[Strategy], markets: Sequence[Columns], names: Sequence[str], timeframe: Timeframe
) -> Heard:
    scan = Scan(strategies, timeframe, names)
    said = Heard(defaultdict(dict), defaultdict(list))
    for index, rows, candles in moments(markets):
        row_of = dict(zip(index.tolist(), rows, strict=True))
        verdict = scan.close(candles, index)
        for symbol, strategy, evaluation in verdict.standing:
            said.standing[strategy, symbol][row_of[symbol]] = evaluation
        for strategy, side, symbols in verdict.leaving:
            for symbol in symbols.tolist():
                said.leaving[strategy, side, symbol].append(row_of[symbol])
    return said


def assert_as_evaluated(
    strategies: Sequence[Strategy],
    markets: Sequence[Columns],
    names: Sequence[str] = NAMES,
    timeframe: Timeframe = TIMEFRAME,
) -> Heard:
    said = heard(strategies, markets, names, timeframe)
    around = Market(timeframe, dict(zip(names, markets, strict=True)))
    for number, strategy in enumerate(strategies):
        for symbol, market in enumerate(markets):
            whole = evaluate(strategy, market, around)
            mine = said.standing[number, symbol]
            assert sorted(mine) == telling_rows(whole)
            for row, each in mine.items():
                assert told(each, 0) == told(whole, row)
                assert [each.leaves_at(side, 0) for side in Side] == [whole.leaves_at(side, row) for side in Side]
                numbers = [each.number(root, 0) for root in range(len(whole.values))]
                expected = [whole.number(root, row) for root in range(len(whole.values))]
                np.testing.assert_allclose(numbers, expected, rtol=1e-9, atol=1e-9)
            for side in Side:
                rows = whole.exit_rows.get(side, np.empty(0))
                assert said.leaving[number, side, symbol] == rows.tolist()
    return said


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), shift=st.integers(0, 300))
def test_a_scan_finds_what_evaluations_find_and_makes_the_same_signals(seed: int, shift: int) -> None:
    assert_as_evaluated(STRATEGIES, gapped(seed, 150, shift))


def test_conflicts_refusals_filters_and_exits_are_among_what_is_compared() -> None:
    said = assert_as_evaluated(STRATEGIES, gapped(5, 400))
    answers = [(strategy, *told(each, 0)) for (strategy, _), mine in said.standing.items() for each in mine.values()]
    assert {strategy for strategy, side, made in answers if side and not isinstance(made, tuple)} >= {1, 2, 4}
    reasons = {made[0] for _, _, made in answers if isinstance(made, tuple)}
    assert reasons >= {RefusalReason.CONFLICT, RefusalReason.FILTERED, RefusalReason.ZONE_INVERTED}
    names = {made[1] for _, _, made in answers if isinstance(made, tuple)}
    assert {"filtered: busy", "filtered: day", "filtered: leader"} <= names
    assert {side for (_, side, _), rows in said.leaving.items() if rows} == {Side.LONG, Side.SHORT}


def test_months_of_real_candles_make_the_same_signals() -> None:
    names = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT")
    markets = [recorded(symbol, "1h", 3_000) for symbol in names]
    strategies = [load_builtin(name) for name in builtin_names()]
    said = assert_as_evaluated(strategies, markets, names, Timeframe.H1)
    stood = [sum(len(said.standing[number, place]) for place in range(len(names))) for number in range(len(strategies))]
    assert min(stood) > 10


def test_no_candles_are_no_news() -> None:
    scan = Scan(STRATEGIES, TIMEFRAME, NAMES)
    assert scan.close(Columns.of([]), np.empty(0, dtype=np.intp)) == ([], [])


def test_strategies_that_cannot_be_scanned_are_told_apart() -> None:
    late = strategy_of(long="on(1h, close > on(BTCUSDT, close))")
    assert not Scan.supports(late, TIMEFRAME)
    assert all(Scan.supports(each, TIMEFRAME) for each in STRATEGIES)
    with pytest.raises(ValueError, match="longer timeframe"):
        Scan([late], TIMEFRAME, NAMES)
    with pytest.raises(StrategyError, match="cannot be put together from 1h"):
        Scan(STRATEGIES, Timeframe.H1, NAMES)


def test_memory_is_per_symbol_and_does_not_grow() -> None:
    own = STRATEGIES[:4]
    names = [f"S{number}" for number in range(50)]
    scan = Scan(own, TIMEFRAME, names)
    before = scan.nbytes
    for row in range(40):
        scan.close(at([random_columns(1, 40)] * len(names), [row] * len(names)))
    assert scan.nbytes == before == Scan(own, TIMEFRAME, names[:1]).nbytes * len(names)
