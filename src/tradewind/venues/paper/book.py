"""One account's orders and position on one symbol, as the paper venue holds them.

The book knows nothing of plans and signals: it takes commands, answers with reports and fills what prices reach. What
we believe about a trade lives elsewhere and is compared with this.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradewind.core.costs import Costs
from tradewind.core.ids import FillId, OrderId
from tradewind.core.margin import Margin, bounded_fee, margin
from tradewind.core.matching import BookOrder, Stretch, Touch, available, fee, fill_price, first_touch
from tradewind.core.orders import Order, OrderKind
from tradewind.core.trade import (
    Accepted,
    Amend,
    Amended,
    Cancel,
    Canceled,
    Command,
    Filled,
    FundingCharged,
    Liquidated,
    Place,
    Refused,
    Report,
)
from tradewind.core.values import MONEY_STEP, Instrument, Price, Quantity, Rounding, Side, decimal_of, round_to
from tradewind.kit.ids import derive_id
from tradewind.venues.paper.instruments import LIQUIDATION_FEE

_NEVER_BELOW = float("-inf")
_NEVER_ABOVE = float("inf")


class PaperBook:
    """Orders, position and execution counter of one account on one symbol."""

    __slots__ = (
        "_filled_at",
        "_fills",
        "_margin",
        "_opened_by",
        "_orders",
        "_spent",
        "_wake_high",
        "_wake_low",
        "costs",
        "instrument",
        "leverage",
        "position",
        "seen",
        "side",
    )

    def __init__(self, instrument: Instrument, side: Side, costs: Costs, leverage: Decimal | None) -> None:
        """
        Args:
            leverage: notional ÷ isolated margin of the position; None = a book of before there was margin, which does
                not know what its position cost and is never liquidated.
        """
        self.instrument = instrument
        self.side = side
        self.costs = costs
        self.leverage = leverage
        self.position = instrument.no_quantity()
        #: High and low of the present stretch as far as they are certain to lie after the entry.
        self.seen = (0.0, 0.0)
        self._orders: dict[OrderId, BookOrder] = {}
        self._fills = 0
        #: What the position cost, quote currency, its margin, and the order that filled last to open it.
        self._spent = Decimal(0)
        self._margin: Margin | None = None
        self._opened_by: OrderId | None = None
        #: When the last fill of the present stretch was.
        self._filled_at = 0
        self._wake_low = _NEVER_BELOW
        self._wake_high = _NEVER_ABOVE

    # ---------------------------------------------------------------------------------------------------- commands

    def execute(self, command: Command, at: int) -> Report:
        """Carry out a command at market time `at` and report what became of it."""
        match command:
            case Place(order):
                return self._place(order, at)
            case Amend(order_id, quantity, trigger):
                held = self._orders[order_id]
                level = trigger if held.kind is OrderKind.STOP_MARKET else held.level
                self._orders[order_id] = held._replace(quantity=quantity, level=level)
                self._wake()
                return Amended(order_id, at, quantity, trigger)
            case Cancel(order_id):
                del self._orders[order_id]
                self._wake()
                return Canceled(order_id, at)

    def _place(self, order: Order, at: int) -> Report:
        reason = self._refusal(order)
        if reason is not None:
            return Refused(order.id, at, reason)
        # Stops and targets answer a fill and are held by the venue with the position (attached), so no time passes;
        # what we send on our own account takes the way to the venue.
        attached = order.reduce_only and order.kind is not OrderKind.MARKET
        self._orders[order.id] = BookOrder(
            id=order.id,
            kind=order.kind,
            buys=order.buys,
            level=order.trigger or order.price,
            quantity=order.quantity,
            filled=order.quantity.zero(),
            reduce_only=order.reduce_only,
            arrives_at=at if attached else at + self.costs.latency_ms,
            rested=attached,
        )
        self._wake()
        return Accepted(order.id, at)

    def _refusal(self, order: Order) -> str | None:
        instrument = self.instrument
        if order.reduce_only:
            # As on futures venues: reducing orders may be small, but never exceed what they reduce.
            if order.quantity > self.position:
                return f"reduce-only quantity {order.quantity} above the position of {self.position}"
        elif order.quantity.value < instrument.min_quantity:
            return f"quantity {order.quantity} below the minimum of {instrument.min_quantity}"
        elif order.price is not None and not instrument.tradable(order.price, order.quantity):
            return f"notional below the minimum of {instrument.min_notional} {instrument.quote}"
        return None

    # ------------------------------------------------------------------------------------------------------ prices

    def asleep(self, stretch: Stretch) -> bool:
        """Whether nothing in the book can be reached by `stretch`."""
        return stretch.low > self._wake_low and stretch.high < self._wake_high

    def walk(self, stretch: Stretch) -> Iterator[Filled | Liquidated]:
        """Fill what `stretch` reaches, one fill at a time, and liquidate the position where its margin is used up.

        Commands may be executed between two fills; they count from the price of the fill on. Exhaust the iterator.
        """
        path, arrival = self._path(stretch)
        self.seen = (stretch.high, stretch.low)
        self._filled_at = stretch.start
        used = self.instrument.no_quantity()
        exhausted: set[OrderId] = set()
        price, step = path[0], 0
        while step < len(path):
            touch = first_touch(self._reachable(stretch, step >= arrival, exhausted), price, path[step])
            ended = self._margin_ends(price, path[step])
            if ended is not None and (touch is None or abs(ended - price) <= abs(touch.price - price)):
                price = ended
                yield self._liquidate(price, stretch)
                continue
            if touch is None:
                price = path[step]
                step += 1
                continue
            price = touch.price
            order = touch.order
            quantity = available(order, stretch, self.costs, used)
            if order.reduce_only:
                quantity = min(quantity, self.position)
            if not quantity:
                exhausted.add(order.id)
                continue
            if order.kind is OrderKind.LIMIT:
                used = used + quantity
            # On the way to the close nothing is undone: an entry there is one that an exit in this very stretch has
            # made room for, and the extremes are behind it.
            if not order.reduce_only and not touch.gapped and step < len(path) - 1:
                path, step, arrival = stretch.path_after_entry(self.side.sign, price), 1, 0
                self.seen = (max(path), min(path))
            yield self._fill(touch, quantity, stretch)
        self._settle(stretch)

    def _reachable(self, stretch: Stretch, arrived: bool, exhausted: set[OrderId]) -> list[BookOrder]:
        return [
            order
            for order in self._orders.values()
            if order.id not in exhausted and (order.rested or (arrived and order.arrives_at <= stretch.end))
        ]

    def _path(self, stretch: Stretch) -> tuple[tuple[float, ...], int]:
        """The prices to walk, and from which step on orders that are on their way count.

        An order that reaches the venue within a candle finds the price of its arrival, not the open.
        """
        path = stretch.path(self.side.sign)
        if len(path) == 1:
            return path, 0
        for order in self._orders.values():
            if not order.rested and stretch.start < order.arrives_at <= stretch.end:
                arrival = stretch.arrival(order.buys, order.arrives_at - stretch.start)
                return (path[0], arrival, *path[1:]), 2
        return path, 0

    def _fill(self, touch: Touch, quantity: Quantity, stretch: Stretch) -> Filled:
        order = touch.order
        price, maker = fill_price(touch, quantity, stretch, self.costs, self.instrument)
        filled = order.filled + quantity
        self._hold(order, price, quantity)
        if filled == order.quantity:
            del self._orders[order.id]
        else:
            self._orders[order.id] = order._replace(filled=filled, rested=True)
        self._fills += 1
        rate = self.costs.maker if maker else self.costs.taker
        charged = round_to(fee(price, quantity, rate), MONEY_STEP, Rounding.NEAREST)
        # What is reached inside the stretch fills at a moment nobody knows, which is over at its end; what can fill on
        # its arrival does so then, but not before what has filled already.
        on_arrival = touch.gapped and not order.rested
        at = min(max(order.arrives_at, self._filled_at), stretch.end) if on_arrival else stretch.end
        self._filled_at = at
        return Filled(order.id, at, FillId(derive_id("fill", order.id, self._fills)), price, quantity, charged, maker)

    def _hold(self, order: BookOrder, price: Price, quantity: Quantity) -> None:
        """The position after a fill, and its margin."""
        before = self.position
        if order.reduce_only:
            self.position = before - quantity
            self._spent = self._spent * self.position.value / before.value
        else:
            self.position = before + quantity
            self._spent += price.value * quantity.value
            self._opened_by = order.id
        self._margin = self._margin_of_position()

    def _margin_of_position(self) -> Margin | None:
        if not self.position or self.leverage is None:
            return None
        entry = self._spent / self.position.value
        return margin(self.side, entry, self.leverage, self.instrument.maintenance_margin)

    def _margin_ends(self, start: float, end: float) -> float | None:
        """The price at which a move from `start` to `end` uses the margin up, if it does."""
        if self._margin is None:
            return None
        level, sign = float(self._margin.liquidation), self.side.sign
        if (start - level) * sign <= 0.0:
            return start
        return level if (end - level) * sign <= 0.0 else None

    def _liquidate(self, price: float, stretch: Stretch) -> Liquidated:
        """Take the position at `price`, as a market order would be filled, but not beyond its bankruptcy."""
        assert self._margin is not None, "what is liquidated has a margin"
        assert self._opened_by is not None, "what is held was opened by an order"
        instrument, sign, quantity = self.instrument, self.side.sign, self.position
        towards = Rounding.UP if sign > 0 else Rounding.DOWN
        bounds = [instrument.quantise(max(at, instrument.tick), towards) for at in self._margin]
        order_id = OrderId(derive_id("liquidation", self._opened_by))
        order = BookOrder(
            order_id, OrderKind.MARKET, sign < 0, None, quantity, quantity.zero(), True, stretch.start, True
        )
        worse, _ = fill_price(Touch(order, price, True), quantity, stretch, self.costs, instrument)
        taken = max(worse, bounds[1]) if sign > 0 else min(worse, bounds[1])
        charged = bounded_fee(self.side, taken.value, quantity.value, self._margin, LIQUIDATION_FEE)
        self._hold(order, taken, quantity)
        self._fills += 1
        fill_id = FillId(derive_id("fill", order_id, self._fills))
        paid = round_to(charged, MONEY_STEP, Rounding.DOWN)
        return Liquidated(Filled(order_id, stretch.end, fill_id, taken, quantity, paid, False), bounds[0])

    def _settle(self, stretch: Stretch) -> None:
        for order in list(self._orders.values()):
            if not order.rested and order.arrives_at <= stretch.end:
                self._orders[order.id] = order._replace(rested=True)
        self._wake()

    def _wake(self) -> None:
        """Remember between which prices nothing can happen."""
        low, high = _NEVER_BELOW, _NEVER_ABOVE
        if self._margin is not None:
            level = float(self._margin.liquidation)
            low, high = (level, high) if self.side is Side.LONG else (low, level)
        for order in self._orders.values():
            if order.level is None or not order.rested:
                low, high = _NEVER_ABOVE, _NEVER_BELOW
                break
            level = float(order.level)
            if order.buys == (order.kind is OrderKind.LIMIT):
                low = max(low, level)
            else:
                high = min(high, level)
        self._wake_low, self._wake_high = low, high

    # ----------------------------------------------------------------------------------------------------- funding

    def funding(self, price: float, at: int) -> FundingCharged | None:
        """Charge the assumed funding on the position at `price`; longs pay a positive rate."""
        if not self.position:
            return None
        rate = decimal_of(self.costs.funding_rate) * self.side.sign
        amount = round_to(decimal_of(price) * self.position.value * rate, MONEY_STEP, Rounding.NEAREST)
        return FundingCharged(at, amount)

    # -------------------------------------------------------------------------------------------------- persistence

    def dump(self) -> dict[str, Any]:
        """The book as JSON values, complete."""
        return {
            "side": self.side.value,
            "leverage": None if self.leverage is None else str(self.leverage),
            "position": str(self.position.value),
            "spent": str(self._spent),
            "opened_by": None if self._opened_by is None else str(self._opened_by),
            "fills": self._fills,
            "orders": [
                {
                    "id": str(order.id),
                    "kind": order.kind.value,
                    "buys": order.buys,
                    "level": None if order.level is None else str(order.level.value),
                    "quantity": str(order.quantity.value),
                    "filled": str(order.filled.value),
                    "reduce_only": order.reduce_only,
                    "arrives_at": order.arrives_at,
                    "rested": order.rested,
                }
                for order in self._orders.values()
            ],
        }

    @classmethod
    def load(cls, instrument: Instrument, costs: Costs, dumped: dict[str, Any]) -> PaperBook:
        """The book that `dump` wrote."""
        leverage, opened_by = dumped.get("leverage"), dumped.get("opened_by")
        book = cls(instrument, Side(dumped["side"]), costs, None if leverage is None else Decimal(leverage))
        book.position = Quantity(Decimal(dumped["position"]), instrument.lot)
        book._opened_by = None if opened_by is None else OrderId(UUID(opened_by))
        book._spent = Decimal(dumped.get("spent", 0))
        book._margin = book._margin_of_position()
        book._fills = dumped["fills"]
        for raw in dumped["orders"]:
            order_id = OrderId(UUID(raw["id"]))
            book._orders[order_id] = BookOrder(
                id=order_id,
                kind=OrderKind(raw["kind"]),
                buys=raw["buys"],
                level=None if raw["level"] is None else instrument.price(Decimal(raw["level"])),
                quantity=Quantity(Decimal(raw["quantity"]), instrument.lot),
                filled=Quantity(Decimal(raw["filled"]), instrument.lot),
                reduce_only=raw["reduce_only"],
                arrives_at=raw["arrives_at"],
                rested=raw["rested"],
            )
        book._wake()
        return book
