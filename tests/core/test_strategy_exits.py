"""What a strategy says of exits, further entries and choices: in its signals, and where it cannot be meant."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from strategy_maker import INSTRUMENT, TIMEFRAME, columns_of, strategy_of

from tradewind.core.expressions import Expression, ExpressionError, Kind, parse
from tradewind.core.plan import Breakeven, Trailing, TrailingKind
from tradewind.core.signals import Signal
from tradewind.core.strategy import (
    BreakevenRule,
    Choice,
    RefusalReason,
    Refused,
    Rung,
    ScaleInRule,
    Strategy,
    StrategyError,
    TrailingRule,
    evaluate,
    signal,
)
from tradewind.core.values import Side

#: A zone of 99 to 100 for both sides, stops at 95 and 105.
ONE = columns_of([100.0], open=[99.0])
TITLE = {"en": "A choice", "ru": "Выбор"}


def number(text: str) -> Expression:
    return parse("it", text, Kind.NUMBER)


def with_(side: Side = Side.LONG, exits: dict[str, Any] | None = None, **changes: Any) -> Strategy:
    """The usual strategy of one side with other parts of its blueprint."""
    short = {"long": None, "short": "close > open", "short_zone": ("close", "close + 1")}
    blueprint = strategy_of(**(short if side is Side.SHORT else {})).blueprint
    return Strategy.of(replace(blueprint, exits=replace(blueprint.exits, **(exits or {})), **changes))


def made(strategy: Strategy) -> Signal | Refused | None:
    return signal(evaluate(strategy, ONE), 0, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True)


def good(strategy: Strategy) -> Signal:
    found = made(strategy)
    assert isinstance(found, Signal), found
    return found


def refused(strategy: Strategy) -> RefusalReason:
    found = made(strategy)
    assert isinstance(found, Refused), found
    return found.reason


# --------------------------------------------------------------------------------------------------- further entries


def in_parts(
    orders: str = "2", deviation: str = "1", step: str | None = None, size: str | None = None, *, average: bool = False
) -> ScaleInRule:
    steps, sizes = (number(text) if text else None for text in (step, size))
    return ScaleInRule(number(orders), number(deviation), steps, sizes, average)


@pytest.mark.parametrize(
    ("rule", "first", "prices", "shares"),
    [
        (in_parts("1"), "0.5", ["99"], ["0.5"]),
        (in_parts("3", "0.5"), "0.25", ["99.5", "99", "98.5"], ["0.25", "0.25", "0.25"]),
        # Each twice as far from the one before: 1, then 1 + 2; each twice as large: 1 + 2 + 4 = 7 parts.
        (in_parts("2", "1", "2", "2"), "0.142857", ["99", "97"], ["0.285714", "0.571429"]),
        # Outwards to the tick: 100 − 0.333.
        (in_parts("1", "0.333"), "0.5", ["99.66"], ["0.5"]),
    ],
)
def test_a_long_is_entered_in_parts_behind_its_limit(
    rule: ScaleInRule, first: str, prices: list[str], shares: list[str]
) -> None:
    ladder = good(with_(scale_in=rule)).scale_in
    assert ladder is not None
    assert ladder.first == Decimal(first)
    assert [each.price.value for each in ladder.additions] == [Decimal(each) for each in prices]
    assert [each.share for each in ladder.additions] == [Decimal(each) for each in shares]
    assert ladder.first + sum(each.share for each in ladder.additions) == 1


def test_a_short_is_entered_in_parts_above_its_limit() -> None:
    ladder = good(with_(Side.SHORT, scale_in=in_parts("2", "0.333", average=True))).scale_in
    assert ladder is not None
    assert [str(each.price) for each in ladder.additions] == ["100.34", "100.67"]
    assert ladder.targets_from_average


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (in_parts("1", "5"), RefusalReason.ADDITION_BEYOND_STOP),
        (in_parts("3", "2"), RefusalReason.ADDITION_BEYOND_STOP),
        (in_parts("1", "0"), RefusalReason.ADDITIONS_TOO_CLOSE),
        (in_parts("2", "0.005"), RefusalReason.ADDITIONS_TOO_CLOSE),
        (in_parts("1", "0 - 1"), RefusalReason.ADDITIONS_TOO_CLOSE),
    ],
)
@pytest.mark.parametrize("side", list(Side))
def test_entries_that_have_no_place_make_no_signal(side: Side, rule: ScaleInRule, reason: RefusalReason) -> None:
    assert refused(with_(side, scale_in=rule)) is reason


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (in_parts("0"), "expected a number above 0, got 0"),
        (in_parts("2.5"), "expected a whole number of orders up to 10, got 2.5"),
        (in_parts("11"), "expected a whole number of orders up to 10, got 11"),
        (in_parts("close"), "expected a constant"),
        (in_parts(step="0"), "expected a number above 0, got 0"),
        (in_parts(size="0 - 1"), "expected a number above 0, got -1"),
        (in_parts("10", size="9"), "expected parts of at least 0.000001 of the whole, got 0"),
        (in_parts("10", step="1e300"), "expected a factor that is small enough to be taken 10 times, got 1e+300"),
        (in_parts("10", size="1e300"), "expected a factor that is small enough to be taken 11 times, got 1e+300"),
    ],
)
def test_ladders_that_cannot_be_meant_are_named(rule: ScaleInRule, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        with_(scale_in=rule)
    assert said in str(caught.value)


# ----------------------------------------------------------------------------------------------------------- exits


def trailing(kind: TrailingKind, distance: str | None, step: str | None = None, period: str | None = None) -> dict:
    distances, steps, periods = (number(text) if text else None for text in (distance, step, period))
    return {"trailing": TrailingRule(kind, distances, 1, None, steps, periods)}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (trailing(TrailingKind.DISTANCE, "close / 50", "0.5"), Trailing(TrailingKind.DISTANCE, 2.0, 1, step=0.5)),
        (trailing(TrailingKind.PERCENT, "2"), Trailing(TrailingKind.PERCENT, 0.02, 1)),
        (trailing(TrailingKind.CHANDELIER, "3", None, "22"), Trailing(TrailingKind.CHANDELIER, 3.0, 1, period=22)),
        (trailing(TrailingKind.MOVING_TARGET, None), Trailing(TrailingKind.MOVING_TARGET, 0.0, 1)),
    ],
)
def test_how_the_stop_follows(rule: dict, expected: Trailing) -> None:
    strategy = with_(exits=rule)
    columns = columns_of([100.0] * 40, open=[99.0] * 40)
    found = signal(evaluate(strategy, columns), 39, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True)
    assert isinstance(found, Signal)
    assert found.management.trailing == expected
    assert strategy.warmup == expected.period, "a chandelier looks back before it may speak"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (trailing(TrailingKind.DISTANCE, "open - close"), RefusalReason.TRAILING_NOT_POSITIVE),
        (trailing(TrailingKind.DISTANCE, "close - close"), RefusalReason.TRAILING_NOT_POSITIVE),
        (trailing(TrailingKind.DISTANCE, "1", "open - close"), RefusalReason.TRAILING_NOT_POSITIVE),
        (trailing(TrailingKind.MOVING_TARGET, None, "open - close"), RefusalReason.TRAILING_NOT_POSITIVE),
        ({"breakeven": BreakevenRule(1, None, number("open - close"))}, RefusalReason.OFFSET_NEGATIVE),
    ],
)
def test_distances_below_zero_make_no_signal(rule: dict, reason: RefusalReason) -> None:
    assert refused(with_(exits=rule)) is reason


def test_breakeven_may_ask_for_more_than_its_costs() -> None:
    found = good(with_(exits={"breakeven": BreakevenRule(1, number("1.5"), number("close / 200"))}))
    assert found.management.breakeven == Breakeven(1, 1.5, 0.5)


@pytest.mark.parametrize("period", ["1", "2.5", "1001"])
def test_a_chandelier_needs_some_candles(period: str) -> None:
    with pytest.raises(ExpressionError, match="expected a whole number of candles from 2 to 1000, got"):
        with_(exits=trailing(TrailingKind.CHANDELIER, "3", None, period))


# ----------------------------------------------------------------------------------------------------------- choices


def anchored(**overrides: str) -> Strategy:
    """Stop and second target by distances from the fill or the close."""
    blueprint = strategy_of(zone=("close - 1", "close + 2"), stop="5").blueprint
    (setup,) = blueprint.setups
    ladder = (Rung(number("1"), True, Decimal("0.5")), Rung(number("20"), False, Decimal("0.5"), is_distance=True))
    choice = Choice("from", "fill", ("fill", "close"), TITLE)
    setups = (replace(setup, ladder=ladder, stop_is_distance=True),)
    return Strategy.of(replace(blueprint, setups=setups, choices=(choice,), anchor="from"), overrides)


def test_distances_count_from_what_was_chosen() -> None:
    levels = {}
    for anchor in ("fill", "close"):
        found = good(anchored(**{"from": anchor}))
        levels[anchor] = [str(price) for price in (found.stop, *(target.price for target in found.targets))]
    # An entry limit of 102: the stop 5 below it, one R of 5 above, 20 above. Or all but the R from the close of 100.
    assert levels == {"fill": ["97.00", "107.00", "122.00"], "close": ["95.00", "109.00", "120.00"]}
    assert anchored().chosen == {"from": "fill"}
    assert anchored().with_parameters({"from": "close"}).chosen == {"from": "close"}
    assert anchored().ref.content_hash != anchored(**{"from": "close"}).ref.content_hash


def test_a_choice_is_one_of_its_words() -> None:
    with pytest.raises(StrategyError, match=r"choices\.from: expected one of fill, close, got open"):
        anchored(**{"from": "open"})
    with pytest.raises(StrategyError, match=r'parameters\.form: unknown parameter; did you mean "from"\?'):
        anchored(form="fill")
