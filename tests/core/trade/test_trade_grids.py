"""What a grid asks of the venue and says of itself: every part at its own target, the rest at the plan's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.core.trade_desk import INSTRUMENT, Desk, commands, numbers, price, quantity
from tests.simulation.trade_driver import CANDLE
from tradewind.core.decisions import DecisionCode
from tradewind.core.orders import Order, OrderPurpose
from tradewind.core.plan import AutoAction
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import SignalAddition, SignalScaleIn
from tradewind.core.trade import Amend, Canceled, ExitAsked, FundingCharged, Place
from tradewind.core.values import Instrument, Side

SIDES = pytest.mark.parametrize("side", list(Side))


def at(side: Side, away: int) -> Decimal:
    """The price that far from 1000, in favour of the position."""
    return Decimal(1000 + side.sign * away)


def grid(side: Side = Side.LONG, *, instrument: Instrument = INSTRUMENT, **options) -> Desk:
    """4 of 10 at 1000, 3 five worse (out at 1000) and 3 ten worse (out five worse); the plan's target is 20 away."""
    levels = [instrument.price(1000 - side.sign * Decimal(away)) for away in (0, 5, 10)]
    parts = tuple(SignalAddition(levels[number], Decimal("0.3"), levels[number - 1]) for number in (1, 2))
    return Desk(
        side, scale_in=SignalScaleIn(Decimal("0.4"), parts), targets=[(40, "1")], instrument=instrument, **options
    )


def begun(side: Side = Side.LONG, **options) -> Desk:
    desk = grid(side, **options)
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    return desk


def entry(desk: Desk, number: int) -> Order:
    (order,) = (each for each in desk.live(OrderPurpose.ENTRY) if each.level == number)
    return order


def targets(desk: Desk) -> dict[int, tuple[Decimal, Decimal]]:
    """What is left of every target and its price, by its level."""
    return {
        each.level: (each.remaining.value, each.price.value) for each in desk.live(OrderPurpose.TARGET) if each.price
    }


def target(desk: Desk, level: int) -> Order:
    (order,) = (each for each in desk.live(OrderPurpose.TARGET) if each.level == level)
    return order


@SIDES
def test_every_part_gets_its_own_target(side: Side) -> None:
    desk = begun(side)
    assert targets(desk) == {1: (4, at(side, 20))}
    assert desk.told(DecisionCode.TARGETS_PLACED) == {"ladder": f"4 @ {target(desk, 1).price}"}
    assert [(each.level, each.quantity.value, each.price.value) for each in desk.live(OrderPurpose.ENTRY)] == [
        (1, 3, at(side, -5)),
        (2, 3, at(side, -10)),
    ]
    desk.at += 1
    desk.fill(entry(desk, 1), 1, at(side, -5))
    assert targets(desk) == {1: (4, at(side, 20)), 2: (1, at(side, 0))}
    assert desk.told(DecisionCode.TARGETS_PLACED) == {"ladder": f"1 @ {target(desk, 2).price}"}
    sent = commands(desk.fill(entry(desk, 1), 2, at(side, -5)))
    own = target(desk, 2)
    assert sent == [
        Amend(desk.the(OrderPurpose.STOP).id, quantity(7), desk.signal.stop),
        Amend(own.id, quantity(3), None),
    ]
    desk.fill(entry(desk, 2), 3, at(side, -10))
    assert targets(desk) == {1: (4, at(side, 20)), 2: (3, at(side, 0)), 3: (3, at(side, -5))}
    assert desk.told(DecisionCode.TARGETS_PLACED) == {"ladder": f"3 @ {target(desk, 3).price}"}


