"""What expressions read beside their own candles: longer timeframes, other symbols, the time; and that none of it is
known early."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategy_maker import TIMEFRAME, head, random_columns

from tradewind.core.candles import Derivation, Timeframe
from tradewind.core.expressions import Compiler, ExpressionError, Kind, Market, Program, canonical, parse
from tradewind.core.expressions import parse_definitions as parse_all
from tradewind.core.expressions.market import Known
from tradewind.core.expressions.market import longer as put_together
from tradewind.core.series import Columns

M5, M15, H1, H4, D1 = Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1
HOUR, DAY = H1.ms, D1.ms


def compiled(*texts: str, kind: Kind = Kind.NUMBER, define: dict[str, str] | None = None, **values: float) -> Program:
    definitions, errors = parse_all(define or {}, parameters=values.keys())
    if errors:
        raise errors[0]
    compiler = Compiler(values, definitions)
    parsed = [parse("it", text, kind, parameters=values.keys(), definitions=definitions) for text in texts]
    return compiler.program([compiler.add(each) for each in parsed])


def value(
    text: str, columns: Columns, *, others: dict[str, Columns] | None = None, at: Timeframe = TIMEFRAME, **options: Any
) -> NDArray[Any]:
    return compiled(text, **options).run(columns, Market(at, others or {}))[0]


def problem(text: str, kind: Kind = Kind.NUMBER, **options: Any) -> str:
    with pytest.raises(ExpressionError) as caught:
        compiled(text, kind=kind, **options)
    return str(caught.value)


def longer(columns: Columns, timeframe: Timeframe, wanted: Timeframe) -> Columns:
    return put_together(Known.at_close(columns, timeframe), timeframe, wanted).columns


def without(columns: Columns, missing: set[int]) -> Columns:
    return columns.picked(np.array([row for row in range(len(columns)) if row not in missing], dtype=np.intp))


def later(columns: Columns, ms: int) -> Columns:
    return Columns(columns.ts + ms, *columns[1:])


def moments(*minutes: int) -> Columns:
    """Candles of 5 minutes that open at these minutes after the epoch, a Thursday."""
    ts = np.array(minutes, dtype=np.int64) * 60_000
    return Columns(ts, *(np.ones(len(ts)) for _ in range(5)))


GAPPED = st.tuples(
    st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 40), st.sets(st.integers(0, 299), max_size=120)
)


@settings(max_examples=60, deadline=None)
@given(GAPPED, st.sampled_from([M15, H1, H4]))
def test_longer_candles_are_those_of_the_feeds(given_: tuple[int, int, int, set[int]], timeframe: Timeframe) -> None:
    seed, rows, shift, missing = given_
    columns = later(without(random_columns(seed, rows), missing), shift * M5.ms)
    derivation = Derivation(M5, timeframe)
    fed = [candle for each in columns.candles() for candle in derivation.add(each)]
    derived = longer(columns, M5, timeframe)
    assert len(derived) == len(fed)
    for row, candle in enumerate(fed):
        assert derived.candle(row)[:5] == candle[:5]
        assert derived.candle(row).volume == pytest.approx(candle.volume, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(GAPPED)
def test_a_longer_candle_is_seen_once_it_has_closed_and_until_the_next_is_due(
    given_: tuple[int, int, int, set[int]],
) -> None:
    seed, rows, shift, missing = given_
    columns = later(without(random_columns(seed, rows), missing), shift * M5.ms)
    hours = {int(candle.ts): candle for candle in longer(columns, M5, H1).candles()}
    for row, seen in enumerate(value("on(1h, close)", columns).tolist()):
        closed = int(columns.ts[row]) + M5.ms
        due = hours.get(closed - closed % HOUR - HOUR)
        if due is None:
            assert np.isnan(seen)
        else:
            assert seen == due.close
            assert due.ts + HOUR <= closed < due.ts + 2 * HOUR


def test_all_of_an_expression_is_evaluated_there() -> None:
    columns = random_columns(5, 2000)
    hours = longer(columns, M5, H1)
    average = compiled("ema(close, 20)").run(hours)[0]
    seen = value("on(1h, ema(close, 20))", columns)
    closes = columns.ts + M5.ms
    rows = closes // HOUR - 1
    expected = np.where(rows >= 0, average[np.maximum(rows, 0)], np.nan)
    np.testing.assert_array_equal(seen, expected)
    trend = {"trend": "ema(close, length)"}
    np.testing.assert_array_equal(value("on(1h, trend)", columns, define=trend, length=20), expected)
    # previous() there is a candle of there.
    before = value("on(1h, previous(close))", columns)
    np.testing.assert_array_equal(before[24:], value("on(1h, close)", columns)[12:-12])


def test_another_symbol_is_seen_at_the_same_moment_or_not_at_all() -> None:
    columns = random_columns(1, 50)
    bitcoin = without(random_columns(2, 50), {0, 7, 49})
    seen = value("on(BTCUSDT, close)", columns, others={"BTCUSDT": bitcoin})
    assert np.isnan(seen[[0, 7, 49]]).all()
    np.testing.assert_array_equal(np.delete(seen, [0, 7, 49]), bitcoin.close)
    assert np.isnan(value("on(BTCUSDT, close)", columns)).all()
    held = value("on(BTCUSDT, close > 0)", columns, others={"BTCUSDT": bitcoin}, kind=Kind.CONDITION)
    assert held.sum() == 47


def test_symbol_and_timeframe_together_however_written() -> None:
    columns, others = random_columns(1, 600), {"1000PEPEUSDT": random_columns(2, 600)}
    texts = (
        "on(1000PEPEUSDT, 1h, ema(close, 5))",
        "on(1000PEPEUSDT, on(1h, ema(close, 5)))",
        "on(1h, on(1000PEPEUSDT, ema(close, 5)))",
    )
    first, *rest = (value(text, columns, others=others) for text in texts)
    assert np.isfinite(first).any()
    for each in rest:
        np.testing.assert_array_equal(each, first)
    # Where one already is, nothing is looked for elsewhere.
    assert not compiled("on(1h, on(1h, close))").readings[0].program.readings
    assert compiled(*texts).reads() >= {("1000PEPEUSDT", H1)}


def test_regimes_and_conditions_of_elsewhere() -> None:
    columns = random_columns(3, 6000)
    text = "on(15m, regime()) == range and on(15m, crosses_above(close, ema(close, 9)))"
    found = value(text, columns, kind=Kind.CONDITION)
    assert 0 < found.sum() < len(columns)
    quarters = longer(columns, M5, M15)
    there = compiled("regime() == range and crosses_above(close, ema(close, 9))", kind=Kind.CONDITION).run(quarters)[0]
    np.testing.assert_array_equal(found[2:], there[(columns.ts[2:] + M5.ms) // M15.ms - 1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hour()", [0, 8, 16, 23, 0]),
        ("minute()", [5, 0, 25, 55, 0]),
        ("weekday()", [4, 4, 4, 4, 5]),
    ],
)
def test_the_time_is_that_of_the_close(text: str, expected: list[float]) -> None:
    columns = moments(0, 8 * 60 - 5, 16 * 60 + 20, 24 * 60 - 10, 24 * 60 - 5)
    assert value(text, columns).tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("session(8, 16)", [False, True, True, False, False]),
        ("session(22, 8.25)", [True, True, False, False, True]),
        ("session(0, 24)", [True] * 5),
        ("on(1h, session(7, 8))", [False, False, False, False, False]),
    ],
)
def test_sessions(text: str, expected: list[bool]) -> None:
    columns = moments(1 * 60, 8 * 60 - 5, 16 * 60 - 10, 16 * 60 - 5, 23 * 60)
    assert value(text, columns, kind=Kind.CONDITION).tolist() == expected


TEXTS = (
    "on(1h, ema(close, 5)) - on(4h, close)",
    "on(BTCUSDT, rsi(close, 14)) + on(BTCUSDT, 15m, atr(5))",
    "ema(on(15m, close), 7) + on(15m, on(BTCUSDT, highest(high, 4))) * hour()",
)


@settings(max_examples=60, deadline=None)
@given(GAPPED, GAPPED, st.integers(0, 300))
def test_nothing_is_known_early(
    own: tuple[int, int, int, set[int]], other: tuple[int, int, int, set[int]], cut: int
) -> None:
    columns, bitcoin = (
        later(without(random_columns(seed, 200 + rows // 3), missing), shift * M5.ms)
        for seed, rows, shift, missing in (own, other)
    )
    part = head(columns, cut)
    until = int(part.ts[-1]) + M5.ms if len(part) else 0
    known = head(bitcoin, int(np.searchsorted(bitcoin.ts + M5.ms, until, side="right")))
    program = compiled(*TEXTS)
    whole = program.run(columns, Market(M5, {"BTCUSDT": bitcoin}))
    early = program.run(part, Market(M5, {"BTCUSDT": known}))
    for one, all_ in zip(early, whole, strict=True):
        np.testing.assert_array_equal(one, all_[:cut])


def test_the_warm_up_counts_longer_candles_in_own_rows() -> None:
    average = compiled("ema(close, 200)").settled
    program = compiled("on(1h, ema(close, 200))")
    assert program.settled == 0
    assert program.settled_on(H1) == average
    assert program.settled_on(M5) == 12 * (average + 1)
    on_top = compiled("ema(on(1h, ema(close, 200)), 10) > close", kind=Kind.CONDITION)
    assert on_top.settled_on(M5) == 12 * (average + 1) + compiled("ema(close, 10)").settled
    short = compiled("on(1h, close) + ema(close, 200)")
    assert short.settled_on(M5) == average


def test_a_definition_costs_nothing_where_it_is_not_used() -> None:
    program = compiled("close", define={"far": "on(1d, ema(close, 200))", "near": "close"})
    assert program.readings == ()
    assert not program.needs_market


def test_equal_expressions_elsewhere_are_computed_once() -> None:
    program = compiled("on(1h, ema(close, 9)) - on(1h, ema(close, 9) * 2)", "on(1h, ema(close, 9))")
    (reading,) = program.readings
    assert len(reading.program.roots) == 2
    assert len(reading.program.instructions) == 5  # close, kernel, its output, 2, product


def test_the_canonical_form_names_the_series() -> None:
    def form(text: str) -> str:
        return canonical(parse("it", text, Kind.NUMBER).root)

    assert form("on(BTCUSDT, 1h,  (close))") == "(on BTCUSDT 1h close)"
    assert form("on( 1h, close )") == "(on - 1h close)"
    assert form("on(1000PEPEUSDT, close)") == "(on 1000PEPEUSDT - close)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("on(7m, close)", 'it: column 4: unknown timeframe "7m"; there are 1m, 3m, 5m'),
        ("on(close)", "it: column 1: expected on(1h, x), on(BTCUSDT, x) or on(BTCUSDT, 1h, x), got 1 arguments"),
        ("on(1h, 4h, close)", 'it: column 4: expected a symbol such as BTCUSDT or a timeframe such as 1h, got "1h"'),
        ("on(1h, BTCUSDT, close)", "it: column 4: expected a symbol such as BTCUSDT"),
        ("on(btcusdt, close)", 'it: column 4: expected a symbol such as BTCUSDT or a timeframe such as 1h'),
        ("on(close + 1, close)", "it: column 4: expected a symbol such as BTCUSDT or a timeframe"),
        ("on(1h, 5)", "it: column 8: expected something that changes with the candles, got a constant"),
        ("on(1h, clse)", 'it: column 8: unknown name "clse"; did you mean "close"?'),
        ("on(1h, ema(close, -3))", "it: column 19: expected a whole number from 2 to 1000 for period, got -3 in ema"),
        ("1h", 'it: column 1: "1h" stands for a series and only in on(1h, x)'),
        ("BTCUSDT + 1", 'it: column 1: "BTCUSDT" stands for a series and only in'),
        ("on + 1", 'it: column 1: "on" is a function, write on(1h, x)'),
        ("onn(1h, close)", 'unknown indicator "onn"; did you mean "on"?'),
        ("on(4h, on(1h, close))", "expected a timeframe that can be put together from 4h candles, got 1h"),
        ("on(4h, inner)", "define.inner: column 1: expected a timeframe that can be"),
        ("on(1h, on(2h, on(4h, close)))", 'expected at most 2 "on" within one another, got more'),
        ("hour", '"hour" is a function, write hour()'),
        ("hour(1)", "expected hour(), got 1 arguments"),
        ("on(1h, close) > 1h", 'column 17: "1h" stands for a series'),
    ],
)  # fmt: skip
def test_errors_say_where_and_what(text: str, said: str) -> None:
    assert said in problem(text, define={"inner": "on(1h, close)"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("session(8)", "expected session(from, to), got 1 arguments"),
        ("session(8, 25)", "column 12: expected an hour of the day from 0 to 24, got 25"),
        ("session(-1, 5)", "column 9: expected an hour of the day from 0 to 24, got -1"),
        ("session(9, 9)", "column 1: expected a session with a length, got 9 to 9"),
        ("session(close, 9)", "column 9: expected a constant hour, got one that changes with the candles"),
    ],
)
def test_errors_of_sessions(text: str, said: str) -> None:
    assert said in problem(text, Kind.CONDITION)


def test_at_most_eight_other_series() -> None:
    texts = [f"on(COIN{number}USDT, close)" for number in range(9)]
    compiled(*texts[:8])
    assert "expected at most 8 other series, got more" in problem(" + ".join(texts))


def test_a_chain_of_definitions_elsewhere_is_bounded() -> None:
    define = {"d0": "close"} | {f"d{n}": f"on(A{n:04}, d{n - 1}) + on(B{n:04}, d{n - 1})" for n in range(1, 60)}
    assert "expected at most" in problem("d59", define=define)


def test_the_market_must_be_given_where_it_is_needed() -> None:
    for text in ("hour()", "on(1h, close)", "on(BTCUSDT, close)"):
        with pytest.raises(ValueError, match="expected the market beside the candles"):
            compiled(text).run(random_columns(1, 10))
    with pytest.raises(ValueError, match="expected a timeframe that 1h divides, got 5m"):
        compiled("on(5m, close)").run(random_columns(1, 10), Market(H1))
