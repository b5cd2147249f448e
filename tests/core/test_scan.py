"""Programs and strategies candle by candle over a batch: what they say of the last row when run over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategy_maker import INSTRUMENT, TIMEFRAME, random_columns, strategy_of

from tradewind.core.expressions import Compiler, Kind, Program, ProgramState, joined, parse
from tradewind.core.expressions.program import Column
from tradewind.core.indicators import Field
from tradewind.core.series import Columns
from tradewind.core.strategy import Evaluation, RefusalReason, Refused, Scan, Standing, evaluate, signal
from tradewind.core.values import Side

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
        values = state.step(at(markets, [row] * len(markets)))
        for root, got in enumerate(values):
            want = np.array([each[root][row] for each in expected])
            if got.dtype.kind == "f":
                np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)
            else:
                np.testing.assert_array_equal(got, want)


def test_what_an_instruction_reads_elsewhere_is_given() -> None:
    program = program_of(("sma(volume, 3) + previous(volume)", Kind.NUMBER))
    place = program.instructions.index(Column(Field.VOLUME))
    columns = random_columns(1, 30)
    # As a source of these values it is unknown to the candles, which have none.
    silent = Columns(*columns[:5], np.full(30, np.nan))
    state = ProgramState(program, 1)
    for row in range(30):
        (value,) = state.step(silent.rows(row, row + 1), given={place: columns.volume[row : row + 1]})
        np.testing.assert_allclose(value, program.run(columns)[0][row])


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
    strategy_of(long="rsi(close, 5) < 40", short="rsi(close, 5) > 60", confidence="rsi(close, 9) / 100"),
    # Stand together now and then, and lack a number now and then.
    strategy_of(long="close > open", short="high > previous(high)", stop="close - 5 / (close - previous(low))"),
    strategy_of(long="volume > sma(volume, 4)", zone=("close", "close - 1"), define={"unused": "adx(14)"}),
)


def told(evaluation: Evaluation, row: int) -> tuple[Side | None, object]:
    """The side that stands, and which signal that makes or why none; their numbers are compared by themselves."""
    made = signal(evaluation, row, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True)
    return evaluation.side_at(row), made.reason if isinstance(made, Refused) else made and made.id


def standing_rows(evaluation: Evaluation) -> list[int]:
    rows = np.concatenate([evaluation.long_rows, evaluation.short_rows, evaluation.conflict_rows])
    return [int(row) for row in np.sort(rows)]


def closes(scan: Scan, markets: Sequence[Columns], present: NDArray[np.bool_]) -> dict[tuple[int, int, int], Standing]:
    """What stood, by (strategy, symbol, row of that symbol); in a step the symbols `present` close a candle."""
    taken = np.zeros(len(markets), dtype=np.intp)
    found: dict[tuple[int, int, int], Standing] = {}
    for step in present:
        index = np.flatnonzero(step)
        standings = (
            scan.close(at([markets[place] for place in index], taken[index].tolist()), index) if step.any() else []
        )
        for each in standings:
            found[each.strategy, each.symbol, int(taken[each.symbol])] = each
        taken[index] += 1
    return found


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), gaps=st.booleans())
def test_a_scan_finds_what_evaluations_find_and_makes_the_same_signals(seed: int, gaps: bool) -> None:
    rows = 150
    markets = [random_columns(seed + place, rows) for place in range(4)]
    present = np.ones((rows, len(markets)), dtype=np.bool_)
    if gaps:
        present = np.zeros((rows + 25, len(markets)), dtype=np.bool_)
        rng = np.random.default_rng(seed)
        for symbol in range(len(markets)):
            present[np.sort(rng.permutation(rows + 25)[:rows]), symbol] = True
    found = closes(Scan(STRATEGIES, len(markets)), markets, present)
    for number, strategy in enumerate(STRATEGIES):
        for symbol, market in enumerate(markets):
            mine = {row: each for (which, where, row), each in found.items() if (which, where) == (number, symbol)}
            whole = evaluate(strategy, market)
            assert sorted(mine) == standing_rows(whole)
            for row, each in mine.items():
                assert (each.side, told(each.evaluation, 0)) == (whole.side_at(row), told(whole, row))
                numbers = [each.evaluation.number(root, 0) for root in range(len(whole.values))]
                expected = [whole.number(root, row) for root in range(len(whole.values))]
                np.testing.assert_allclose(numbers, expected, rtol=1e-9, atol=1e-9)


def test_conflicts_and_refusals_are_among_what_is_compared() -> None:
    market = random_columns(5, 150)
    evaluations = [evaluate(strategy, market) for strategy in STRATEGIES]
    answers = [told(each, row) for each in evaluations for row in standing_rows(each)]
    assert any(side is None for side, _ in answers)
    assert any(isinstance(made, RefusalReason) and side is not None for side, made in answers)
    assert any(not isinstance(made, RefusalReason) for _, made in answers)


def test_no_candles_are_no_news() -> None:
    scan = Scan(STRATEGIES, 3)
    assert scan.close(Columns.of([]), np.empty(0, dtype=np.intp)) == []


@pytest.mark.parametrize("symbols", [1, 50])
def test_memory_is_per_symbol_and_does_not_grow(symbols: int) -> None:
    scan = Scan(STRATEGIES, symbols)
    before = scan.nbytes
    for row in range(40):
        scan.close(at([random_columns(1, 40)] * symbols, [row] * symbols))
    assert scan.nbytes == before == Scan(STRATEGIES, 1).nbytes * symbols