@SIDES
def test_of_a_round_trip(side: Side) -> None:
    desk = begun(side)
    desk.fill(entry(desk, 1), 3, at(side, -5), fee="0.3")
    own = target(desk, 2)
    desk.fill(own, 1, at(side, 0), fee="0.1")
    told = {"price": str(at(side, 0)), "quantity": "1.00", "left": "6.00", "pnl": "5.00", "part": "1"}
    assert desk.told(DecisionCode.ROUND_TRIP) == numbers(told)
    assert not [each for each in desk.live(OrderPurpose.ENTRY) if each.level == 1], "not before all of it has left"
    assert targets(desk) == {1: (4, at(side, 20)), 2: (2, at(side, 0))}
    desk.at += 1
    sent = commands(desk.fill(own, 2, at(side, 0)))
    assert desk.told(DecisionCode.ROUND_TRIP) == numbers(told | {"quantity": "2.00", "left": "4.00", "pnl": "10.00"})
    again = entry(desk, 1)
    assert sent == [
        Amend(desk.the(OrderPurpose.STOP).id, quantity(4), desk.signal.stop),
        Place(again._replace(status=sent[1].order.status)),
    ]
    assert (again.quantity, again.price.value, again.sent_at) == (quantity(3), at(side, -5), desk.at)
    assert desk.told(DecisionCode.ENTRY_PLACED) == numbers(
        {"quantity": "3.00", "price": str(at(side, -5)), "stop": str(at(side, -20))}
    )
    assert desk.trade.realised == 15
    assert desk.trade.basis == 4000, "what has left took its own price with it"
    assert desk.trade.status is PositionStatus.OPEN
    assert desk.trade.entering_value == 3 * Decimal(at(side, -5)) + 3 * Decimal(at(side, -10))
    desk.fill(again, 3, at(side, -5))
    assert targets(desk) == {1: (4, at(side, 20)), 2: (3, at(side, 0))}


@SIDES
def test_after_a_round_trip_the_average_is_that_of_what_is_held(side: Side) -> None:
    desk = begun(side)
    desk.fill(entry(desk, 1), 3, at(side, -5))
    desk.fill(target(desk, 2), 3, at(side, 0))
    assert desk.trade.plan is not None
    assert desk.trade.plan.entry == 1000.0
    assert desk.trade.entry_value == 4000 + 3 * Decimal(at(side, -5)), "of all that was ever entered"


def test_a_part_too_small_for_the_venue_leaves_with_the_rest_until_it_is_not() -> None:
    desk = begun(instrument=replace(INSTRUMENT, min_quantity=Decimal(2)))
    desk.fill(entry(desk, 1), 1, 995)
    assert targets(desk) == {1: (5, 1020)}
    desk.fill(entry(desk, 1), 2, 995)
    assert targets(desk) == {1: (4, 1020), 2: (3, 1000)}
    own = target(desk, 2)
    desk.fill(own, 2, 1000)
    assert targets(desk) == {1: (4, 1020), 2: (1, 1000)}, "an order that rests may be filled to the end"
    desk.fill(entry(desk, 2), 1, 990)
    assert targets(desk) == {1: (5, 1020), 2: (1, 1000)}, "and a neighbour's says nothing about it"


def test_a_part_whose_target_was_refused_leaves_at_the_plans_until_its_size_changes() -> None:
    desk = begun()
    desk.refuses.add(OrderPurpose.TARGET)
    desk.fill(entry(desk, 1), 1, 995)
    assert targets(desk) == {1: (5, 1020)}
    desk.refuses.clear()
    desk.tell(Canceled(entry(desk, 2).id, desk.at))
    assert targets(desk) == {1: (5, 1020)}, "the same question has the same answer"
    desk.fill(entry(desk, 1), 2, 995)
    assert targets(desk) == {1: (4, 1020), 2: (3, 1000)}


@SIDES
def test_what_has_begun_to_leave_as_a_whole_makes_no_more_round_trips(side: Side) -> None:
    desk = begun(side)
    desk.fill(entry(desk, 1), 3, at(side, -5))
    first, own = desk.live(OrderPurpose.TARGET)
    sent = commands(desk.fill(own, 3, at(side, 0)))
    assert [each.order.level for each in sent if isinstance(each, Place)] == [1]
    desk.fill(entry(desk, 1), 3, at(side, -5))
    desk.fill(target(desk, 2), 3, at(side, 0))
    desk.fill(entry(desk, 1), 3, at(side, -5))
    desk.fill(first, 1, at(side, 20))
    share = numbers({"price": str(at(side, 20)), "quantity": "1.00", "left": "6.00", "pnl": "22.14"})
    assert desk.told(DecisionCode.TARGET_FILLED) == share | numbers({"target": "1", "share": "10"}), (
        "of what was agreed, at the average of what is held"
    )
    assert desk.told(DecisionCode.ENTRY_CUT_SHORT) == numbers({"filled": "13.00", "quantity": "10.00"})
    assert not desk.live(OrderPurpose.ENTRY)
    own = target(desk, 2)
    desk.fill(own, 3, at(side, 0))
    assert not desk.live(OrderPurpose.ENTRY), "not entered again"
    assert targets(desk) == {1: (3, at(side, 20))}
    desk.fill(first, 3, at(side, 20))
    assert desk.trade.exit_reason is ExitReason.TARGET
    assert desk.told(DecisionCode.CLOSED)["reason"] == "target"
    assert desk.trade.over


