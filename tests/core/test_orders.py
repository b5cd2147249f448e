"""The order's state machine: every pair of state and event, and any sequence of them."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tradewind.core.ids import OrderId
from tradewind.core.orders import (
    TRANSITIONS,
    IllegalTransitionError,
    Order,
    OrderEvent,
    OrderKind,
    OrderPurpose,
    OrderStatus,
)
from tradewind.core.values import Price, Quantity, Side

TICK, LOT = Decimal("0.01"), Decimal("0.001")
S, E = OrderStatus, OrderEvent
FILLS = (E.PARTIALLY_FILLED, E.FILLED)


def price(ticks: int) -> Price:
    return Price(ticks * TICK, TICK)


def quantity(lots: int) -> Quantity:
    return Quantity(lots * LOT, LOT)


def order_in(status: OrderStatus, *, lots: int = 10, filled: int = 0, **changes: object) -> Order:
    order = Order(
        id=OrderId(UUID(int=1)),
        symbol="BTCUSDT",
        side=Side.LONG,
        purpose=OrderPurpose.ENTRY,
        kind=OrderKind.LIMIT,
        quantity=quantity(lots),
        price=price(10_000),
        trigger=None,
        reduce_only=False,
        level=0,
        sent_at=0,
        status=status,
        filled=quantity(filled),
        spent=filled * LOT * 100,
    )
    return order._replace(**changes)


def happen(order: Order, event: OrderEvent) -> Order:
    """`order` after `event`, by the method that takes such events."""
    if event is E.FILLED:
        return order.executed(price(9_990), order.remaining)
    if event is E.PARTIALLY_FILLED:
        return order.executed(price(9_990), quantity(1))
    if event is E.AMENDED:
        return order.amended(quantity(12), price(9_000))
    return order.after(event)


#: What the venue may answer while it has not answered yet, whether or not we stopped waiting.
ANSWERS = {
    E.ACCEPTED: S.ACCEPTED,
    E.REJECTED: S.REJECTED,
    E.TRIGGERED: S.TRIGGERED,
    E.PARTIALLY_FILLED: S.PARTIALLY_FILLED,
    E.FILLED: S.FILLED,
    E.CANCELED: S.CANCELED,
    E.EXPIRED: S.EXPIRED,
}

#: The life of an order as told to a new colleague. What is not here cannot happen.
LIFE: dict[OrderStatus, dict[OrderEvent, OrderStatus]] = {
    S.INITIALIZED: {E.DENIED: S.DENIED, E.SUBMITTED: S.SUBMITTED},
    S.DENIED: {},
    S.SUBMITTED: {**ANSWERS, E.TIMED_OUT: S.UNKNOWN},
    S.UNKNOWN: ANSWERS,
    S.ACCEPTED: {
        E.REJECTED: S.REJECTED,
        E.AMENDED: S.ACCEPTED,
        E.TRIGGERED: S.TRIGGERED,
        E.PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.FILLED: S.FILLED,
        E.CANCELED: S.CANCELED,
        E.EXPIRED: S.EXPIRED,
    },
    S.REJECTED: {},
    S.TRIGGERED: {
        E.ACCEPTED: S.TRIGGERED,
        E.REJECTED: S.REJECTED,
        E.PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.FILLED: S.FILLED,
        E.CANCELED: S.CANCELED,
        E.EXPIRED: S.EXPIRED,
    },
    S.PARTIALLY_FILLED: {
        E.ACCEPTED: S.PARTIALLY_FILLED,
        E.AMENDED: S.PARTIALLY_FILLED,
        E.PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.FILLED: S.FILLED,
        E.CANCELED: S.CANCELED,
        E.EXPIRED: S.EXPIRED,
    },
    S.FILLED: {E.ACCEPTED: S.FILLED},
    S.CANCELED: {E.ACCEPTED: S.CANCELED, E.PARTIALLY_FILLED: S.CANCELED, E.FILLED: S.FILLED},
    S.EXPIRED: {E.ACCEPTED: S.EXPIRED, E.PARTIALLY_FILLED: S.EXPIRED, E.FILLED: S.FILLED},
}


@pytest.mark.parametrize("event", OrderEvent)
@pytest.mark.parametrize("status", OrderStatus)
def test_every_pair_of_status_and_event(status: OrderStatus, event: OrderEvent) -> None:
    order = order_in(status, filled=3 if status is S.PARTIALLY_FILLED else 0)
    expected = LIFE[status].get(event)
    assert TRANSITIONS.get((status, event)) is expected
    if expected is None:
        with pytest.raises(IllegalTransitionError):
            happen(order, event)
        return
    after = happen(order, event)
    assert after.status is expected
    unchanged = {"filled", "spent"} if event not in FILLS else {"quantity", "trigger", "asked"}
    if event is not E.AMENDED:
        unchanged |= {"quantity", "trigger", "asked"}
    unchanged |= {"id", "symbol", "side", "purpose", "kind", "price", "reduce_only", "level", "sent_at", "canceling"}
    assert {name: getattr(after, name) for name in unchanged} == {name: getattr(order, name) for name in unchanged}


def test_what_the_table_promises() -> None:
    """Rules that the table as a whole must keep, whatever is added to it."""
    for (before, event), after in TRANSITIONS.items():
        if event is E.DENIED:
            assert before is S.INITIALIZED, "we refuse before we send, never after"
        if event is E.TIMED_OUT:
            assert (before, after) == (S.SUBMITTED, S.UNKNOWN)
        if before is S.DENIED or before is S.REJECTED:
            pytest.fail(f"nothing can happen to an order that never was in a book, but {event} can to {before}")
        if before is S.FILLED:
            assert after is S.FILLED
        if before.final:
            assert after is before or event is E.FILLED, "an end is an end; only a fill may prove it wrong"
            assert event in (*FILLS, E.ACCEPTED)
        if after is S.UNKNOWN:
            assert before is S.SUBMITTED
        if before is not S.INITIALIZED:
            assert after not in (S.INITIALIZED, S.SUBMITTED, S.DENIED)
        if event is E.REJECTED:
            assert before is not S.PARTIALLY_FILLED, "what has filled was not refused"
    for status in OrderStatus:
        legal = {event for (before, event) in TRANSITIONS if before is status}
        if status in (S.SUBMITTED, S.UNKNOWN):
            assert legal >= {E.ACCEPTED, E.REJECTED, E.TRIGGERED, *FILLS, E.CANCELED, E.EXPIRED}, "any answer resolves"
        if status.working:
            assert legal >= {*FILLS, E.CANCELED, E.EXPIRED}
        assert status.working + status.final <= 1
        assert order_in(status).live is not status.final


def test_denied_rejected_and_unknown_are_three_things() -> None:
    assert len({S.DENIED, S.REJECTED, S.UNKNOWN}) == 3
    assert order_in(S.UNKNOWN).live, "nobody answered: the venue may hold it"
    assert not order_in(S.DENIED).live
    assert not order_in(S.REJECTED).live
    with pytest.raises(IllegalTransitionError, match="accepted cannot happen to an order that is rejected"):
        order_in(S.REJECTED).after(E.ACCEPTED)


@pytest.mark.parametrize("status", [S.CANCELED, S.EXPIRED])
def test_a_late_fill_is_a_fact(status: OrderStatus) -> None:
    """The cancel was acknowledged while a fill was already on its way."""
    part = order_in(status, filled=2).executed(price(9_990), quantity(3))
    assert (part.status, part.filled) == (status, quantity(5))
    assert not part.live
    whole = part.executed(price(9_980), quantity(5))
    assert (whole.status, whole.filled) == (S.FILLED, quantity(10))
    with pytest.raises(IllegalTransitionError):
        whole.executed(price(9_980), quantity(1))


@pytest.mark.parametrize("overtaken_by", [E.TRIGGERED, *FILLS, E.CANCELED, E.EXPIRED])
def test_an_acknowledgement_may_come_after_what_it_acknowledges(overtaken_by: OrderEvent) -> None:
    """Fills and acknowledgements come on two streams; the later acknowledgement is no contradiction."""
    before = happen(order_in(S.SUBMITTED), overtaken_by)
    assert before.after(E.ACCEPTED) == before


@pytest.mark.parametrize("lots", [0, 8, 100])
def test_no_fill_beyond_the_quantity_and_none_of_nothing(lots: int) -> None:
    order = order_in(S.PARTIALLY_FILLED, filled=3)
    with pytest.raises(IllegalTransitionError, match=r"fill of .+ on .+ of .+ filled"):
        order.executed(price(9_990), quantity(lots))


def test_no_amend_below_what_is_filled() -> None:
    order = order_in(S.PARTIALLY_FILLED, filled=3)
    with pytest.raises(IllegalTransitionError, match=r"amended to .+, below .+ already filled"):
        order.amended(quantity(2), None)
    assert order.amended(quantity(3), None).remaining == quantity(0)
    assert order.amended(quantity(4), None).remaining == quantity(1)


@pytest.mark.parametrize(
    ("side", "purpose", "buys"),
    [
        (Side.LONG, OrderPurpose.ENTRY, True),
        (Side.SHORT, OrderPurpose.ENTRY, False),
        *((Side.LONG, purpose, False) for purpose in OrderPurpose if purpose is not OrderPurpose.ENTRY),
        *((Side.SHORT, purpose, True) for purpose in OrderPurpose if purpose is not OrderPurpose.ENTRY),
    ],
)
def test_the_direction_of_an_order_is_not_that_of_its_position(side: Side, purpose: OrderPurpose, buys: bool) -> None:
    assert order_in(S.ACCEPTED, side=side, purpose=purpose).buys is buys


class OrderLife(RuleBasedStateMachine):
    """Any sequence of events, legal or not, against a list of fills."""

    @initialize(lots=st.integers(1, 50))
    def begin(self, lots: int) -> None:
        self.order = order_in(S.INITIALIZED, lots=lots)
        self.fills: list[tuple[int, int]] = []
        self.ended: OrderStatus | None = None

    @rule(event=st.sampled_from([event for event in OrderEvent if event not in (*FILLS, E.AMENDED)]))
    def plain_event(self, event: OrderEvent) -> None:
        expected = TRANSITIONS.get((self.order.status, event))
        if expected is None:
            with pytest.raises(IllegalTransitionError):
                self.order.after(event)
        else:
            self.order = self.order.after(event)
            assert self.order.status is expected

    @rule(at=st.integers(1, 20_000), lots=st.integers(0, 60))
    def fill(self, at: int, lots: int) -> None:
        left = self.order.remaining.value / LOT
        event = E.FILLED if lots == left else E.PARTIALLY_FILLED
        if lots == 0 or lots > left or (self.order.status, event) not in TRANSITIONS:
            with pytest.raises(IllegalTransitionError):
                self.order.executed(price(at), quantity(lots))
            return
        self.order = self.order.executed(price(at), quantity(lots))
        self.fills.append((at, lots))

    @precondition(lambda self: self.order.status is not S.INITIALIZED)
    @rule(at=st.integers(1, 20_000))
    def fill_the_rest(self, at: int) -> None:
        self.fill(at, int(self.order.remaining.value / LOT))

    @rule(lots=st.integers(0, 60), trigger=st.none() | st.integers(1, 20_000))
    def amend(self, lots: int, trigger: int | None) -> None:
        level = None if trigger is None else price(trigger)
        self.order = self.order._replace(asked=(quantity(lots), level))
        assert self.order.intended == (quantity(lots), level)
        if quantity(lots) < self.order.filled or (self.order.status, E.AMENDED) not in TRANSITIONS:
            with pytest.raises(IllegalTransitionError):
                self.order.amended(quantity(lots), level)
            self.order = self.order._replace(asked=None)
            return
        self.order = self.order.amended(quantity(lots), level)
        assert (self.order.quantity, self.order.trigger, self.order.asked) == (quantity(lots), level, None)

    @invariant()
    def the_books_agree(self) -> None:
        order = self.order
        assert order.filled.value == sum(lots for _, lots in self.fills) * LOT
        assert order.spent == sum(at * lots for at, lots in self.fills) * TICK * LOT
        assert order.filled <= order.quantity
        assert order.remaining.value == order.quantity.value - order.filled.value
        if order.status is S.FILLED:
            assert not order.remaining
        if order.status in (S.INITIALIZED, S.DENIED, S.SUBMITTED, S.UNKNOWN, S.ACCEPTED, S.REJECTED, S.TRIGGERED):
            assert not order.filled
        if order.status is S.PARTIALLY_FILLED:
            assert order.filled

    @invariant()
    def an_end_is_an_end(self) -> None:
        status = self.order.status
        if self.ended is not None:
            assert status is self.ended or (self.ended in (S.CANCELED, S.EXPIRED) and status is S.FILLED)
        self.ended = status if status.final else None


TestOrderLife = OrderLife.TestCase
TestOrderLife.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
