"""One trade, told what venues and markets do: what it answers, protective commands first, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from trade_desk import INSTRUMENT, Desk, commands, price, quantity

from tests.simulation.trade_driver import CANDLE, START, agreed_on, signal_of
from tradewind.core.costs import Costs
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import FillId, OrderId
from tradewind.core.ledger import EntryKind
from tradewind.core.orders import IllegalTransitionError, OrderKind, OrderPurpose, OrderStatus
from tradewind.core.plan import Breakeven, Trailing, TrailingKind
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import Management
from tradewind.core.trade import (
    Accepted,
    Amend,
    Cancel,
    Canceled,
    ExitAsked,
    Filled,
    FundingCharged,
    Place,
    Posting,
    begin,
    handle,
)
from tradewind.core.values import Side

SIDES = pytest.mark.parametrize("side", list(Side))


# ------------------------------------------------------------------------------------------------------------- entering


@SIDES
def test_what_a_trade_says_of_itself_in_numbers(side: Side) -> None:
    desk = Desk(side)
    assert (desk.trade.entry_price, desk.trade.exit_price, desk.trade.unrealised(1000.0)) == (None, None, 0)
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    desk.fill(desk.the(OrderPurpose.ENTRY), 6, 1000 - side.sign * 10)
    assert desk.trade.entry_price == 1000 - side.sign * 6
    assert desk.trade.unrealised(1000.0 + side.sign * 4) == 100
    first = desk.live(OrderPurpose.TARGET)[0]
    desk.fill(first, str(first.quantity), str(first.price))
    assert desk.trade.exit_price == first.price.value
    with pytest.raises(KeyError):
        desk.trade.order(OrderId(UUID(int=0)))


@SIDES
def test_it_begins_with_one_limit_order_at_the_worst_price_of_the_zone(side: Side) -> None:
    trade, effects = begin(
        agreed_on(
            signal_of(INSTRUMENT, side, (1990, 2010), 2000 - side.sign * 100, [(2000 + side.sign * 100, "1")]), "10"
        ),
        START,
    )
    decision = effects.pop()
    assert isinstance(decision, Decision)
    assert decision.code is DecisionCode.ENTRY_PLACED
    (place,) = effects
    assert isinstance(place, Place)
    order = place.order
    assert (order.kind, order.purpose, order.reduce_only) == (OrderKind.LIMIT, OrderPurpose.ENTRY, False)
    assert order.price == (price(1005) if side is Side.LONG else price(995))
    assert order.buys is (side is Side.LONG)
    assert trade.status is PositionStatus.ENTERING
    assert begin(trade.mandate, START) == (trade, [place, decision]), "the same again, client order id and all"


@SIDES
def test_every_filled_quantity_gets_its_stop_first_of_all(side: Side) -> None:
    desk = Desk(side)
    entry = desk.the(OrderPurpose.ENTRY)
    sent = commands(desk.fill(entry, 4, 1000))
    assert isinstance(sent[0], Place)
    stop = sent[0].order
    assert (stop.kind, stop.quantity, stop.trigger) == (OrderKind.STOP_MARKET, quantity(4), desk.signal.stop)
    assert [place.order.purpose for place in sent[1:] if isinstance(place, Place)] == [OrderPurpose.TARGET] * 3

    sent = commands(desk.fill(entry, 6, 1000))
    assert sent[0] == Amend(stop.id, quantity(10), desk.signal.stop)
    assert desk.the(OrderPurpose.STOP).quantity == quantity(10)
    assert [order.quantity for order in desk.live(OrderPurpose.TARGET)] == [quantity(5), quantity(3), quantity(2)]
    assert not desk.live(OrderPurpose.ENTRY)


def test_without_partial_close_all_goes_at_the_first_target() -> None:
    desk = Desk(actions=())
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    target = desk.the(OrderPurpose.TARGET)
    assert (target.quantity, target.price) == (quantity(10), price(1020))


@pytest.mark.parametrize(
    ("seen", "later", "code"),
    [
        (1005.0, 10 * CANDLE, DecisionCode.ENTRY_EXPIRED),
        (980.0, CANDLE, DecisionCode.ENTRY_INVALIDATED),
        (1020.0, CANDLE, DecisionCode.ENTRY_MISSED),
    ],
)
def test_an_entry_that_has_lost_its_sense_is_cancelled(seen: float, later: int, code: DecisionCode) -> None:
    desk = Desk()
    desk.see(seen, later=later)
    assert desk.codes() == [DecisionCode.ENTRY_PLACED, code]
    assert desk.trade.status is PositionStatus.ABANDONED
    assert desk.trade.over
    assert desk.trade.closed_at == desk.at


def test_what_has_filled_by_the_expiry_is_kept_and_protected() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 3, 1000)
    desk.see(1005.0, later=10 * CANDLE)
    assert desk.codes()[-1] is DecisionCode.ENTRY_EXPIRED
    assert not desk.live(OrderPurpose.ENTRY)
    assert desk.the(OrderPurpose.STOP).remaining == desk.trade.held == quantity(3)


def test_a_refused_entry_leaves_nothing_behind() -> None:
    desk = Desk(refuses=[OrderPurpose.ENTRY])
    assert desk.trade.over
    assert desk.trade.status is PositionStatus.ABANDONED
    assert desk.codes() == [DecisionCode.ENTRY_PLACED, DecisionCode.ENTRY_REJECTED]


# -------------------------------------------------------------------------------------------------------------- exiting


@SIDES
def test_a_target_shrinks_the_stop_and_ends_the_entry(side: Side) -> None:
    desk = Desk(side)
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 6, 1000)
    first = desk.live(OrderPurpose.TARGET)[0]
    assert first.price is not None
    sent = commands(desk.fill(first, 1, str(first.price)))
    assert sent[0] == Cancel(entry.id)
    assert sent[1] == Amend(desk.the(OrderPurpose.STOP).id, quantity(5), desk.signal.stop)
    assert desk.trade.held == quantity(5)
    assert desk.trade.plan is not None
    assert desk.trade.plan.targets_filled == 0, "not before it is filled completely"
    desk.fill(first, 2, str(first.price))
    assert desk.trade.plan.targets_filled == 1


@SIDES
def test_breakeven_after_the_first_target(side: Side) -> None:
    desk = Desk(side, management=Management(breakeven=Breakeven(1)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000, fee="6")
    first = desk.live(OrderPurpose.TARGET)[0]
    desk.fill(first, 5, str(first.price))
    # 1000 × (1 ± 0.0006) ÷ (1 ∓ 0.0007), to the tick that does not fall short
    expected = price("1001.5") if side is Side.LONG else price("998.5")
    stop = desk.the(OrderPurpose.STOP)
    assert (stop.trigger, stop.remaining) == (expected, quantity(5))
    assert desk.trade.stop == expected
    desk.fill(stop, 5, str(expected))
    assert desk.trade.exit_reason is ExitReason.BREAKEVEN
    assert desk.trade.over


def test_funding_paid_on_a_part_is_not_charged_to_what_came_later() -> None:
    """Received for one unit before nine more were entered: a tenth of it per unit counts towards breakeven."""
    costs = Costs(maker=0.0, taker=0.0, half_spread=0.0, slippage=0.0)
    desk = Desk(management=Management(breakeven=Breakeven(1)), costs=costs)
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 1, 1000)
    desk.tell(FundingCharged(START, Decimal(-10)))
    desk.fill(entry, 9, 1000)
    first = desk.live(OrderPurpose.TARGET)[0]
    desk.fill(first, 5, 1020)
    assert desk.trade.stop == price(999), "not 990: what is held has received 1 a unit, not 10"


def test_funding_moves_breakeven_and_money() -> None:
    costs = Costs(maker=0.0, taker=0.0, half_spread=0.0, slippage=0.0)
    desk = Desk(management=Management(breakeven=Breakeven(1)), costs=costs)
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    (posting,) = desk.tell(FundingCharged(START, Decimal(20)))
    assert posting == Posting(EntryKind.FUNDING, Decimal(-20), START, None)
    desk.fill(desk.live(OrderPurpose.TARGET)[0], 5, 1020)
    assert desk.trade.stop == price(1002)
    assert desk.trade.net_pnl == Decimal(80)


@SIDES
def test_a_time_stop_leaves_at_market_and_keeps_the_stop_until_it_is_out(side: Side) -> None:
    desk = Desk(side, management=Management(max_age_ms=3 * CANDLE))
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 4, 1000)
    for _ in range(2):
        assert desk.see(1000.0) == []
    sent = commands(desk.see(1000.0))
    assert sent[0] == Cancel(entry.id), "what is still waiting to get in does not any more"
    (close,) = (place.order for place in sent if isinstance(place, Place))
    assert (close.kind, close.quantity, close.reduce_only) == (OrderKind.MARKET, quantity(4), True)
    assert desk.the(OrderPurpose.STOP).remaining == quantity(4)
    assert desk.trade.status is PositionStatus.CLOSING
    assert desk.see(1000.0) == [], "once is enough"
    desk.fill(desk.the(OrderPurpose.CLOSE), 4, 999)
    assert desk.trade.over
    assert desk.trade.exit_reason is ExitReason.TIME_STOP


def test_the_stop_may_win_against_the_exit() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    desk.fill(desk.the(OrderPurpose.STOP), 10, 975)
    assert desk.trade.over, "and takes the market order with it"
    assert desk.trade.exit_reason is ExitReason.STOP


def test_a_target_may_fill_while_the_exit_is_under_way() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    desk.fill(desk.live(OrderPurpose.TARGET)[0], 5, 1020)
    assert desk.the(OrderPurpose.STOP).remaining == quantity(5)
    desk.fill(desk.the(OrderPurpose.CLOSE), 5, 1015)
    assert desk.trade.over
    assert desk.trade.exit_reason is ExitReason.MANUAL


def test_leaving_before_anything_was_entered() -> None:
    desk = Desk()
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    assert desk.trade.over
    assert desk.trade.status is PositionStatus.ABANDONED
    assert desk.codes() == [DecisionCode.ENTRY_PLACED, DecisionCode.EXIT_REQUESTED]


def test_an_exit_under_way_when_the_entry_fills_is_caught_up_on() -> None:
    """The cancel of the entry and its fill cross; what was filled is protected, then closed."""
    desk = Desk()
    entry = desk.the(OrderPurpose.ENTRY)
    trade, effects = handle(desk.trade, ExitAsked(START, ExitReason.MANUAL))
    assert commands(effects) == [Cancel(entry.id)]
    fill = Filled(entry.id, START, FillId(UUID(int=1)), price(1000), quantity(4), Decimal(0), maker=True)
    trade, effects = handle(trade, fill)
    kinds = [place.order.purpose for place in commands(effects) if isinstance(place, Place)]
    assert kinds == [OrderPurpose.STOP, OrderPurpose.CLOSE]
    assert trade.status is PositionStatus.CLOSING


@pytest.mark.parametrize("held_before", [False, True])
def test_a_fill_after_the_end_is_protected_and_flattened(held_before: bool) -> None:
    """The cancel was acknowledged, the trade over; then a fill of the entry comes in."""
    desk = Desk()
    entry = desk.the(OrderPurpose.ENTRY)
    if held_before:
        desk.fill(entry, 2, 1000)
        desk.fill(desk.the(OrderPurpose.STOP), 2, 980)
    else:
        desk.see(980.0)
    assert desk.trade.over
    desk.refuses.clear()
    sent = commands(desk.fill(desk.trade.order(entry.id), 3, 1000))
    kinds = [place.order.purpose for place in sent if isinstance(place, Place)]
    assert kinds == [OrderPurpose.STOP, OrderPurpose.CLOSE]
    assert desk.trade.status is PositionStatus.CLOSING
    assert desk.trade.exit_reason is ExitReason.LATE_ENTRY
    desk.fill(desk.the(OrderPurpose.CLOSE), 3, 1000)
    assert desk.trade.over
    assert desk.trade.exit_reason is ExitReason.LATE_ENTRY


# ------------------------------------------------------------------------------------------------- when a venue refuses


def test_what_cannot_be_protected_is_not_held() -> None:
    desk = Desk(refuses=[OrderPurpose.STOP])
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    assert DecisionCode.PROTECTION_FAILED in desk.codes()
    assert desk.the(OrderPurpose.CLOSE).quantity == quantity(10)
    desk.fill(desk.the(OrderPurpose.CLOSE), 10, 998)
    assert desk.trade.over
    assert desk.trade.exit_reason is ExitReason.PROTECTION_FAILED


def test_a_refused_exit_is_asked_for_again_but_not_in_the_same_breath() -> None:
    desk = Desk(refuses=[OrderPurpose.STOP, OrderPurpose.CLOSE])
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    tries = [effect for effect in desk.sent if isinstance(effect, Place) and effect.order.purpose is OrderPurpose.CLOSE]
    assert len(tries) == 1
    assert commands(desk.see(1000.0, later=100)) == []
    desk.refuses.clear()
    decision, place = desk.see(1000.0, later=10_000)
    assert isinstance(decision, Decision)
    assert isinstance(place, Place)
    assert decision.code is DecisionCode.EXIT_REQUESTED
    assert place.order.quantity == quantity(10)
    assert commands(desk.see(1000.0, later=10_000)) == [], "it is on its way"


def test_a_refused_target_is_not_asked_for_again_until_its_size_changes() -> None:
    desk = Desk(refuses=[OrderPurpose.TARGET])
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 4, 1000)
    assert not desk.live(OrderPurpose.TARGET)
    desk.refuses.clear()
    desk.tell(FundingCharged(START, Decimal(1)))
    desk.fill(entry, 2, 1000)
    assert [order.quantity for order in desk.live(OrderPurpose.TARGET)] == [
        quantity(3),
        quantity("1.8"),
        quantity("1.2"),
    ]


def test_a_stop_that_the_venue_took_away_is_put_back() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    gone = desk.the(OrderPurpose.STOP)
    sent = commands(desk.tell(Canceled(gone.id, START)))
    (place,) = sent
    assert isinstance(place, Place)
    assert (place.order.purpose, place.order.quantity, place.order.trigger) == (
        OrderPurpose.STOP,
        quantity(10),
        desk.signal.stop,
    )
    assert place.order.id != gone.id


# ------------------------------------------------------------------------------------------------------- what cannot be


def test_reports_about_strangers_and_impossible_ones_are_errors() -> None:
    desk = Desk()
    with pytest.raises(KeyError):
        handle(desk.trade, Accepted(OrderId(UUID(int=99)), START))
    entry = desk.the(OrderPurpose.ENTRY)
    too_much = Filled(entry.id, START, FillId(UUID(int=1)), price(1000), quantity(11), Decimal(0), maker=True)
    with pytest.raises(IllegalTransitionError):
        handle(desk.trade, too_much)


def test_what_was_agreed_does_not_change() -> None:
    desk = Desk(management=Management(trailing=Trailing(TrailingKind.DISTANCE, 5.0)))
    before = desk.trade.mandate
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.see(1030.0)
    assert desk.trade.mandate is before


@SIDES
def test_realised_pnl_of_parts_adds_up_to_the_last_digit(side: Side) -> None:
    """Three entries at prices whose average has no end, closed in seven uneven parts."""
    desk = Desk(side)
    entry = desk.the(OrderPurpose.ENTRY)
    steps = (0, -1, -2) if side is Side.LONG else (0, 1, 2)
    for lots, step in zip(("3", "3", "4"), steps, strict=True):
        desk.fill(entry, lots, str(Decimal(1000) + step * Decimal("0.5")), fee="0.12345678")
    first, second, third = desk.live(OrderPurpose.TARGET)
    for order, lots in ((first, "0.07"), (first, "4.93"), (second, "1.01"), (second, "1.99"), (third, "0.33")):
        desk.fill(order, lots, str(order.price), fee="0.00000001")
    desk.fill(desk.the(OrderPurpose.STOP), str(desk.trade.held), "990.5", fee="1")
    postings = [effect for effect in desk.sent if isinstance(effect, Posting)]
    trade = desk.trade
    assert trade.over
    assert sum(posting.change for posting in postings) == trade.net_pnl == trade.realised - trade.fees
    assert trade.fees == Decimal("0.12345678") * 3 + Decimal("0.00000001") * 5 + 1
    gained = (trade.exit_value - trade.entry_value) * side.sign
    assert abs(trade.realised - gained) <= Decimal("0.00000007")


def test_an_order_replaced_in_the_list_keeps_its_place() -> None:
    desk = Desk()
    ids = [order.id for order in desk.trade.orders]
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    assert [order.id for order in desk.trade.orders][: len(ids)] == ids
    assert desk.trade.orders[0].status is OrderStatus.FILLED


def test_instruments_with_a_minimum_above_the_lot_are_entered_and_left_like_others() -> None:
    instrument = replace(INSTRUMENT, min_quantity=Decimal(7))
    signal = signal_of(instrument, Side.LONG, (2000, 2000), 1960, [(2040, "0.5"), (2080, "0.5")])
    trade, _ = begin(agreed_on(signal, "10", Costs()), START)
    entry = trade.orders[0]
    trade, _ = handle(trade, Accepted(entry.id, START))
    fill = Filled(entry.id, START, FillId(UUID(int=1)), price(1000), quantity(3), Decimal(0), maker=True)
    trade, effects = handle(trade, fill)
    places = [effect.order for effect in effects if isinstance(effect, Place)]
    assert [(order.purpose, order.quantity) for order in places] == [
        (OrderPurpose.STOP, quantity(3)),
        (OrderPurpose.TARGET, quantity(3)),
    ]
