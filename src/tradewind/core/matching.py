"""How resting orders fill when prices move: the fill model of the paper venue and of back-tests.

Prices come as stretches. A tick is a stretch of one price. A candle is a stretch whose order of high and low nobody
knows, so it is walked the way that hurts the position most: against it first (open → low → high → close for a long).
What fills inside a candle fills at its level, what is gapped over fills at the open, and a position entered inside a
candle is not credited with that candle's favourable extreme, which may have come before.

Assumptions: a limit order fills when its price is touched, up to `participation` of the stretch's volume; market and
stop orders fill whole and pay half the spread, slippage and impact; a marketable limit order pays the same, within its
limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from math import inf
from typing import NamedTuple

from tradewind.core.costs import MOST_WORSENING, Costs
from tradewind.core.ids import OrderId
from tradewind.core.orders import OrderKind
from tradewind.core.values import Instrument, Price, Quantity, Rounding, decimal_of


class BookOrder(NamedTuple):
    """An order as the venue holds it.

    Attributes:
        level: the limit price or the trigger; none for a market order.
        arrives_at: market ms from which the venue's book knows it.
        rested: it was in the book before the present stretch, so a touch makes it the maker.
    """

    id: OrderId
    kind: OrderKind
    buys: bool
    level: Price | None
    quantity: Quantity
    filled: Quantity
    reduce_only: bool
    arrives_at: int
    rested: bool

    @property
    def remaining(self) -> Quantity:
        return self.quantity - self.filled


class Touch(NamedTuple):
    """`order` is reached with the market at `price`; `gapped` = it was already beyond the level."""

    order: BookOrder
    price: float
    gapped: bool


class Stretch(NamedTuple):
    """Prices between two looks at the market.

    Attributes:
        start, end: market ms.
        volume: traded in base currency.
    """

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    def path(self, side: int) -> tuple[float, ...]:
        """The prices in the order that is worst for a position of `side` (+1 long, −1 short)."""
        if self.high == self.low:
            return (self.close,)
        if side > 0:
            return (self.open, self.low, self.high, self.close)
        return (self.open, self.high, self.low, self.close)

    def path_after_entry(self, side: int, entry: float) -> tuple[float, ...]:
        """What is certain to come after an entry inside the stretch: the adverse extreme and the close."""
        return (entry, self.low if side > 0 else self.high, self.close)

    def arrival(self, buys: bool, latency_ms: int) -> float:
        """The price an order finds that was sent at the start: the open, moved against it by the share of the stretch
        that the latency takes."""
        span = self.end - self.start
        if span <= 0:
            return self.close
        adverse = self.high if buys else self.low
        return self.open + (adverse - self.open) * min(1.0, latency_ms / span)


class Calm(NamedTuple):
    """Between which prices, and until when, nothing happens: a stretch that keeps off the bounds changes nothing.

    Attributes:
        until: market ms.
    """

    low: float
    high: float
    until: float

    def covers(self, stretch: Stretch) -> bool:
        return stretch.low > self.low and stretch.high < self.high and stretch.end < self.until


#: Anything may happen at any price; and nothing ever will.
RESTLESS = Calm(inf, -inf, -inf)
OVER = Calm(-inf, inf, inf)


def is_past(stretch: Stretch, began_at: int) -> bool:
    """Whether all of `stretch` was before something that began at `began_at`; a candle that comes late may be."""
    return began_at >= stretch.end and began_at > stretch.start


def first_touch(orders: Iterable[BookOrder], start: float, end: float) -> Touch | None:
    """The order that a price moving from `start` to `end` reaches first; stops before others at the same price."""
    best: Touch | None = None
    best_rank = (0.0, 0)
    for order in orders:
        touch = _touch(order, start, end)
        if touch is not None:
            rank = (abs(touch.price - start), 0 if order.kind is OrderKind.STOP_MARKET else 1)
            if best is None or rank < best_rank:
                best, best_rank = touch, rank
    return best


def _touch(order: BookOrder, start: float, end: float) -> Touch | None:
    if order.level is None:
        return Touch(order, start, True)
    level = float(order.level)
    # A buy limit and a sell stop wait for the price to fall to them; the other two for it to rise.
    falling = order.buys == (order.kind is OrderKind.LIMIT)
    if (start <= level) if falling else (start >= level):
        return Touch(order, start, True)
    if (end <= level) if falling else (end >= level):
        return Touch(order, level, False)
    return None


def available(order: BookOrder, stretch: Stretch, costs: Costs, used: Quantity) -> Quantity:
    """How much of `order` the stretch can fill when `used` of its volume was taken before."""
    if order.kind is not OrderKind.LIMIT:
        return order.remaining
    lot = order.quantity.lot
    budget = Quantity(lot * int(costs.participation * stretch.volume / float(lot)), lot)
    if budget <= used:
        return order.quantity.zero()
    return min(order.remaining, budget - used)


def fill_price(
    touch: Touch, quantity: Quantity, stretch: Stretch, costs: Costs, instrument: Instrument
) -> tuple[Price, bool]:
    """The price of a fill and whether the order was the maker."""
    order = touch.order
    if order.kind is OrderKind.LIMIT and (order.rested or not touch.gapped):
        assert order.level is not None
        return order.level, True
    share = float(quantity) / stretch.volume if stretch.volume > 0 else 1.0
    worse = min(costs.half_spread + costs.slippage + costs.impact * min(share, 1.0), MOST_WORSENING)
    if order.buys:
        price = instrument.quantise(touch.price * (1.0 + worse), Rounding.UP)
        return (min(price, order.level) if order.kind is OrderKind.LIMIT and order.level else price), False
    # A market that has all but vanished still pays one tick.
    price = instrument.quantise(max(touch.price * (1.0 - worse), float(instrument.tick)), Rounding.DOWN)
    return (max(price, order.level) if order.kind is OrderKind.LIMIT and order.level else price), False


def fee(price: Price, quantity: Quantity, rate: float) -> Decimal:
    """The fee on a fill, quote currency, before rounding to the booking step."""
    return price.value * quantity.value * _exact(rate)


_exact = lru_cache(decimal_of)  # rates are few
