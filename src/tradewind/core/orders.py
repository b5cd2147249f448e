"""Orders: what was asked, and the explicit state machine of what became of it.

Denied (we refused), rejected (the venue refused) and unknown (nobody answered) are three different things. Every legal
(status, event) pair is listed; any other is an error, because a book that disagrees with the venue must not go on.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tradewind.core.ids import OrderId
from tradewind.core.values import EXACT, Price, Quantity, Side


class OrderKind(StrEnum):
    """How an order is executed."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"


class OrderPurpose(StrEnum):
    """What the order is for in its position's plan."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    CLOSE = "close"
    LIQUIDATION = "liquidation"
    """The venue's own, when a position's margin is used up."""


class OrderStatus(StrEnum):
    """Where an order stands; see `TRANSITIONS`."""

    INITIALIZED = "initialized"
    DENIED = "denied"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def working(self) -> bool:
        """Whether the order may still fill on the venue."""
        return self in _WORKING

    @property
    def final(self) -> bool:
        return self in _FINAL


_WORKING = frozenset({OrderStatus.ACCEPTED, OrderStatus.TRIGGERED, OrderStatus.PARTIALLY_FILLED})
_FINAL = frozenset(
    {OrderStatus.DENIED, OrderStatus.REJECTED, OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED}
)


class OrderEvent(StrEnum):
    """What can happen to an order, in the past tense; all but the first two come from the venue."""

    DENIED = "denied"
    SUBMITTED = "submitted"
    TIMED_OUT = "timed_out"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AMENDED = "amended"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


_S, _E = OrderStatus, OrderEvent

#: Every legal transition. What is not here is an error.
TRANSITIONS: dict[tuple[OrderStatus, OrderEvent], OrderStatus] = {
    (_S.INITIALIZED, _E.DENIED): _S.DENIED,
    (_S.INITIALIZED, _E.SUBMITTED): _S.SUBMITTED,
    # The answer to a submit; a fill may overtake the acknowledgement on another stream.
    (_S.SUBMITTED, _E.ACCEPTED): _S.ACCEPTED,
    (_S.SUBMITTED, _E.REJECTED): _S.REJECTED,
    (_S.SUBMITTED, _E.TIMED_OUT): _S.UNKNOWN,
    (_S.SUBMITTED, _E.TRIGGERED): _S.TRIGGERED,
    (_S.SUBMITTED, _E.PARTIALLY_FILLED): _S.PARTIALLY_FILLED,
    (_S.SUBMITTED, _E.FILLED): _S.FILLED,
    (_S.SUBMITTED, _E.CANCELED): _S.CANCELED,
    (_S.SUBMITTED, _E.EXPIRED): _S.EXPIRED,
    # Unknown is resolved by asking the venue; proof of absence counts as a rejection.
    (_S.UNKNOWN, _E.ACCEPTED): _S.ACCEPTED,
    (_S.UNKNOWN, _E.REJECTED): _S.REJECTED,
    (_S.UNKNOWN, _E.TRIGGERED): _S.TRIGGERED,
    (_S.UNKNOWN, _E.PARTIALLY_FILLED): _S.PARTIALLY_FILLED,
    (_S.UNKNOWN, _E.FILLED): _S.FILLED,
    (_S.UNKNOWN, _E.CANCELED): _S.CANCELED,
    (_S.UNKNOWN, _E.EXPIRED): _S.EXPIRED,
    (_S.ACCEPTED, _E.AMENDED): _S.ACCEPTED,
    (_S.ACCEPTED, _E.TRIGGERED): _S.TRIGGERED,
    (_S.ACCEPTED, _E.PARTIALLY_FILLED): _S.PARTIALLY_FILLED,
    (_S.ACCEPTED, _E.FILLED): _S.FILLED,
    (_S.ACCEPTED, _E.CANCELED): _S.CANCELED,
    (_S.ACCEPTED, _E.EXPIRED): _S.EXPIRED,
    # Venues accept a post-only or conditional order first and refuse it when it comes to the book.
    (_S.ACCEPTED, _E.REJECTED): _S.REJECTED,
    (_S.TRIGGERED, _E.PARTIALLY_FILLED): _S.PARTIALLY_FILLED,
    (_S.TRIGGERED, _E.FILLED): _S.FILLED,
    (_S.TRIGGERED, _E.CANCELED): _S.CANCELED,
    (_S.TRIGGERED, _E.EXPIRED): _S.EXPIRED,
    (_S.TRIGGERED, _E.REJECTED): _S.REJECTED,
    (_S.PARTIALLY_FILLED, _E.AMENDED): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _E.PARTIALLY_FILLED): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _E.FILLED): _S.FILLED,
    (_S.PARTIALLY_FILLED, _E.CANCELED): _S.CANCELED,
    (_S.PARTIALLY_FILLED, _E.EXPIRED): _S.EXPIRED,
    # Seen on real venues: the cancel is acknowledged while a fill is already on its way.
    (_S.CANCELED, _E.PARTIALLY_FILLED): _S.CANCELED,
    (_S.CANCELED, _E.FILLED): _S.FILLED,
    (_S.EXPIRED, _E.PARTIALLY_FILLED): _S.EXPIRED,
    (_S.EXPIRED, _E.FILLED): _S.FILLED,
    # The acknowledgement that was overtaken on the other stream says nothing new.
    (_S.TRIGGERED, _E.ACCEPTED): _S.TRIGGERED,
    (_S.PARTIALLY_FILLED, _E.ACCEPTED): _S.PARTIALLY_FILLED,
    (_S.FILLED, _E.ACCEPTED): _S.FILLED,
    (_S.CANCELED, _E.ACCEPTED): _S.CANCELED,
    (_S.EXPIRED, _E.ACCEPTED): _S.EXPIRED,
}


class IllegalTransitionError(Exception):
    """An event that cannot happen to an order (or position) in its state."""


class Order(NamedTuple):
    """One order and its state.

    Attributes:
        id: ours; also the client order id the venue gets, fixed before anything is sent.
        kind: market, limit or stop-market.
        side: direction of the POSITION the order belongs to; `buys` tells the direction of the order itself.
        quantity: asked for, base currency.
        price: limit price; none for market and stop-market.
        trigger: stop price; only for stop-market.
        reduce_only: may only shrink the position, so that an orphan can never open one.
        level: which target, or which addition to the entry, from 1; 0 for all else.
        status: state of the machine above.
        filled: executed so far.
        spent: Σ price × quantity of the fills, quote currency, exact.
        sent_at: market time of submission, UTC ms.
        asked: quantity and trigger of an amend that the venue has not answered yet.
        canceling: a cancel was commanded.
    """

    id: OrderId
    symbol: str
    side: Side
    purpose: OrderPurpose
    kind: OrderKind
    quantity: Quantity
    price: Price | None
    trigger: Price | None
    reduce_only: bool
    level: int
    sent_at: int
    status: OrderStatus
    filled: Quantity
    spent: Decimal
    asked: tuple[Quantity, Price | None] | None = None
    canceling: bool = False

    @property
    def buys(self) -> bool:
        return (self.side is Side.LONG) == (self.purpose is OrderPurpose.ENTRY)

    @property
    def remaining(self) -> Quantity:
        return self.quantity - self.filled

    @property
    def intended(self) -> tuple[Quantity, Price | None]:
        """Quantity and trigger once every command that is under way has taken effect."""
        return self.asked or (self.quantity, self.trigger)

    @property
    def live(self) -> bool:
        """Whether the venue may hold it: working, or on its way, or unknown."""
        return not self.status.final

    def after(self, event: OrderEvent) -> Order:
        """The order after `event` that carries no quantity.

        Raises:
            IllegalTransitionError: `event` cannot happen in this state.
        """
        return self._replace(status=self._next(event))

    def amended(self, quantity: Quantity, trigger: Price | None) -> Order:
        """The order after the venue changed its quantity and trigger."""
        if quantity < self.filled:
            raise IllegalTransitionError(f"order {self.id}: amended to {quantity}, below {self.filled} already filled")
        return self._replace(status=self._next(OrderEvent.AMENDED), quantity=quantity, trigger=trigger, asked=None)

    def executed(self, price: Price, quantity: Quantity) -> Order:
        """The order after a fill.

        Raises:
            IllegalTransitionError: it cannot fill in this state, or would be filled beyond its quantity.
        """
        filled = self.filled + quantity
        if filled > self.quantity or not quantity:
            raise IllegalTransitionError(
                f"order {self.id}: fill of {quantity} on {self.filled} of {self.quantity} filled"
            )
        event = OrderEvent.FILLED if filled == self.quantity else OrderEvent.PARTIALLY_FILLED
        spent = EXACT.add(self.spent, EXACT.multiply(price.value, quantity.value))
        return self._replace(status=self._next(event), filled=filled, spent=spent)

    def _next(self, event: OrderEvent) -> OrderStatus:
        status = TRANSITIONS.get((self.status, event))
        if status is None:
            raise IllegalTransitionError(f"order {self.id}: {event} cannot happen to an order that is {self.status}")
        return status
