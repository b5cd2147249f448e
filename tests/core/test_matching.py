"""The fill model: which order a price reaches first, how much it gets and at what price."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.costs import Costs
from tradewind.core.ids import OrderId
from tradewind.core.matching import BookOrder, Stretch, Touch, available, fee, fill_price, first_touch, is_past
from tradewind.core.orders import OrderKind
from tradewind.core.values import Instrument, Quantity

INSTRUMENT = Instrument("paper", "BTCUSDT", "BTC", "USDT", Decimal("0.5"), Decimal("0.01"), Decimal("0.01"), Decimal(5))
FREE = Costs(maker=0, taker=0, half_spread=0, slippage=0, impact=0, latency_ms=0, participation=1.0)

half_ticks = st.integers(2, 4000).map(lambda count: count / 4)


def lots(count: int) -> Quantity:
    return Quantity(count * INSTRUMENT.lot, INSTRUMENT.lot)


def order(
    kind: OrderKind, *, buys: bool, level: float | None, size: int = 100, rested: bool = True, number: int = 1
) -> BookOrder:
    at = None if level is None else INSTRUMENT.price(Decimal(str(level)))
    return BookOrder(OrderId(UUID(int=number)), kind, buys, at, lots(size), lots(0), False, 0, rested)


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    prices = sorted(draw(st.lists(half_ticks, min_size=4, max_size=4)))
    inner = draw(st.permutations(prices[1:3]))
    volume = draw(st.sampled_from([0.0, 0.005, 1.0, 12.34, 1e6]))
    return Stretch(0, 300_000, inner[0], prices[3], prices[0], inner[1], volume)


@given(stretches(), st.sampled_from([1, -1]), half_ticks)
def test_the_way_through_a_candle_hurts_first(stretch: Stretch, side: int, entry: float) -> None:
    path = stretch.path(side)
    assert path[-1] == stretch.close
    assert {stretch.high, stretch.low} <= {*path}
    if stretch.high > stretch.low:
        adverse, favourable = (stretch.low, stretch.high) if side > 0 else (stretch.high, stretch.low)
        assert path == (stretch.open, adverse, favourable, stretch.close)
    after = stretch.path_after_entry(side, entry)
    assert after == (entry, stretch.low if side > 0 else stretch.high, stretch.close), "no credit for what may be past"


@pytest.mark.parametrize(("began", "past"), [(999, False), (1_000, False), (1_299, False), (1_300, True)])
def test_a_candle_that_comes_late_is_past(began: int, past: bool) -> None:
    assert is_past(Stretch(1_000, 1_300, 1.0, 1.0, 1.0, 1.0, 1.0), began) is past


@pytest.mark.parametrize(("began", "past"), [(999, False), (1_000, False), (1_001, True)])
def test_a_tick_of_the_moment_it_began_in_is_not_past(began: int, past: bool) -> None:
    assert is_past(Stretch(1_000, 1_000, 1.0, 1.0, 1.0, 1.0, 1.0), began) is past


def test_a_tick_is_one_price() -> None:
    assert Stretch(5, 5, 7.0, 7.0, 7.0, 7.0, 1.0).path(1) == (7.0,)


@given(stretches(), st.booleans(), st.integers(0, 10**6))
def test_latency_costs_its_share_of_the_worst_the_candle_has(stretch: Stretch, buys: bool, latency: int) -> None:
    price = stretch.arrival(buys, latency)
    assert stretch.low <= price <= stretch.high
    assert price >= stretch.open if buys else price <= stretch.open
    if latency == 0:
        assert price == stretch.open
    if latency >= stretch.end:
        assert price == pytest.approx(stretch.high if buys else stretch.low, rel=1e-12)
    assert Stretch(5, 5, 7.0, 7.0, 7.0, 7.0, 1.0).arrival(buys, latency) == 7.0


def reached(each: BookOrder, start: float, end: float) -> tuple[float, bool] | None:
    """At which price the market is when `each` fills on the way from `start` to `end`, and whether it began beyond."""
    if each.level is None:
        return start, True
    level = float(each.level)
    below = each.buys == (each.kind is OrderKind.LIMIT)
    beyond = (lambda price: price <= level) if below else (lambda price: price >= level)
    if beyond(start):
        return start, True
    return (level, False) if beyond(end) else None


@st.composite
def books(draw: st.DrawFn) -> list[BookOrder]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(OrderKind))
        level = None if kind is OrderKind.MARKET else draw(st.integers(2, 2000)) / 2
        found.append(order(kind, buys=draw(st.booleans()), level=level, number=number))
    return found


@given(books(), half_ticks, half_ticks)
@settings(max_examples=500)
def test_the_nearest_order_is_touched_first_and_a_stop_before_others(
    book: list[BookOrder], start: float, end: float
) -> None:
    expected = {each.id: reached(each, start, end) for each in book}
    touch = first_touch(book, start, end)
    if touch is None:
        assert not any(expected.values())
        return
    assert expected[touch.order.id] == (touch.price, touch.gapped)
    assert min(start, end) <= touch.price <= max(start, end)
    for each in book:
        other = expected[each.id]
        if other is not None:
            assert abs(touch.price - start) <= abs(other[0] - start)
            if abs(touch.price - start) == abs(other[0] - start) and each.kind is OrderKind.STOP_MARKET:
                assert touch.order.kind is OrderKind.STOP_MARKET


@given(
    st.sampled_from(OrderKind),
    st.integers(1, 10**6),
    st.sampled_from([0.0, 1e-9, 0.01, 0.37, 12.345, 1e9]),
    st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    st.integers(0, 1000),
)
def test_a_limit_order_gets_no_more_than_its_share_of_the_volume(
    kind: OrderKind, size: int, volume: float, participation: float, used: int
) -> None:
    each = order(kind, buys=True, level=None if kind is OrderKind.MARKET else 100.0, size=size)
    stretch = Stretch(0, 1, 100.0, 100.0, 100.0, 100.0, volume)
    costs = Costs(participation=participation)
    got = available(each, stretch, costs, lots(used))
    assert got <= each.remaining
    if kind is not OrderKind.LIMIT:
        assert got == each.remaining, "stops and market orders are filled whole; what is lost is money, not protection"
    elif got:
        assert Fraction(got.value) + Fraction(lots(used).value) <= Fraction(participation * volume) * (
            1 + Fraction(1, 10**12)
        )


@given(
    kind=st.sampled_from(OrderKind),
    buys=st.booleans(),
    market=st.integers(1, 10_000).map(lambda count: count * 0.3),
    level=st.integers(1, 6000),
    rested=st.booleans(),
    gapped=st.booleans(),
    size=st.integers(1, 10**6),
    volume=st.sampled_from([0.0, 1.0, 1e4]),
    spread=st.sampled_from([0.0, 0.0005, 0.2]),
    impact=st.sampled_from([0.0, 0.001, 5.0]),
)
@settings(max_examples=500)
def test_fill_prices(
    kind: OrderKind,
    buys: bool,
    market: float,
    level: int,
    rested: bool,
    gapped: bool,
    size: int,
    volume: float,
    spread: float,
    impact: float,
) -> None:
    costs = Costs(half_spread=spread, slippage=spread / 2, impact=impact)
    each = order(kind, buys=buys, level=None if kind is OrderKind.MARKET else level / 2, size=size, rested=rested)
    stretch = Stretch(0, 1, market, market, market, market, volume)
    price, maker = fill_price(Touch(each, market, gapped), each.quantity, stretch, costs, INSTRUMENT)
    assert price.value % INSTRUMENT.tick == 0
    if kind is OrderKind.LIMIT:
        assert each.level is not None
        assert price <= each.level if buys else price >= each.level, "a limit is a limit"
    if maker:
        assert kind is OrderKind.LIMIT
        assert price == each.level
        return
    worst, exact = Fraction("1.05") if buys else Fraction("0.95"), Fraction(market)
    if kind is not OrderKind.LIMIT:
        taken = Fraction(price.value)
        one = Fraction(INSTRUMENT.tick)
        assert taken >= exact if buys else taken <= max(exact, one), "whoever takes never gets better than the market"
        assert taken <= exact * worst + one if buys else taken >= min(exact * worst, exact) - one


def test_even_a_vanished_market_pays_one_tick() -> None:
    """A price below the grid must not stop the engine for everybody."""
    stop = order(OrderKind.STOP_MARKET, buys=False, level=100.0)
    stretch = Stretch(0, 1, 0.1, 0.1, 0.1, 0.1, 1.0)
    assert fill_price(Touch(stop, 0.1, True), lots(1), stretch, FREE, INSTRUMENT)[0].value == INSTRUMENT.tick


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.sampled_from([0.0, 0.0002, 0.0006, 0.1]))
def test_fees_are_exact(ticks: int, count: int, rate: float) -> None:
    price = INSTRUMENT.price(ticks * INSTRUMENT.tick)
    assert Fraction(fee(price, lots(count), rate)) == Fraction(price.value) * Fraction(lots(count).value) * Fraction(
        str(rate)
    )


@pytest.mark.parametrize("name", ["maker", "taker", "half_spread", "slippage", "impact", "participation", "latency_ms"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_no_impossible_costs(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Costs(**{name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_impossible_funding(value: float) -> None:
    with pytest.raises(ValueError, match="funding_rate"):
        Costs(funding_rate=value)
