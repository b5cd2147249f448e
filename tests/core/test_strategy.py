"""Strategies: where set-ups stand, and what signals they make."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_maker import INSTRUMENT, TIMEFRAME, columns_of, head, random_columns, strategy_of

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import ExpressionError, Market
from tradewind.core.plan import Breakeven, TrailingKind
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import RefusalReason, Refused, Strategy, StrategyError, evaluate, signal
from tradewind.core.values import Side


def made(strategy: Strategy, columns: Columns, row: int, tick: str = "0.01") -> Signal | Refused | None:
    instrument = replace(INSTRUMENT, tick=Decimal(tick))
    return signal(evaluate(strategy, columns), row, instrument=instrument, timeframe=TIMEFRAME, simulated=True)


def good(strategy: Strategy, columns: Columns, row: int = 0, tick: str = "0.01") -> Signal:
    result = made(strategy, columns, row, tick)
    assert isinstance(result, Signal), result
    return result


ONE = columns_of([100.0], open=[99.0])


def test_rows_are_those_where_the_condition_holds_after_the_warm_up() -> None:
    columns = random_columns(1, 300)
    evaluation = evaluate(strategy_of(long="close > ema(close, 20)", short="close < ema(close, 20)"), columns)
    assert evaluation.strategy.warmup == 89
    both = np.sort(np.concatenate([evaluation.long_rows, evaluation.short_rows]))
    assert both.tolist() == list(range(89, 300))
    assert {evaluation.side_at(row) for row in range(89)} == {None}
    assert evaluation.side_at(int(evaluation.long_rows[0])) is Side.LONG


def test_the_warm_up_covers_everything_that_is_used() -> None:
    strategy = strategy_of(stop="close - atr(14)", because=("{trend}",), define={"trend": "ema(close, 50)"})
    assert strategy.warmup == 222  # the EMA of the words; the ATR settles at 108
    assert strategy_of(define={"idle": "ema(close, 50)"}).warmup == 0


def test_a_row_needs_every_number() -> None:
    columns = columns_of([2.0, 2.0, 2.0], open=[1.0, 1.0, 1.0], volume=[1.0, 0.0, 2.0])
    assert evaluate(strategy_of(stop="close - 1 / volume"), columns).long_rows.tolist() == [0, 2]
    assert evaluate(strategy_of(confidence="1 / volume"), columns).long_rows.tolist() == [0, 2]
    worded = strategy_of(because=("{odd}",), define={"odd": "1 / volume"})
    assert evaluate(worded, columns).long_rows.tolist() == [0, 2]


def test_both_sides_at_once_is_a_conflict_and_no_signal() -> None:
    strategy = strategy_of(long="close > open", short="close > open and volume > 1")
    columns = columns_of([2.0, 2.0, 1.0], open=[1.0, 1.0, 1.0], volume=[1.0, 2.0, 2.0])
    evaluation = evaluate(strategy, columns)
    assert evaluation.long_rows.tolist() == [0]
    assert evaluation.short_rows.tolist() == []
    assert evaluation.conflict_rows.tolist() == [1]
    refused = made(strategy, columns, 1)
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.CONFLICT
    assert made(strategy, columns, 2) is None


def talkative() -> Strategy:
    """It has signals, conflicts, filters and exits."""
    return strategy_of(
        long="close > ema(close, 20)",
        short="close > ema(close, 20) and volume > 50 or close < ema(close, 20)",
        stop="close - 1 - 2 * atr(14)",
        short_stop="close + 1 + 2 * atr(14)",
        exits={Side.LONG: "rsi(close, 14) > 60"},
        because=("{speed}",),
        define={"speed": "rsi(close, 14) / 2"},
        filters={"quiet": ("atr(14) < 1.02 * atr(50)", None)},
    )


def test_of_the_last_rows_alone_the_same_is_said() -> None:
    columns, strategy = random_columns(7, 500), talkative()
    whole = evaluate(strategy, columns)
    for since in (0, 150, 371, 499):
        late = evaluate(strategy, columns, since=since)
        assert late.spoken_rows.tolist() == [row for row in whole.spoken_rows.tolist() if row >= since]
        for row in range(since, 500):
            said, again = (
                signal(each, row, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True) for each in (whole, late)
            )
            assert said == again
            assert late.leaves_at(Side.LONG, row) == whole.leaves_at(Side.LONG, row)
    assert evaluate(strategy, columns, since=3).spoken_rows.tolist() == whole.spoken_rows.tolist(), (
        "warm-up comes first"
    )


def test_what_is_kept_of_some_rows_says_the_same_of_them() -> None:
    strategy = talkative()
    columns = random_columns(7, 500)
    whole = evaluate(strategy, columns)
    rows = whole.spoken_rows
    kept = whole.picked(rows)
    assert rows.tolist() == sorted(
        {*whole.long_rows.tolist(), *whole.short_rows.tolist(), *whole.conflict_rows.tolist(), *whole.filtered}
    )
    answers = [
        [
            signal(evaluation, row, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True)
            for row in (rows.tolist() if evaluation is whole else range(len(rows)))
        ]
        for evaluation in (whole, kept)
    ]
    assert answers[0] == answers[1]
    assert {type(each) for each in answers[0]} == {Signal, Refused}
    assert [kept.leaves_at(Side.LONG, place) for place in range(len(rows))] == [
        whole.leaves_at(Side.LONG, row) for row in rows.tolist()
    ]
    others = set(range(500)) - set(rows.tolist())
    assert {signal(whole, row, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True) for row in others} == {None}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 400))
def test_what_is_said_of_a_row_depends_on_the_candles_up_to_it_only(seed: int, cut: int) -> None:
    strategy = strategy_of(
        long="crosses_above(ema(close, 5), ema(close, 12)) and rsi(close, 14) > 50",
        short="crosses_below(ema(close, 5), ema(close, 12))",
        stop="close - 2 * atr(14)",
        short_stop="close + 2 * atr(14)",
        zone=("close - atr(14) / 4", "close"),
        short_zone=("close", "close + atr(14) / 4"),
    )
    columns = random_columns(seed, 400)
    whole, part = evaluate(strategy, columns), evaluate(strategy, head(columns, cut))
    assert part.long_rows.tolist() == [row for row in whole.long_rows.tolist() if row < cut]
    assert part.short_rows.tolist() == [row for row in whole.short_rows.tolist() if row < cut]
    for row in [*part.long_rows.tolist(), *part.short_rows.tolist()]:
        assert made(strategy, head(columns, cut), row) == made(strategy, columns, row)


def test_a_long_signal_goes_to_the_tick_on_the_safe_side() -> None:
    strategy = strategy_of(
        zone=("close - 1.006", "close + 0.001"),
        stop="close - 5.001",
        ladder=(("r", "1", "0.4"), ("r", "2.5", "0.3"), ("at", "close + 20.019", "0.3")),
    )
    found = good(strategy, ONE)
    assert (str(found.zone_low), str(found.zone_high)) == ("98.99", "100.01")
    assert str(found.stop) == "94.99"
    # One R is |100.01 − 94.99| = 5.02.
    assert [str(target.price) for target in found.targets] == ["105.03", "112.56", "120.01"]
    assert [target.share for target in found.targets] == [Decimal("0.4"), Decimal("0.3"), Decimal("0.3")]
    assert str(found.entry_limit) == "100.01"


def test_a_short_signal_mirrors_it() -> None:
    strategy = strategy_of(
        long=None,
        short="close > open",
        short_zone=("close - 0.001", "close + 1.006"),
        short_stop="close + 5.001",
        ladder=(("r", "1", "0.5"), ("at", "close - 20.019", "0.5")),
    )
    found = good(strategy, ONE)
    assert (str(found.zone_low), str(found.zone_high)) == ("99.99", "101.01")
    assert str(found.stop) == "105.01"
    assert [str(target.price) for target in found.targets] == ["94.97", "79.99"]
    assert str(found.entry_limit) == "99.99"


def test_a_zone_never_meets_its_stop_on_a_coarse_tick() -> None:
    columns = columns_of([100.5], open=[99.0])
    found = good(strategy_of(zone=("close - 1.3", "close"), stop="close - 1.4"), columns, tick="1")
    assert (str(found.stop), str(found.zone_low), str(found.zone_high)) == ("99", "100", "101")
    short = strategy_of(long=None, short="close > open", short_zone=("close", "close + 1.3"), short_stop="close + 1.4")
    found = good(short, columns, tick="1")
    assert (str(found.stop), str(found.zone_low), str(found.zone_high)) == ("102", "100", "101")


@pytest.mark.parametrize(
    ("settings_", "reason"),
    [
        ({"zone": ("close", "close - 1")}, RefusalReason.ZONE_INVERTED),
        ({"stop": "close + 1"}, RefusalReason.STOP_NOT_BEYOND_ZONE),
        ({"stop": "close - 0.5"}, RefusalReason.STOP_NOT_BEYOND_ZONE),
        ({"zone": ("close - 0.001", "close - 0.001"), "stop": "close - 0.002"}, None),
        ({"stop": "close - 100"}, RefusalReason.NO_PRICE),
        ({"stop": "close - 1000"}, RefusalReason.NO_PRICE),
        ({"ladder": (("at", "close * 1e80", "1"),)}, RefusalReason.NO_PRICE),
        ({"ladder": (("at", "close", "1"),)}, RefusalReason.TARGET_NOT_BEYOND_ENTRY),
        ({"ladder": (("at", "close - 3", "1"),)}, RefusalReason.TARGET_NOT_BEYOND_ENTRY),
        ({"ladder": (("r", "0.0001", "1"),)}, RefusalReason.TARGET_NOT_BEYOND_ENTRY),
        ({"ladder": (("r", "2", "0.5"), ("at", "close + 9", "0.5"))}, RefusalReason.TARGETS_OUT_OF_ORDER),
        ({"ladder": (("r", "2", "0.5"), ("r", "2", "0.5"))}, RefusalReason.TARGETS_OUT_OF_ORDER),
        ({"trailing": (TrailingKind.DISTANCE, "open - close", 1)}, RefusalReason.TRAILING_NOT_POSITIVE),
        ({"grid": ("2", "0.1"), "ladder": (("at", "close + 3", "1"),)}, RefusalReason.GRID_BELOW_COSTS),
        ({"grid": ("2", "4"), "ladder": (("at", "close + 3", "1"),)}, None),
        ({"grid": ("2", "6"), "ladder": (("at", "close + 3", "1"),)}, RefusalReason.ADDITION_BEYOND_STOP),
    ],
)
def test_what_would_be_illegal_is_refused_by_name(settings_: dict, reason: RefusalReason | None) -> None:
    result = made(strategy_of(**settings_), ONE, 0)
    if reason is None:
        assert isinstance(result, Signal)
    else:
        assert isinstance(result, Refused)
        assert result.reason is reason
        assert result.detail


@settings(max_examples=150, deadline=None)
@given(
    low=st.floats(-2, 2),
    high=st.floats(-2, 2),
    stop=st.floats(-12, 12),
    target=st.floats(-20, 20),
    r=st.floats(0.001, 10),
    tick=st.sampled_from(["0.01", "0.5", "1", "5", "0.00001"]),
    seed=st.integers(0, 50),
    side=st.sampled_from(Side),
)
def test_whatever_the_numbers_a_signal_is_legal_or_refused(
    low: float, high: float, stop: float, target: float, r: float, tick: str, seed: int, side: Side
) -> None:
    texts = {"zone": (f"close + {low!r}", f"close + {high!r}"), "stop": f"close + {stop!r}"}
    if side is Side.SHORT:
        texts = {"short_zone": texts["zone"], "short_stop": texts["stop"]}
    strategy = strategy_of(
        long="close > 0" if side is Side.LONG else None,
        short="close > 0" if side is Side.SHORT else None,
        ladder=(("r", repr(r), "0.5"), ("at", f"close + {target!r}", "0.5")),
        **texts,
    )
    result = made(strategy, random_columns(seed, 3, price=30.0), 2, tick)  # a Signal checks itself
    assert isinstance(result, Signal | Refused)


def test_times_count_from_the_close_of_the_candle() -> None:
    found = good(strategy_of(), columns_of([9.0, 9.0], open=[9.0, 8.0]), 1)
    assert found.created_at == 2 * TIMEFRAME.ms
    assert found.fresh_until == 4 * TIMEFRAME.ms
    assert found.expires_at == 5 * TIMEFRAME.ms
    assert found.simulated


def test_the_plan_carries_the_exits() -> None:
    strategy = strategy_of(
        breakeven=(1, "0.75"), trailing=(TrailingKind.DISTANCE, "2 * (close - open)", 2), time_stop="n * 4",
        parameters={"n": (12, 1, 50)},
    )  # fmt: skip
    plan = good(strategy, ONE).plan
    assert plan.breakeven == Breakeven(1, 0.75)
    assert plan.trailing is not None
    assert (plan.trailing.kind, plan.trailing.distance, plan.trailing.after_target) == (TrailingKind.DISTANCE, 2.0, 2)
    assert plan.max_age_ms == 48 * TIMEFRAME.ms
    percent = good(strategy_of(trailing=(TrailingKind.PERCENT, "1.5", 0)), ONE).plan.trailing
    assert percent is not None
    assert percent.distance == 0.015
    assert good(strategy_of(), ONE).plan.trailing is None


@pytest.mark.parametrize(("text", "expected"), [("0.756", "0.76"), ("7", "1.00"), ("-3", "0.00"), ("0.5", "0.50")])
def test_confidence_is_clipped_to_its_scale(text: str, expected: str) -> None:
    assert good(strategy_of(confidence=text), ONE).confidence == Decimal(expected)


def test_the_words_name_the_numbers_as_they_are_shown() -> None:
    strategy = strategy_of(
        define={
            "drift": "close - open",
            "surge": "volume / 3",
            "ratio": "close / open",
            "change": "roc(close, 1)",
            "nothing": "open - open - 0.001",
            "band": "100 - limit",
        },
        parameters={"limit": (70.25, 0, 100), "fast": (12, 2, 50)},
        because=(
            "{close} {open} moved {drift}, {ratio} times, {change}%; {volume} and {surge}.",
            "{fast} {limit} {band} {nothing}; in at {entry}, out at {stop}, {risk}%.",
        ),
    )
    columns = columns_of([50.0, 100.126], open=[50.0, 99.0], volume=[1.0, 1234567.0])
    rationale = good(strategy, columns, 1).rationale
    assert rationale.because["en"] == (
        "100.13 99.00 moved 1.13, 1.01 times, 100.25%; 1235000 and 411500.",
        "12 70.25 29.75 0.00; in at 100.13, out at 95.12, 5.00%.",
    )
    assert rationale.because["ru"] == rationale.because["en"]
    assert rationale.facts["drift"] == "1.13"


def test_a_signal_has_the_same_id_however_often_it_is_made() -> None:
    strategy = strategy_of(long="close > open", parameters={"p": (3, 1, 9)})
    columns = columns_of([90.0, 90.0], open=[80.0, 80.0])
    found = good(strategy, columns, 1)
    assert good(strategy, head(columns, 2), 1) == found
    others = {
        good(strategy, columns, 0).id,
        good(strategy.with_parameters({"p": 4}), columns, 1).id,
        good(strategy_of(long=None, short="close > open"), columns, 1).id,
    }
    evaluation = evaluate(strategy, columns)
    for changed in (replace(INSTRUMENT, symbol="ETHUSDT"), replace(INSTRUMENT, venue="bybit")):
        result = signal(evaluation, 1, instrument=changed, timeframe=TIMEFRAME, simulated=True)
        assert isinstance(result, Signal)
        others.add(result.id)
    assert len(others | {found.id}) == 6


def test_other_parameters_make_another_strategy() -> None:
    strategy = strategy_of(stop="close - k", parameters={"k": (5, 1, 9), "m": (0.5, 0, 1)})
    wider = strategy.with_parameters({"k": 7})
    assert str(good(wider, ONE).stop) == "93.00"
    assert str(good(strategy, ONE).stop) == "95.00"
    assert wider.ref.content_hash != strategy.ref.content_hash
    assert wider.with_parameters({"k": 5}).ref == strategy.ref
    one_way = strategy.with_parameters({"k": 7}).with_parameters({"m": 0.25})
    assert one_way.ref == strategy.with_parameters({"m": 0.25, "k": 7.0}).ref
    assert one_way.values == {"k": 7.0, "m": 0.25}


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"fst": 3}, 'parameters.fst: unknown parameter; did you mean "fast"?; test has fast, limit'),
        ({"fast": 51}, "parameters.fast: expected a whole number from 2 to 50 for fast, got 51"),
        ({"fast": 2.5}, "parameters.fast: expected a whole number from 2 to 50 for fast, got 2.5"),
        ({"limit": float("nan")}, "parameters.limit: expected a number from 0 to 100 for limit, got nan"),
        ({"limit": "high"}, "parameters.limit: expected a number, got 'high'"),
        ({"fast": True}, "parameters.fast: expected a number, got True"),
    ],
)
def test_parameters_out_of_range_are_named(overrides: dict, said: str) -> None:
    strategy = strategy_of(parameters={"limit": (70.25, 0, 100), "fast": (12, 2, 50)})
    with pytest.raises(StrategyError) as caught:
        strategy.with_parameters(overrides)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        ({"because": ("It is {clse}.",)}, 'long.because.en[0]: unknown name "clse" in braces; did you mean "close"?'),
        ({"because": ("It is {close.real}.",)}, 'unknown name "close.real" in braces'),
        ({"because": ("It is {close.",)}, "long.because.en[0]: expected a name between braces, such as {stop}"),
        (
            {"because": ("{up}",), "define": {"up": "close > open"}},
            'expected the name of a number, "up" is a condition',
        ),
        ({"ladder": (("r", "0", "1"),)}, "long.targets[0]: expected a number above 0, got 0"),
        ({"ladder": (("r", "close", "1"),)}, "expected a constant, got one that changes with the candles"),
        ({"trailing": (TrailingKind.PERCENT, "100", 0)}, "expected a percentage below 100, got 100"),
        ({"time_stop": "2.5"}, "exits.time_stop: expected a whole number of candles, got 2.5"),
        ({"breakeven": (0, "0 - 1")}, "expected a number above 0, got -1"),
        ({"long": "close > ema(close, 0)"}, "long.when: column 20: expected a whole number from 2 to 1000 for period"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings_: dict, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        strategy_of(**({"ladder": (("r", "1", "1"),)} | settings_))
    assert said in str(caught.value)


def test_no_candles_no_signals() -> None:
    evaluation = evaluate(strategy_of(long="rsi(close, 14) > 50", short="regime() == range"), random_columns(1, 0))
    assert evaluation.long_rows.tolist() == evaluation.short_rows.tolist() == []
    assert evaluate(strategy_of(long="ema(close, 20) > 0"), random_columns(1, 5)).long_rows.tolist() == []


def test_filters_refuse_by_name_and_may_be_of_one_side() -> None:
    columns = columns_of([2.0, 2.0, 1.0, 1.0], open=[1.0, 1.0, 2.0, 2.0], volume=[1.0, 5.0, 1.0, 5.0])
    strategy = strategy_of(
        long="close > open",
        short="close < open",
        zone=("close - 0.1", "close"),
        stop="close - 0.5",
        ladder=(("r", "1", "1"),),
        short_zone=("close", "close + 0.1"),
        short_stop="close + 0.5",
        filters={"thin": ("volume > 2", Side.LONG), "never": ("close > 100", Side.SHORT), "last": ("close < 0", None)},
    )
    evaluation = evaluate(strategy, columns)
    # The first that does not hold is named.
    assert evaluation.filtered == {0: "thin", 1: "last", 2: "never", 3: "never"}
    refused = made(strategy, columns, 0)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.counted_as) == (RefusalReason.FILTERED, "filtered: thin")
    passing = strategy_of(filters={"thin": ("volume > 2", None)}, stop="close - 0.5", zone=("close - 0.1", "close"))
    assert evaluate(passing, columns).long_rows.tolist() == [1]


def test_a_filtered_side_leaves_the_other_its_signal() -> None:
    strategy = strategy_of(long="close > open", short="close > open", filters={"no": ("close < 0", Side.LONG)})
    evaluation = evaluate(strategy, ONE)
    assert (evaluation.short_rows.tolist(), evaluation.conflict_rows.tolist()) == ([0], [])


def test_the_condition_to_leave_needs_no_set_up() -> None:
    columns = columns_of([1.0, 3.0, 1.0, 4.0], open=[2.0] * 4)
    evaluation = evaluate(strategy_of(exits={Side.LONG: "close > 2"}), columns)
    assert [evaluation.leaves_at(Side.LONG, row) for row in range(4)] == [False, True, False, True]
    assert not any(evaluation.leaves_at(Side.SHORT, row) for row in range(4))
    warm = evaluate(strategy_of(exits={Side.LONG: "close > sma(close, 2)"}, long="close > sma(close, 3)"), columns)
    assert [warm.leaves_at(Side.LONG, row) for row in range(4)] == [False, False, False, True]


@pytest.mark.parametrize(("scale", "asked"), [("0.25", "0.25"), ("1.7", "1"), ("close / 300", "0.3333")])
def test_sizing_asks_for_a_part_of_the_risk(scale: str, asked: str) -> None:
    assert good(strategy_of(risk_scale=scale), ONE).management.risk_scale == Decimal(asked)


@pytest.mark.parametrize("scale", ["0", "-2", "open - close"])
def test_no_size_is_no_signal(scale: str) -> None:
    refused = made(strategy_of(risk_scale=scale), ONE, 0)
    assert isinstance(refused, Refused)
    assert refused.reason is RefusalReason.NO_SIZE


def test_nothing_stands_where_what_is_looked_at_is_missing() -> None:
    columns = random_columns(3, 40)
    bitcoin = random_columns(4, 40).picked(np.array([row for row in range(40) if row not in (20, 21)]))
    strategy = strategy_of(
        long="not on(BTCUSDT, close > 1e9)",  # holds wherever a comparison with the undefined is false
        exits={Side.LONG: "not on(BTCUSDT, close > 1e9)"},
    )
    evaluation = evaluate(strategy, columns, Market(TIMEFRAME, {"BTCUSDT": bitcoin}))
    there = [row for row in range(40) if row not in (20, 21)]
    assert evaluation.long_rows.tolist() == evaluation.exit_rows[Side.LONG].tolist() == there
    assert evaluate(strategy, columns, Market(TIMEFRAME)).long_rows.tolist() == []
    with pytest.raises(ValueError, match="expected the market beside the candles"):
        evaluate(strategy, columns)


def test_another_series_must_be_warm_itself() -> None:
    columns, young = random_columns(3, 400), random_columns(4, 400).rows(250, 400)
    strategy = strategy_of(long="not on(BTCUSDT, ema(close, 20)) > 1e9")
    rows = evaluate(strategy, columns, Market(TIMEFRAME, {"BTCUSDT": young})).long_rows.tolist()
    assert rows == list(range(250 + strategy.warmup_on(TIMEFRAME), 400))


def test_on_which_candles_it_can_run() -> None:
    strategy = strategy_of(long="close > on(1h, ema(close, 200)) and on(BTCUSDT, close > open)")
    assert strategy.warmup_on(Timeframe.M5) == 12 * (strategy.warmup_on(Timeframe.H1) + 1)
    assert strategy.reads == {(None, Timeframe.H1), ("BTCUSDT", None)}
    assert strategy.symbols_read == {"BTCUSDT"}
    with pytest.raises(StrategyError, match="looks at 1h candles, which cannot be put together from 2h ones"):
        strategy.warmup_on(Timeframe.H2)
    with pytest.raises(StrategyError, match="expected at most 30000 candles of warm-up, on 1m candles it needs 53460"):
        strategy.warmup_on(Timeframe.M1)
