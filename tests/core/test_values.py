"""Values that cannot lie: what may be built, which way it rounds, and that no digit is ever lost."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, getcontext, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.values import (
    MONEY_STEP,
    IllegalValueError,
    Instrument,
    Money,
    Price,
    Quantity,
    Rounding,
    Side,
    decimal_of,
    quantise,
    round_to,
)

CENT = Decimal("0.01")
LOT = Decimal("0.001")
INSTRUMENT = Instrument(
    venue="paper",
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=CENT,
    lot=LOT,
    min_quantity=Decimal("0.002"),
    min_notional=Decimal(5),
)
#: Steps that venues use, powers of ten and others.
STEPS = st.sampled_from(
    [Decimal(step) for step in ("0.00000001", "0.0001", "0.01", "0.05", "0.25", "0.5", "1", "5", "100")]
)
COUNTS = st.integers(1, 10**12)
ROUNDINGS = st.sampled_from(Rounding)
#: Computed levels: anything that indicators may bring.
LEVELS = st.floats(1e-6, 1e12, allow_nan=False, allow_infinity=False) | st.decimals(
    Decimal("0.000001"), Decimal(10) ** 12, allow_nan=False, places=10
)
AMOUNTS = st.integers(-(10**20), 10**20).map(lambda steps: steps * MONEY_STEP)
NOT_NUMBERS = ["NaN", "sNaN", "Infinity", "-Infinity"]


# ------------------------------------------------------------------------------------------------- what cannot be built


@pytest.mark.parametrize("value", [*NOT_NUMBERS, "0", "-0.01", "0.005", "100.001", "-0"])
def test_no_illegal_price(value: str) -> None:
    with pytest.raises(IllegalValueError):
        Price(Decimal(value), CENT)
    with pytest.raises(IllegalValueError):
        INSTRUMENT.price(Decimal(value))


@pytest.mark.parametrize("value", [*NOT_NUMBERS, "-0.001", "0.0005", "1.0001"])
def test_no_illegal_quantity(value: str) -> None:
    with pytest.raises(IllegalValueError):
        Quantity(Decimal(value), LOT)


@pytest.mark.parametrize("value", [*NOT_NUMBERS, "0.000000001", "1.123456789"])
def test_no_illegal_money(value: str) -> None:
    with pytest.raises(IllegalValueError):
        Money(Decimal(value), "USDT")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity")])
@pytest.mark.parametrize("rounding", Rounding)
def test_nothing_is_quantised_that_is_no_number(value: float | Decimal, rounding: Rounding) -> None:
    with pytest.raises(IllegalValueError):
        quantise(value, CENT, rounding)
    with pytest.raises(IllegalValueError):
        INSTRUMENT.quantity(value)
    with pytest.raises(IllegalValueError):
        decimal_of(value)


@pytest.mark.parametrize(
    ("level", "rounding"),
    [(0.0, Rounding.UP), (0.004, Rounding.DOWN), (0.005, Rounding.NEAREST), (-1.0, Rounding.UP), (-0.001, Rounding.UP)],
)
def test_a_level_that_rounds_to_nothing_is_no_price(level: float, rounding: Rounding) -> None:
    with pytest.raises(IllegalValueError):
        quantise(level, CENT, rounding)


@pytest.mark.parametrize(
    "changes",
    [{name: Decimal(value)} for name in ("tick", "lot", "min_quantity") for value in ("0", "-1", "NaN", "Infinity")]
    + [{"min_notional": Decimal(value)} for value in ("-1", "NaN", "Infinity")]
    + [{"maintenance_margin": Decimal(value)} for value in ("-0.1", "1", "NaN", "Infinity")]
    + [{"contract_size": Decimal(value)} for value in ("0", "-1", "NaN", "Infinity")]
    + [{"max_leverage": value} for value in (0, -1)],
    ids=str,
)
def test_no_illegal_instrument(changes: dict[str, Decimal]) -> None:
    with pytest.raises(IllegalValueError):
        replace(INSTRUMENT, **changes)


@pytest.mark.parametrize("value", [Decimal(10) ** 70, Decimal("9" * 70)])
def test_a_number_too_large_to_be_exact_is_an_error(value: Decimal) -> None:
    """Not a rounding: beyond 60 digits nothing is promised, so nothing is built."""
    for build in (lambda: Price(value, CENT), lambda: Quantity(value, LOT), lambda: Money(value, "USDT")):
        with pytest.raises((IllegalValueError, ArithmeticError)):
            build()
    with pytest.raises((IllegalValueError, ArithmeticError)):
        quantise(value, CENT, Rounding.NEAREST)


def test_values_cannot_be_changed() -> None:
    for value, name in (
        (Price(CENT, CENT), "value"),
        (Quantity(LOT, LOT), "value"),
        (Money(CENT, "USDT"), "amount"),
        (INSTRUMENT, "tick"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, Decimal(1))


def test_currencies_do_not_mix() -> None:
    dollar, euro = Money(Decimal(1), "USDT"), Money(Decimal(1), "EUR")
    for act in (
        lambda: dollar + euro,
        lambda: dollar - euro,
        lambda: dollar < euro,
        lambda: dollar <= euro,
    ):
        with pytest.raises(IllegalValueError):
            act()
    assert dollar != euro


@given(left=st.integers(0, 10**9), right=st.integers(0, 10**9))
def test_no_quantity_below_nothing(left: int, right: int) -> None:
    mine, other = Quantity(left * LOT, LOT), Quantity(right * LOT, LOT)
    if right > left:
        with pytest.raises(IllegalValueError):
            mine - other
    else:
        assert (mine - other).value == (left - right) * LOT


# ------------------------------------------------------------------------------------------------------------- rounding


@pytest.mark.parametrize(
    ("value", "rounding", "expected"),
    [
        ("1.001", Rounding.DOWN, "1.00"),
        ("1.009", Rounding.DOWN, "1.00"),
        ("1.001", Rounding.UP, "1.01"),
        ("1.005", Rounding.NEAREST, "1.00"),
        ("1.015", Rounding.NEAREST, "1.02"),
        ("-1.001", Rounding.DOWN, "-1.01"),
        ("-1.009", Rounding.UP, "-1.00"),
        ("-1.005", Rounding.NEAREST, "-1.00"),
    ],
)
def test_directions_are_those_of_the_number_line(value: str, rounding: Rounding, expected: str) -> None:
    """Down is towards minus infinity, not towards zero: a loss is not rounded away."""
    assert round_to(Decimal(value), CENT, rounding) == Decimal(expected)


@given(level=LEVELS, tick=STEPS, rounding=ROUNDINGS)
def test_quantise_goes_where_it_is_told_and_no_further(
    level: float | Decimal, tick: Decimal, rounding: Rounding
) -> None:
    exact = Fraction(decimal_of(level))
    lower = exact // Fraction(tick) * Fraction(tick)
    upper = -(-exact // Fraction(tick)) * Fraction(tick)
    expected = {Rounding.DOWN: {lower}, Rounding.UP: {upper}, Rounding.NEAREST: {lower, upper}}[rounding]
    if min(expected) <= 0:
        if max(expected) <= 0:
            with pytest.raises(IllegalValueError):
                quantise(level, tick, rounding)
        return
    price = quantise(level, tick, rounding)
    assert Fraction(price.value) in expected
    if rounding is Rounding.NEAREST:
        assert abs(Fraction(price.value) - exact) <= Fraction(tick) / 2
    assert quantise(price.value, tick, rounding) == price, "what is on the tick stays there"
    assert price.tick == tick


@given(count=COUNTS, tick=STEPS, rounding=ROUNDINGS)
def test_a_float_next_to_a_tick_is_that_tick(count: int, tick: Decimal, rounding: Rounding) -> None:
    """0.1 is 0.1: a price that came as a float by way of a file or a feed is still on its tick."""
    price = Price(count * tick, tick)
    if len(price.value.normalize().as_tuple().digits) <= 15:  # what a double holds
        assert quantise(float(price), tick, rounding) == price


@given(amount=st.decimals(-(10**15), 10**15, allow_nan=False, places=14), rounding=ROUNDINGS)
def test_money_is_rounded_once_and_in_the_named_direction(amount: Decimal, rounding: Rounding) -> None:
    money = Money.rounded(amount, "USDT", rounding)
    off = money.amount - amount
    assert abs(off) < MONEY_STEP
    assert off <= 0 if rounding is Rounding.DOWN else True
    assert off >= 0 if rounding is Rounding.UP else True
    assert Money.rounded(money.amount, "USDT", rounding) == money


@given(value=st.floats(0, 1e9) | st.decimals(0, 10**9, places=9), lot=STEPS)
def test_quantities_round_down_and_never_up_to_a_minimum(value: float | Decimal, lot: Decimal) -> None:
    instrument = replace(INSTRUMENT, lot=lot, min_quantity=7 * lot)
    quantity = instrument.quantity(value)
    assert 0 <= decimal_of(value) - quantity.value < lot


@given(count=st.integers(0, 10**9), share=st.decimals(0, 1, places=6))
def test_a_portion_is_never_more_than_its_share(count: int, share: Decimal) -> None:
    whole = Quantity(count * LOT, LOT)
    part = whole.portion(share)
    assert 0 <= Fraction(whole.value) * Fraction(share) - Fraction(part.value) < Fraction(LOT)
    assert whole.portion(Decimal(1)) == whole
    assert not whole.portion(Decimal(0))


# ------------------------------------------------------------------------------------------------------------ exactness


@given(prices=st.tuples(COUNTS, COUNTS), tick=STEPS, shift=st.integers(-1000, 1000))
def test_price_arithmetic_is_exact(prices: tuple[int, int], tick: Decimal, shift: int) -> None:
    mine, other = (Price(count * tick, tick) for count in prices)
    assert Fraction(mine - other) == (prices[0] - prices[1]) * Fraction(tick)
    assert (mine < other) == (prices[0] < prices[1])
    assert (mine == other) == (prices[0] == prices[1])
    if prices[0] + shift > 0:
        assert Fraction(mine.shifted(shift).value) == (prices[0] + shift) * Fraction(tick)


@given(count=COUNTS, lots=st.integers(0, 10**15), tick=STEPS, lot=STEPS)
def test_notional_is_exact(count: int, lots: int, tick: Decimal, lot: Decimal) -> None:
    instrument = replace(INSTRUMENT, tick=tick, lot=lot, min_quantity=lot)
    price, quantity = instrument.price(count * tick), Quantity(lots * lot, lot)
    exact = Fraction(price.value) * Fraction(quantity.value)
    assert Fraction(instrument.notional(price, quantity)) == exact
    assert instrument.tradable(price, quantity) == (lots >= 1 and exact >= 5)


@given(lots=st.integers(0, 10**15), lot=STEPS, size=STEPS)
def test_contracts_are_exact_or_an_error(lots: int, lot: Decimal, size: Decimal) -> None:
    instrument = replace(INSTRUMENT, lot=lot, min_quantity=lot, contract_size=size)
    quantity = Quantity(lots * lot, lot)
    contracts = instrument.contracts(quantity)
    assert Fraction(contracts) * Fraction(size) == Fraction(quantity.value)


def test_a_contract_that_does_not_divide_is_an_error() -> None:
    instrument = replace(INSTRUMENT, contract_size=Decimal("0.003"))
    assert instrument.contracts(instrument.quantity(Decimal("0.009"))) == 3
    with pytest.raises(IllegalValueError, match="contract"):
        instrument.contracts(instrument.quantity(Decimal("0.010")))


@given(parts=st.lists(st.integers(0, 10**15), max_size=20), lot=STEPS)
def test_quantities_sum_exactly(parts: list[int], lot: Decimal) -> None:
    total = Quantity(Decimal(0), lot)
    for part in parts:
        total = total + Quantity(part * lot, lot)
    assert total.value == sum(parts) * lot
    for part in parts:
        total = total - Quantity(part * lot, lot)
    assert not total
    assert total == total.zero()


@given(amounts=st.lists(AMOUNTS, max_size=20), seed=st.randoms(use_true_random=False))
def test_money_sums_do_not_depend_on_the_order(amounts: list[Decimal], seed) -> None:
    def total(values: list[Decimal]) -> Money:
        money = Money.zero("USDT")
        for value in values:
            money = money + Money(value, "USDT")
        return money

    shuffled = list(amounts)
    seed.shuffle(shuffled)
    assert total(amounts) == total(shuffled)
    assert Fraction(total(amounts).amount) == sum(map(Fraction, amounts))
    assert total(amounts) + -total(shuffled) == Money.zero("USDT")
    assert total(amounts) - total(shuffled) == Money.zero("USDT")


@given(count=st.integers(1, 10**14), lots=st.integers(1, 10**14), parts=st.integers(1, 10))
def test_nothing_is_lost_when_the_caller_works_with_few_digits(count: int, lots: int, parts: int) -> None:
    """Exactness is the values' own and does not hang on the decimal context of whoever calls."""
    price, quantity = Price(count * CENT, CENT), Quantity(lots * LOT, LOT)
    wanted = INSTRUMENT.notional(price, quantity), price.shifted(parts), quantity + quantity, quantity.portion(CENT)
    money = Money(Decimal(count) * MONEY_STEP, "USDT")
    sums = money + money, money - money - money, -money
    with localcontext(Context(prec=3, rounding=ROUND_DOWN)):
        assert wanted == (
            INSTRUMENT.notional(price, quantity),
            price.shifted(parts),
            quantity + quantity,
            quantity.portion(CENT),
        )
        assert sums == (money + money, money - money - money, -money)
        assert (str(price), str(quantity), str(money)) == (
            format(price.value, "f"),
            _plain(quantity.value),
            f"{_plain(money.amount)} USDT",
        )


def _plain(value: Decimal) -> str:
    """The digits of `value` without trailing zeros, by way of its text alone."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@given(count=st.integers(1, 10**40), step=STEPS)
@settings(max_examples=50)
def test_what_is_shown_is_what_it_is(count: int, step: Decimal) -> None:
    value = Context(prec=60).multiply(Decimal(count), step)
    assert Decimal(str(Price(value, step))) == value
    assert Decimal(str(Quantity(value, step))) == value
    assert str(Quantity(value, step)) == _plain(value)


def test_the_callers_context_is_left_alone() -> None:
    before = getcontext().copy()
    quantise(1.2345, CENT, Rounding.NEAREST)
    Money.rounded(Decimal("1.234567891"), "USDT")
    after = getcontext()
    assert (after.prec, after.rounding, after.flags) == (before.prec, before.rounding, before.flags)
    assert after.rounding == ROUND_HALF_EVEN


def test_sides() -> None:
    assert [side.sign for side in (Side.LONG, Side.SHORT)] == [1, -1]
    assert [side.opposite for side in (Side.LONG, Side.SHORT)] == [Side.SHORT, Side.LONG]
