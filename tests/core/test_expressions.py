"""Expressions: what they mean, what they refuse and where, and that nothing else ever comes out of the parser."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_maker import columns_of, head, random_columns

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import (
    RESERVED,
    Compiler,
    Expression,
    ExpressionError,
    Kind,
    Market,
    Program,
    canonical,
    parse,
    parse_definitions,
)
from tradewind.core.indicators import CATALOGUE, Unit
from tradewind.core.regime import WARMUP
from tradewind.core.series import Columns

NAN = float("nan")


def compiled(
    text: str,
    kind: Kind = Kind.NUMBER,
    *,
    values: dict[str, float] | None = None,
    define: dict[str, str] | None = None,
) -> Program:
    names = (values or {}).keys()
    definitions, errors = parse_definitions(define or {}, parameters=names)
    if errors:
        raise errors[0]
    compiler = Compiler(values or {}, definitions)
    return compiler.program([compiler.add(parse("it", text, kind, parameters=names, definitions=definitions))])


def value(text: str, columns: Columns, kind: Kind = Kind.NUMBER, **others: Any) -> list[Any]:
    return compiled(text, kind, **others).run(columns)[0].tolist()


def condition(text: str, columns: Columns, **others: Any) -> list[bool]:
    return value(text, columns, Kind.CONDITION, **others)


def problem(text: str, kind: Kind = Kind.CONDITION, **others: Any) -> str:
    with pytest.raises(ExpressionError) as caught:
        compiled(text, kind, **others)
    return str(caught.value)


SMALL = columns_of([1.0, 2.0, 4.0, 3.0, 3.0], open=[1.0, 1.0, 2.0, 4.0, 3.0], volume=[1.0, 0.0, 2.0, 0.0, 5.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("close", [1, 2, 4, 3, 3]),
        ("close - open", [0, 1, 2, -1, 0]),
        ("-close + +1", [0, -1, -3, -2, -2]),
        ("(close + 1) * 2 / 4", [1, 1.5, 2.5, 2, 2]),
        ("2 * 3 + close", [7, 8, 10, 9, 9]),
        ("abs(close - 3)", [2, 1, 1, 0, 0]),
        ("min(close, open, 2.5)", [1, 1, 2, 2.5, 2.5]),
        ("max(close, 2)", [2, 2, 4, 3, 3]),
        ("clip(close, 2, 3)", [2, 2, 3, 3, 3]),
        ("previous(close)", [NAN, 1, 2, 4, 3]),
        ("previous(close, 3)", [NAN, NAN, NAN, 1, 2]),
        ("previous(close, 9)", [NAN] * 5),
        ("close / volume", [1, NAN, 2, NAN, 0.6]),
        ("0 / volume", [0, NAN, 0, NAN, 0]),
        ("sma(close, 2)", [NAN, 1.5, 3, 3.5, 3]),
        ("sma(close / volume, 2)", [NAN] * 5),
        ("highest(high, period=2)", [NAN, 2, 4, 4, 3]),
        ("trange()", [NAN, 1, 2, 1, 0]),
        ("sma(sma(close, 2), 2)", [NAN, NAN, 2.25, 3.25, 3.25]),
        ("1 / 4", [0.25] * 5),
        ("close *\n  2", [2, 4, 8, 6, 6]),
    ],
)
def test_numbers(text: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(value(text, SMALL), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("close > 2", [False, False, True, True, True]),
        ("1 < close <= 3", [False, True, False, True, True]),
        ("close == 3 or close == 1", [True, False, False, True, True]),
        ("not close >= 3", [True, True, False, False, False]),
        ("close != open and close > 1", [False, True, True, True, False]),
        ("crosses_above(close, 2)", [False, False, True, False, False]),
        ("crosses_above(close, open)", [False, True, False, False, False]),
        ("crosses_below(close, open)", [False, False, False, True, False]),
        ("crosses_below(3.5, close)", [False, False, True, False, False]),
        ("previous(close > 3)", [False, False, False, True, False]),
        ("1 < 2", [True] * 5),
        ("not 1 < 2", [False] * 5),
        # A comparison with the undefined is false, in either direction.
        ("close / volume > 0", [True, False, True, False, True]),
        ("close / volume != 1", [False, False, True, False, True]),
        ("close / volume == close / volume", [True, False, True, False, True]),
        ("not close / volume > 0", [False, True, False, True, False]),
        ("previous(close) <= 100", [False, True, True, True, True]),
    ],
)
def test_conditions(text: str, expected: list[bool]) -> None:
    assert condition(text, SMALL) == expected


def test_nothing_warns_whatever_the_numbers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value("close / volume * 1e308 * 1e308 + 1 / (close - close)", SMALL)
        condition("crosses_above(close / volume, sma(open / volume, 2)) or rsi(close / volume, 2) > 3", SMALL)


def test_parameters_and_definitions_by_name() -> None:
    define = {"slow": "fast * 2", "middle": "(upper + lower) / 2", "upper": "highest(high, slow)", "lower": "low"}
    columns = random_columns(5, 50)
    expected = (CATALOGUE["highest"].compute(columns, 6, series=(columns.high,)) + columns.low) / 2
    np.testing.assert_array_equal(value("middle", columns, values={"fast": 3.0}, define=define), expected)


def test_regimes_compare_with_their_names() -> None:
    columns = random_columns(4, 1500)
    found = {
        name: np.array(condition(f"regime() == {name}", columns))
        for name in ("trend_up", "trend_down", "range", "volatile")
    }
    total = sum(each.astype(int) for each in found.values())
    assert (total[:WARMUP] == 0).all()
    assert (total[WARMUP:] == 1).all()
    others = np.array(condition("regime() != range", columns))
    assert not others[:WARMUP].any()
    np.testing.assert_array_equal(others[WARMUP:], ~found["range"][WARMUP:])
    changes = condition("regime() != previous(regime())", columns)
    assert not any(changes[: WARMUP + 1])
    assert any(changes)


def test_a_shared_sub_expression_is_computed_once() -> None:
    program = compiled(
        "ema(close, 20) > sma(ema(close, 20), 5) and bb_upper(close) > bb_lower(close, deviations=2) and mid > 1",
        Kind.CONDITION,
        define={"mid": "ema(close, fast - 1) + bb_middle(close)"},
        values={"fast": 21.0},
    )
    kernels = [each.kernel for each in program.instructions if hasattr(each, "kernel")]
    assert len(kernels) == 3  # one EMA, one SMA over it, one run of the bands


def test_a_doubling_chain_of_definitions_stays_small() -> None:
    define = {f"d{number}": f"d{number + 1} + d{number + 1}" for number in range(60)} | {"d60": "close"}
    program = compiled("d0", define=define)
    assert len(program.instructions) == 61


def test_what_is_not_used_is_not_computed() -> None:
    program = compiled("close", define={"idle": "ema(close, 900)"})
    assert len(program.instructions) == 1
    assert program.settled == 0


@pytest.mark.parametrize(
    ("text", "warmup", "settled"),
    [
        ("close", 0, 0),
        ("sma(close, 20)", 19, 19),
        ("previous(sma(close, 20), 5)", 24, 24),
        ("ema(close, 20)", 19, 89),
        ("sma(ema(close, 20), 10) + close", 28, 98),
        ("rsi(sma(close, 5), 14)", 18, 112),
        ("macd_signal(close)", 33, 154),
    ],
)
def test_warm_up_adds_up(text: str, warmup: int, settled: int) -> None:
    program = compiled(text)
    traits = program.traits[program.roots[0]]
    assert (traits.warmup, traits.settled) == (warmup, settled)
    defined = np.flatnonzero(np.isfinite(program.run(random_columns(2, 300))[0]))
    assert defined[0] == warmup


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("close", Unit.PRICE),
        ("close - 2 * atr(14)", Unit.PRICE),
        ("max(close, 5)", Unit.PRICE),
        ("close / open", Unit.PLAIN),
        ("volume / sma(volume, 20)", Unit.PLAIN),
        ("sma(volume, 20)", Unit.VOLUME),
        ("rsi(close, 14)", Unit.INDEX),
        ("100 - rsi(close, 14)", Unit.INDEX),
        ("natr(14)", Unit.PERCENT),
        ("bb_upper(rsi(close, 14), 20)", Unit.INDEX),
        ("close + rsi(close, 14)", Unit.PLAIN),
        ("previous(macd(close))", Unit.PRICE),
    ],
)
def test_units_follow_from_the_operands(text: str, unit: Unit) -> None:
    program = compiled(text)
    assert program.traits[program.roots[0]].unit is unit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it: expected an expression, got nothing"),
        ("close > emma(close, 9)", 'it: column 9: unknown indicator "emma"; did you mean "ema"?'),
        ("clsoe > 1", 'it: column 1: unknown name "clsoe"; did you mean "close"?'),
        ("close > ema", 'it: column 9: "ema" is an indicator, write ema(series, period=20)'),
        ("close() > 1", 'it: column 1: "close" is not called, write it without parentheses'),
        ("close", "it: expected a condition, got a number"),
        ("close and 1 < 2", 'it: column 1: expected a condition for "and", got a number'),
        ("1 < 2 + (close > 3)", 'it: column 10: expected a number for "+", got a condition'),
        ("1 < 2 < (close > 3)", 'it: column 10: "<" cannot compare a number with a condition'),
        ("regime() > range", 'it: column 12: ">" cannot compare a regime with a regime'),
        ("regime() == 3", 'it: column 13: "==" cannot compare a regime with a number'),
        ("ema(close, -5) > 1", "it: column 12: expected a whole number from 2 to 1000 for period, got -5 in ema"),
        ("ema(close, 1e9) > 1", "it: column 12: expected a whole number from 2 to 1000 for period, got 1e+09 in ema"),
        ("ema(close, 2.5) > 1", "it: column 12: expected a whole number from 2 to 1000 for period, got 2.5 in ema"),
        ("ema(close, close) > 1", "it: column 12: expected a constant for period, got one that changes"),
        ("ema(5, 20) > 1", "it: column 5: expected a series for ema, got a constant"),
        ("ema() > 1", "it: column 1: expected ema(series, period=20), got 0 arguments by place"),
        ("ema(close, 5, 6) > 1", "it: column 1: expected ema(series, period=20), got 3 arguments by place"),
        ("ema(close, perod=5) > 1", 'it: column 12: unknown argument "perod", expected ema(series, period=20)'),
        ("ema(close, 5, period=5) > 1", 'it: column 15: "period" is given twice'),
        ("ema(close > 1, 5) > 1", "it: column 5: expected a number for ema, got a condition"),
        ("previous(close, 0) > 1", "it: column 17: expected a whole number of candles from 1 to 1000, got 0"),
        ("previous(close, volume) > 1", "it: column 17: expected a constant number of candles"),
        ("previous(close, 1 < 2) > 1", "it: column 17: expected a number of candles, got a condition"),
        ("previous(7) > 1", "it: column 10: expected something that changes with the candles, got a constant"),
        ("min(close) > 1", "it: column 1: expected min(a, b, …), got 1 arguments"),
        ("crosses_above(close, regime())", "it: column 22: expected a number for crosses_above, got a regime"),
        ("1 / 0 < close", "it: column 1: expected a constant with a finite value"),
        ("close ** 2 > 1", "it: column 1: expected + - * or /, got another operator"),
        ("close[1] > 1", 'it: column 6: unexpected "["; earlier candles are previous(x, n)'),
        ("close > 1 & close > 2", 'it: column 11: unexpected "&"; use "and"'),
        ("close > 'a'", 'it: column 9: unexpected "\'"; names stand without quotes'),
        ("lambda: 1", 'it: column 1: unexpected word "lambda"'),
        ("close if open else low", 'it: column 7: unexpected word "if"'),
        ("True", 'it: column 1: unexpected word "True"'),
        ("close.real > 1", 'it: column 6: unexpected ".real"'),
        ("0x10 > close", 'it: column 1: unexpected "0x10"'),
        ("1or 2 < close", 'it: column 1: unexpected "1or"'),
        ("close > 1) or (2 < close", 'it: column 10: unexpected ")"; nothing is open here'),
        ("(close > 1", 'it: column 10: expected ")" at the end, 1 still open'),
        ("close >", "it: column 7: expected an expression"),
        ("close, open", "it: column 1: expected one expression, got a list of them"),
        ("close = 1", "it: column 1: expected an expression"),
        ("close in 1", 'it: column 7: unexpected word "in"'),
        ("(close > 1)(2)", "it: column 1: expected the name of an indicator or function before the parenthesis"),
        ("close > " + "9" * 400, "it: column 9: expected a number that fits, got a gigantic one"),
        ("close > min", 'it: column 9: "min" is a function, write min(a, b, …)'),
        ("close > on", 'it: column 9: "on" is a function, write on('),
        ("close > 1h", 'it: column 9: "1h" stands for a series and only in on('),
        ("close > 1e999", "it: column 9: expected a number that fits, got a gigantic one"),
        ("сlose > 1", 'it: column 1: unexpected "с" (U+0441)'),
        ("not " * 30 + "1 < 2", "expected at most 24 levels of nesting, got more"),
        ("(" * 30 + "1 < 2" + ")" * 30, "expected at most 24 levels of nesting, got more"),
        ("close > " + " + ".join(["close"] * 60), "expected at most 48 operations in a row, got more"),
        ("close > 1" + " " * 1000, "expected at most 1000 characters, got 1009"),
        (" + ".join(["1"] * 240) + " > 1", "expected at most 400 words and signs, got more"),
        ("a" * 50 + " > 1", "expected names of at most 40 characters, got 50"),
    ],
)
def test_errors_say_where_and_what(text: str, said: str) -> None:
    assert said in problem(text)


def test_a_cycle_of_definitions_is_named() -> None:
    assert problem("a > 1", define={"a": "b + 1", "b": "c * 2", "c": "ema(a, 3)"}) == (
        "define.a: defined by itself: a → b → c → a"
    )
    assert problem("a > 1", define={"a": "a"}) == "define.a: defined by itself: a → a"


def test_what_is_wrong_with_definitions_is_all_told_once() -> None:
    texts = {
        "typo": "emma(close, 9)",
        "broken": "close +",
        "fine": "close + 1",
        "uses_typo": "typo * 2",
        "uses_broken": "1 - broken",
    }
    sound, errors = parse_definitions(texts)
    assert list(sound) == ["fine"]
    assert sorted(error.path for error in errors) == ["define.broken", "define.typo"]


def test_cost_is_bounded_in_all() -> None:
    define = {
        f"d{number}": " + ".join(f"ema(close, {2 + number * 9 + each})" for each in range(9)) for number in range(40)
    }
    assert "expected at most 400 different operations in all" in problem("d0 > 1", define=define)
    deep = {"a": "ema(close, 1000)", "b": "ema(a, 1000)", "c": "ema(b, 1000)"}
    assert "expected at most 10000 candles of warm-up" in problem("c > 1", define=deep)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("close>1", "( close  >  1.0 )"),
        ("rsi(close)", "rsi(close, 14)"),
        ("bb_upper(close, deviations=2)", "bb_upper(close, 20, 2.0)"),
        ("previous(close)", "previous(close, 1)"),
        ("close + open + low", "(close + open) + low"),
    ],
)
def test_the_canonical_form_does_not_depend_on_the_way_of_writing(one: str, other: str) -> None:
    kind = Kind.CONDITION if ">" in one else Kind.NUMBER
    assert canonical(parse("it", one, kind).root) == canonical(parse("it", other, kind).root)


@pytest.mark.parametrize(
    ("one", "other"),
    [("close - open", "open - close"), ("close + (open + low)", "close + open + low"), ("-close", "0 - close")],
)
def test_the_canonical_form_tells_different_expressions_apart(one: str, other: str) -> None:
    assert canonical(parse("it", one, Kind.NUMBER).root) != canonical(parse("it", other, Kind.NUMBER).root)


WORDS = [*sorted(RESERVED), "p", "d", "1", "2.5", "14", "0", "(", ")", ",", "+", "-", "*", "/", "<", ">=", "==", "="]
DEFINITIONS = parse_definitions({"d": "ema(close, p)"}, parameters={"p"})[0]


def attempt(text: str) -> Expression | None:
    """Whatever `text` is, it is an expression or an ExpressionError."""
    for kind in (Kind.NUMBER, Kind.CONDITION):
        try:
            expression = parse("it", text, kind, parameters={"p"}, definitions=DEFINITIONS)
            compiler = Compiler({"p": 5.0}, DEFINITIONS)
            compiler.program([compiler.add(expression)]).run(SMALL, Market(Timeframe.M5))
        except ExpressionError as error:
            if error.path != "it" or not (error.column is None or 1 <= error.column <= len(text)):
                pytest.fail(f"expected a place in the text, got {error}")
        else:
            return expression
    return None


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_an_expression_or_a_named_error(text: str) -> None:
    attempt(text)


@settings(max_examples=400, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=40), glue=st.sampled_from(["", " ", "\n"]))
def test_any_run_of_words_is_an_expression_or_a_named_error(words: list[str], glue: str) -> None:
    attempt(glue.join(words))


NUMBERS = st.recursive(
    st.sampled_from(["open", "high", "low", "close", "volume", "2", "0.5", "p", "d"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(["ema", "sma", "rsi", "highest", "stddev", "bb_lower"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]} + close, 5)"
        ),
        inner.map(lambda part: f"previous({part} * close, 2)"),
        st.tuples(inner, inner).map(lambda parts: f"max({parts[0]}, {parts[1]})"),
        st.sampled_from(["atr(5)", "natr(p)", "obv()", "adx(4)"]),
    ),
    max_leaves=8,
)
CONDITIONS = st.recursive(
    st.tuples(NUMBERS, st.sampled_from(["<", ">=", "!="]), NUMBERS).map(" ".join),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda part: f"(not {part})"),
        st.tuples(NUMBERS, NUMBERS).map(lambda parts: f"crosses_above({parts[0]}, {parts[1]})"),
        st.just("regime() == range"),
    ),
    max_leaves=4,
)


@settings(max_examples=120, deadline=None)
@given(text=CONDITIONS, seed=st.integers(0, 2**32), cut=st.integers(0, 120))
def test_a_condition_on_a_prefix_is_that_on_the_whole(text: str, seed: int, cut: int) -> None:
    try:
        program = compiled(text, Kind.CONDITION, values={"p": 5.0}, define={"d": "ema(close, p)"})
    except ExpressionError:
        return  # too deep, or a constant that is not finite
    columns = random_columns(seed, 120, calm=True)
    whole = program.run(columns)[0]
    assert whole.dtype == np.bool_
    assert len(whole) == 120
    assert np.array_equal(program.run(head(columns, cut))[0], whole[:cut])