def test_what_is_being_left_is_not_entered_again() -> None:
    desk = begun()
    desk.fill(entry(desk, 1), 3, 995)
    desk.fill(entry(desk, 2), 3, 990)
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    assert desk.trade.entry_ending is None, "nothing waited to be entered"
    desk.fill(target(desk, 3), 3, 995)
    assert desk.trade.status is PositionStatus.CLOSING
    assert not desk.live(OrderPurpose.ENTRY)


def test_what_has_expired_on_the_way_in_is_not_entered_again() -> None:
    desk = grid()
    desk.fill(desk.the(OrderPurpose.ENTRY), 2, 1000)
    desk.fill(entry(desk, 1), 3, 995)
    desk.see(999.0, later=10 * CANDLE)
    assert desk.trade.entry_ending is DecisionCode.ENTRY_EXPIRED
    assert not desk.live(OrderPurpose.ENTRY)
    desk.fill(target(desk, 2), 3, 1000)
    assert desk.trade.status is PositionStatus.OPEN
    assert not desk.live(OrderPurpose.ENTRY)


def test_funding_that_is_charged_after_the_end_is_money() -> None:
    desk = begun()
    desk.fill(target(desk, 1), 4, 1020)
    assert desk.trade.over
    desk.tell(FundingCharged(desk.at, Decimal(2)))
    assert desk.trade.net_pnl == 78


def test_the_last_part_may_be_what_closes_it() -> None:
    desk = begun()
    desk.fill(entry(desk, 1), 3, 995)
    first, own = desk.live(OrderPurpose.TARGET)
    desk.fill(first, 4, 1020)
    desk.at += 1
    desk.fill(own, 3, 1000)
    assert desk.told(DecisionCode.CLOSED) == numbers({"reason": "target", "pnl": "95", "fees": "0"})
    assert (desk.trade.exit_reason, desk.trade.closed_at) == (ExitReason.TARGET, desk.at)
    assert desk.trade.over


def test_the_stop_takes_all_of_it() -> None:
    desk = begun()
    desk.fill(entry(desk, 1), 3, 995)
    desk.fill(desk.the(OrderPurpose.STOP), 7, 980)
    assert desk.told(DecisionCode.STOP_FILLED) == numbers(
        {"price": "980", "quantity": "7", "left": "0", "pnl": "-125", "stop": "980", "kind": "initial"}
    )
    assert desk.trade.over


def test_funding_moves_nothing_in_the_book() -> None:
    desk = begun()
    desk.fill(entry(desk, 1), 3, 995)
    assert commands(desk.tell(FundingCharged(desk.at, Decimal(7)))) == []
    assert desk.trade.funding_per_unit == 1


def test_a_grid_that_is_left_at_market_keeps_its_stop() -> None:
    desk = begun()
    desk.fill(entry(desk, 1), 3, 995)
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    assert desk.the(OrderPurpose.CLOSE).quantity == desk.the(OrderPurpose.STOP).remaining == quantity(7)
    assert not desk.live(OrderPurpose.ENTRY)


def test_without_partial_closes_parts_have_no_targets_of_their_own() -> None:
    desk = begun(actions=[AutoAction.TRAILING_STOP])
    desk.fill(entry(desk, 1), 3, 995)
    assert desk.trade.mandate.trips == {}
    assert targets(desk) == {1: (7, 1020)}
    assert desk.trade.entry_price == pytest.approx(Decimal(6985) / 7)


@SIDES
def test_what_a_mandate_says_of_a_grid(side: Side) -> None:
    desk = grid(side)
    assert desk.trade.mandate.trips == {1: price(1000), 2: price(at(side, -5))}
    assert [(each.number, each.quantity) for each in desk.trade.mandate.additions] == [
        (1, quantity(3)),
        (2, quantity(3)),
    ]
    assert not desk.trade.leaves
