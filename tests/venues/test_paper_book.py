"""The paper venue: its own rules, told by what it reports."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.costs import Costs
from tradewind.core.ids import OrderId
from tradewind.core.matching import Stretch
from tradewind.core.orders import Order, OrderKind, OrderPurpose, OrderStatus
from tradewind.core.trade import Accepted, Amend, Amended, Cancel, Canceled, Filled, Liquidated, Place, Refused
from tradewind.core.values import Instrument, Price, Quantity, Side
from tradewind.venues.paper import PaperBook, instrument_for

MINUTE = 60_000
INSTRUMENT = Instrument("paper", "BTCUSDT", "BTC", "USDT", Decimal("0.5"), Decimal("0.01"), Decimal("0.03"), Decimal(5))
FREE = Costs(maker=0, taker=0, half_spread=0, slippage=0, impact=0, latency_ms=0, participation=1.0, funding_rate=0.001)
SIDES = pytest.mark.parametrize("side", list(Side))


def price(value: float | str) -> Price:
    return INSTRUMENT.price(Decimal(str(value)))


def quantity(value: float | str) -> Quantity:
    return INSTRUMENT.quantity(Decimal(str(value)))


def order(
    purpose: OrderPurpose, size: float | str, level: float | None, side: Side = Side.LONG, number: int = 0
) -> Order:
    kind = {OrderPurpose.CLOSE: OrderKind.MARKET, OrderPurpose.STOP: OrderKind.STOP_MARKET}.get(
        purpose, OrderKind.LIMIT
    )
    return Order(
        id=OrderId(UUID(int=number or list(OrderPurpose).index(purpose) + 1)),
        symbol="BTCUSDT",
        side=side,
        purpose=purpose,
        kind=kind,
        quantity=quantity(size),
        price=price(level) if kind is OrderKind.LIMIT and level else None,
        trigger=price(level) if kind is OrderKind.STOP_MARKET and level else None,
        reduce_only=purpose is not OrderPurpose.ENTRY,
        level=0,
        sent_at=0,
        status=OrderStatus.SUBMITTED,
        filled=quantity(0),
        spent=Decimal(0),
    )


class Market:
    """A book and the minute it is in. For a short every price is mirrored at 100."""

    def __init__(self, side: Side = Side.LONG, costs: Costs = FREE, leverage: int = 1) -> None:
        self.side = side
        self.book = PaperBook(INSTRUMENT, side, costs, Decimal(leverage))
        self.at = 0

    def level(self, value: float) -> float:
        return value if self.side is Side.LONG else 200.0 - value

    def place(self, purpose: OrderPurpose, size: float | str, level: float | None = None, number: int = 0) -> object:
        at = None if level is None else self.level(level)
        return self.book.execute(Place(order(purpose, size, at, self.side, number)), self.at)

    def candle(self, opened: float, best: float, worst: float, close: float, volume: float = 1e6) -> list[Filled]:
        """The fills of a minute; `best` and `worst` as the position sees it."""
        values = [self.level(value) for value in (opened, best, worst, close)]
        stretch = Stretch(self.at, self.at + MINUTE, values[0], max(values), min(values), values[3], volume)
        self.at += MINUTE
        return list(self.book.walk(stretch))

    def tick(self, at: int, value: float, volume: float = 1e6) -> list[Filled]:
        self.at = at
        level = self.level(value)
        return list(self.book.walk(Stretch(at, at, level, level, level, level, volume)))

    def hold(self, size: float | str = 10, entry: float = 100) -> None:
        self.place(OrderPurpose.ENTRY, size, entry, number=1000)
        (fill,) = self.candle(entry, entry, entry, entry)
        assert fill.quantity == quantity(size) == self.book.position

    def seen(self, fills: list[Filled]) -> list[tuple[float, float]]:
        """(price, quantity), prices mirrored back."""
        return [(self.level(float(fill.price)), float(fill.quantity)) for fill in fills]


# ------------------------------------------------------------------------------------------------------------- commands


def test_every_command_has_its_report() -> None:
    market = Market()
    assert market.place(OrderPurpose.ENTRY, 1, 100) == Accepted(OrderId(UUID(int=1)), 0)
    order_id = OrderId(UUID(int=1))
    assert market.book.execute(Amend(order_id, quantity(2), None), 5) == Amended(order_id, 5, quantity(2), None)
    assert market.book.execute(Cancel(order_id), 7) == Canceled(order_id, 7)
    assert market.book.dump()["orders"] == []


def test_an_entry_below_the_minimums_is_refused() -> None:
    market = Market()
    for size in ("0.02", "0.04"):
        report = market.place(OrderPurpose.ENTRY, size, 100)
        assert isinstance(report, Refused)
        assert "minimum" in report.reason
    assert not market.book.dump()["orders"]


def test_what_reduces_may_be_small_but_never_more_than_there_is() -> None:
    market = Market()
    market.place(OrderPurpose.ENTRY, 10, 100)
    market.candle(100, 100, 100, 100, volume=0.02)
    assert market.book.position == quantity("0.02")
    assert isinstance(market.place(OrderPurpose.STOP, "0.02", 90), Accepted)
    for purpose, level in ((OrderPurpose.TARGET, 110), (OrderPurpose.CLOSE, None)):
        assert isinstance(market.place(purpose, "0.03", level), Refused)


# ---------------------------------------------------------------------------------------------------------------- fills


@SIDES
def test_a_resting_limit_fills_at_its_price_even_when_gapped_over(side: Side) -> None:
    market = Market(side)
    market.place(OrderPurpose.ENTRY, 1, 100)
    assert market.candle(101, 102, 101, 101) == []
    (fill,) = market.candle(95, 96, 95, 96)
    assert market.seen([fill]) == [(100.0, 1.0)]
    assert fill.maker


@SIDES
def test_a_marketable_limit_takes_what_the_market_asks_within_its_limit(side: Side) -> None:
    market = Market(side)
    market.place(OrderPurpose.ENTRY, 1, 100)
    (fill,) = market.candle(95, 96, 95, 96)
    assert market.seen([fill]) == [(95.0, 1.0)]
    assert not fill.maker


@SIDES
def test_the_stop_comes_before_the_target_when_a_candle_reaches_both(side: Side) -> None:
    market = Market(side)
    market.hold()
    market.place(OrderPurpose.STOP, 10, 90)
    market.place(OrderPurpose.TARGET, 10, 110)
    assert market.seen(market.candle(100, 120, 80, 115)) == [(90.0, 10.0)]
    assert not market.book.position


@SIDES
def test_a_stop_gapped_over_fills_at_the_open(side: Side) -> None:
    market = Market(side)
    market.hold()
    market.place(OrderPurpose.STOP, 10, 90)
    assert market.seen(market.candle(70, 99, 60, 95)) == [(70.0, 10.0)]


@SIDES
def test_an_entry_inside_a_candle_has_no_part_in_what_may_have_been_before(side: Side) -> None:
    """Open above the zone, then down to it: the high may be older than the entry."""
    market = Market(side)
    market.place(OrderPurpose.ENTRY, 10, 100)
    stretch_prices = (105.0, 130.0, 95.0, 104.0)
    fills = []
    values = [market.level(value) for value in stretch_prices]
    for fill in market.book.walk(Stretch(0, MINUTE, values[0], max(values), min(values), values[3], 1e6)):
        fills.append(fill)
        if len(fills) == 1:
            market.place(OrderPurpose.TARGET, 5, 103.5)
            market.place(OrderPurpose.TARGET, 5, 120, number=99)
    assert market.seen(fills) == [(100.0, 10.0), (103.5, 5.0)], "up to the close it certainly went"
    assert sorted(market.level(value) for value in market.book.seen) == sorted([104.0, 95.0])


@SIDES
def test_only_so_much_of_the_volume_fills_a_limit(side: Side) -> None:
    market = Market(side, Costs(participation=0.1, latency_ms=0))
    market.place(OrderPurpose.ENTRY, 10, 100)
    for expected in (3.0, 3.0, 3.0, 1.0):
        fills = market.candle(100, 100, 100, 100, volume=30.0)
        assert [float(fill.quantity) for fill in fills] == [expected]
        assert all(fill.maker for fill in fills) is (expected != 3.0 or market.at > MINUTE)
    assert market.candle(100, 100, 100, 100, volume=30.0) == []


def test_no_volume_no_limit_fill_but_a_stop_still_protects() -> None:
    market = Market()
    market.hold()
    market.place(OrderPurpose.STOP, 10, 90)
    market.place(OrderPurpose.TARGET, 10, 110)
    assert market.candle(115, 115, 115, 115, volume=0.0) == []
    assert market.seen(market.candle(85, 85, 85, 85, volume=0.0)) == [(85.0, 10.0)]


def test_an_order_on_its_way_finds_the_price_of_its_arrival() -> None:
    market = Market(costs=Costs(latency_ms=MINUTE // 2, half_spread=0, slippage=0, impact=0))
    market.place(OrderPurpose.ENTRY, 1, 110)
    (fill,) = market.candle(100, 104, 99, 100)
    assert (float(fill.price), fill.at) == (102.0, MINUTE // 2), "half a candle late, half of the way to its high"


def test_an_order_still_on_its_way_does_not_fill() -> None:
    market = Market(costs=Costs(latency_ms=1000))
    market.place(OrderPurpose.ENTRY, 1, 110)
    assert market.tick(500, 100) == []
    assert market.tick(999, 100) == []
    (fill,) = market.tick(1000, 100)
    assert fill.at == 1000


@SIDES
def test_a_market_exit_is_whole_and_pays_spread_slippage_and_impact(side: Side) -> None:
    market = Market(side, Costs(latency_ms=0, half_spread=0.01, slippage=0.01, impact=0.02))
    market.hold(entry=100)
    market.place(OrderPurpose.CLOSE, 10)
    (fill,) = market.candle(100, 100, 100, 100, volume=10.0)
    assert market.seen([fill]) == [(96.0, 10.0)]
    assert not fill.maker
    assert not market.book.position


@SIDES
def test_a_reduce_only_order_never_opens(side: Side) -> None:
    market = Market(side)
    market.hold()
    market.place(OrderPurpose.STOP, 10, 90)
    market.place(OrderPurpose.TARGET, 10, 110)
    market.place(OrderPurpose.CLOSE, 10)
    fills = market.candle(115, 120, 80, 100)
    assert sum(float(fill.quantity) for fill in fills) == 10.0
    assert market.book.position == quantity(0)
    assert market.candle(100, 130, 70, 100) == []


def test_fills_of_one_candle_are_in_time_order() -> None:
    """A target on the way to where the market order arrives: the later fill is not stamped earlier."""
    market = Market(costs=Costs(latency_ms=250, half_spread=0, slippage=0, impact=0))
    market.hold()
    market.candle(100, 100, 100, 100)
    market.place(OrderPurpose.TARGET, 5, 110)
    market.place(OrderPurpose.CLOSE, 10)
    fills = market.candle(115, 116, 110, 112)
    assert [fill.at for fill in fills] == sorted(fill.at for fill in fills)
    assert len(fills) == 2


# -------------------------------------------------------------------------------------------------------------- funding


@SIDES
def test_longs_pay_a_positive_rate_and_shorts_receive_it(side: Side) -> None:
    market = Market(side)
    assert market.book.funding(100.0, 5) is None
    market.hold("0.07")
    charge = market.book.funding(123.45678, 5)
    assert charge is not None
    assert (charge.at, charge.amount) == (5, side.sign * Decimal("0.00864197")), "0.1 % of 8.6419746, to the last step"


# ---------------------------------------------------------------------------------------------------------- persistence


@given(
    st.lists(st.tuples(st.sampled_from(OrderPurpose), st.integers(1, 500), st.integers(150, 250)), max_size=5),
    st.sampled_from(Side),
)
def test_a_book_read_back_is_the_same_book(orders: list[tuple[OrderPurpose, int, int]], side: Side) -> None:
    market = Market(side, Costs(participation=0.3))
    market.hold("4.97")
    for number, (purpose, size, level) in enumerate(orders, 1):
        market.place(purpose, size * INSTRUMENT.lot, level / 2, number=number)
    market.candle(100, 101, 99, 100, volume=3.0)
    dumped = market.book.dump()
    loaded = PaperBook.load(INSTRUMENT, market.book.costs, orjson.loads(orjson.dumps(dumped)))
    assert loaded.dump() == dumped
    stretch = Stretch(market.at, market.at + MINUTE, 100.0, 130.0, 70.0, 90.0, 50.0)
    assert loaded.asleep(stretch) == market.book.asleep(stretch)
    assert list(loaded.walk(stretch)) == list(market.book.walk(stretch))


# ---------------------------------------------------------------------------------------------------------- instruments


@given(st.floats(1e-8, 1e6))
def test_an_unknown_symbol_gets_steps_that_fit_its_price(value: float) -> None:
    instrument = instrument_for("NEWUSDT", value)
    assert (instrument.base, instrument.quote) == ("NEW", "USDT")
    assert 1e-5 <= float(instrument.tick) / value <= 1.0001e-4
    assert instrument.lot == instrument.min_quantity
    assert float(instrument.lot) * value <= 1.0 or instrument.lot == 1
    assert instrument.lot <= 1


def test_a_symbol_must_be_quoted_in_dollars() -> None:
    """What is gained in bitcoin may not be booked as so many dollars."""
    for symbol in ("USDT", "WHAT", "", "ETHBTC", "BTCEUR"):
        with pytest.raises(ValueError, match="ends in one of"):
            instrument_for(symbol, 1.0)


# ---------------------------------------------------------------------------------------------------------- liquidation


@pytest.mark.parametrize("side", list(Side))
def test_a_gap_beyond_the_margin_is_liquidated_and_loses_no_more_than_it(side: Side) -> None:
    market = Market(side, leverage=10)
    market.hold(10, 100)
    market.place(OrderPurpose.STOP, 10, 95, number=1)
    (taken,) = market.candle(80, 82, 70, 75)
    assert isinstance(taken, Liquidated)
    assert market.seen([taken.fill]) == [(90.0, 10.0)], "at the bankruptcy price: the margin is a tenth of the entry"
    assert taken.fill.fee == 0, "nothing is left to take it from"
    assert market.level(float(taken.price)) == pytest.approx(90.5)
    assert not market.book.position


@pytest.mark.parametrize("side", list(Side))
def test_what_the_margin_has_left_pays_the_fee(side: Side) -> None:
    market = Market(side, leverage=10)
    market.hold(10, 100)
    market.place(OrderPurpose.STOP, 10, 95, number=1)
    (taken,) = market.candle(90.5, 91, 90.5, 91)
    assert isinstance(taken, Liquidated)
    assert market.seen([taken.fill]) == [(90.5, 10.0)]
    assert taken.fill.fee == Decimal(5), "9.50 of 10 a unit are lost; the rate would have asked for more"


@pytest.mark.parametrize("side", list(Side))
def test_a_stop_that_is_nearer_comes_first(side: Side) -> None:
    market = Market(side, leverage=10)
    market.hold(10, 100)
    market.place(OrderPurpose.STOP, 10, 95, number=1)
    assert market.seen(market.candle(99, 100, 80, 85)) == [(95.0, 10.0)]
    assert not market.book.position


def test_a_book_that_comes_back_keeps_its_margin() -> None:
    market = Market(leverage=10)
    market.hold(10, 100)
    dumped = orjson.loads(orjson.dumps(market.book.dump()))
    loaded = PaperBook.load(INSTRUMENT, market.book.costs, dumped)
    gap = Stretch(market.at, market.at + MINUTE, 80.0, 80.0, 70.0, 75.0, 1e6)
    assert not loaded.asleep(gap)
    assert list(loaded.walk(gap)) == list(market.book.walk(gap))
    assert loaded.dump() == market.book.dump()


@pytest.mark.parametrize("side", list(Side))
def test_a_book_of_before_there_was_margin_is_never_liquidated(side: Side) -> None:
    market = Market(side)
    market.hold(10, 100)
    dumped = market.book.dump()
    for name in ("leverage", "spent", "opened_by"):
        del dumped[name]
    market.book = PaperBook.load(INSTRUMENT, FREE, orjson.loads(orjson.dumps(dumped)))
    market.place(OrderPurpose.TARGET, 4, 105, number=1)
    assert market.seen(market.candle(100, 106, 100, 104)) == [(105.0, 4.0)]
    market.place(OrderPurpose.ENTRY, 2, 50, number=2)
    assert market.seen(market.candle(104, 104, 1, 60)) == [(50.0, 2.0)]
    assert market.book.position == quantity(8)
    again = PaperBook.load(INSTRUMENT, FREE, orjson.loads(orjson.dumps(market.book.dump())))
    assert again.dump() == market.book.dump()
    assert list(again.walk(Stretch(market.at, market.at + MINUTE, 199.0, 199.0, 1.0, 1.0, 1e6))) == []
