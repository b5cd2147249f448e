"""What a trade does where two things come together: a refusal and an entry that still waits, a fill and its cancel."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from tests.core.trade_desk import COSTS, INSTRUMENT, Desk, commands, numbers, price, quantity
from tests.simulation.trade_driver import ACCOUNT, CANDLE, INTENT
from tradewind.core.costs import Costs
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import AccountId, FillId, IntentId, OrderId
from tradewind.core.ledger import EntryKind
from tradewind.core.orders import OrderKind, OrderPurpose
from tradewind.core.plan import AutoAction, Breakeven, Trailing, TrailingKind
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import Management, SignalAddition, SignalScaleIn
from tradewind.core.trade import (
    Amend,
    Cancel,
    ExitAsked,
    Filled,
    FundingCharged,
    Liquidated,
    Observed,
    Posting,
    Refused,
    handle,
    mandate,
)
from tradewind.core.values import Side
from tradewind.kit.ids import derive_id

SIDES = pytest.mark.parametrize("side", list(Side))


def at(side: Side, away: str | int) -> Decimal:
    """The price that far from 1000, in favour of the position."""
    return 1000 + side.sign * Decimal(away)


# ------------------------------------------------------------------------------------------------------------- entering


@SIDES
@pytest.mark.parametrize(
    ("best", "worst", "code"),
    [
        ("19.5", "-19.5", None),
        ("19.5", "-20", DecisionCode.ENTRY_INVALIDATED),
        ("20", "-19.5", DecisionCode.ENTRY_MISSED),
        ("20", "-20", DecisionCode.ENTRY_INVALIDATED),
    ],
)
def test_an_entry_waits_while_prices_stay_between_stop_and_target(
    side: Side, best: str, worst: str, code: DecisionCode | None
) -> None:
    desk = Desk(side)
    desk.at += CANDLE
    prices = [float(at(side, each)) for each in (best, worst)]
    desk.tell(Observed(desk.at, max(prices), min(prices), 1000.0))
    assert desk.codes()[1:] == ([] if code is None else [code])
    assert bool(desk.live(OrderPurpose.ENTRY)) is (code is None)


def test_an_entry_that_has_begun_to_fill_waits_on() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 3, 1000)
    desk.see(1020.0)
    assert desk.live(OrderPurpose.ENTRY)
    assert DecisionCode.ENTRY_MISSED not in desk.codes()


def test_who_an_order_belongs_to_is_the_same_in_every_life() -> None:
    """Ids are derived: after a restart the venue is asked about the same orders."""
    desk = Desk()
    trade = desk.trade
    agreed = mandate(
        IntentId(INTENT), AccountId(ACCOUNT), desk.signal, frozenset(AutoAction), quantity(10), COSTS, Decimal(3)
    )
    assert (agreed.intent_id, agreed.account_id, agreed.leverage) == (INTENT, ACCOUNT, 3)
    assert agreed.position_id == trade.position_id == derive_id("position", INTENT)
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    for number, order in enumerate(desk.trade.orders):
        assert order.id == derive_id("order", trade.position_id, number)
        assert order.symbol == desk.signal.symbol
    stranger = OrderId(UUID(int=99))
    with pytest.raises(KeyError, match=str(stranger)):
        trade.order(stranger)


def test_additions_outlive_the_signal() -> None:
    """They rest until the position begins to leave."""
    additions = (SignalAddition(price(995), Decimal("0.6")),)
    desk = Desk(scale_in=SignalScaleIn(Decimal("0.4"), additions))
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    desk.see(1000.0, later=10 * CANDLE)
    assert [each.level for each in desk.live(OrderPurpose.ENTRY)] == [1]
    assert DecisionCode.ENTRY_EXPIRED not in desk.codes()
    desk.fill(desk.the(OrderPurpose.ENTRY), 1, 995)
    assert desk.the(OrderPurpose.ENTRY).remaining == quantity(5), "and none is placed twice"


def test_an_entry_ends_when_the_signal_expires_to_the_millisecond() -> None:
    desk = Desk()
    left = desk.signal.expires_at - desk.at
    desk.see(1000.0, later=left - 1)
    assert desk.live(OrderPurpose.ENTRY)
    desk.see(1000.0, later=1)
    assert desk.codes()[-1] is desk.trade.entry_ending is DecisionCode.ENTRY_EXPIRED


def test_funding_before_anything_is_held_is_money_and_nothing_else() -> None:
    desk = Desk()
    (posting,) = desk.tell(FundingCharged(desk.at, Decimal(3)))
    assert posting == Posting(EntryKind.FUNDING, Decimal(-3), desk.at, None)
    assert (desk.trade.funding, desk.trade.funding_per_unit) == (3, 0)
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    assert desk.trade.funding_per_unit == 0


# ------------------------------------------------------------------------------------------------------------- the stop


def test_a_refused_stop_ends_an_entry_that_still_waits() -> None:
    desk = Desk(refuses=[OrderPurpose.STOP])
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    assert not desk.live(OrderPurpose.ENTRY)
    asked = [each for each in desk.sent if isinstance(each, Decision) and each.code is DecisionCode.EXIT_REQUESTED]
    assert [numbers(each.data) for each in asked] == [
        numbers({"filled": "4.00", "quantity": "10.00"}),
        numbers({"reason": "protection_failed", "quantity": "4.00"}),
    ]
    assert desk.the(OrderPurpose.CLOSE).quantity == quantity(4)


def test_a_stop_that_is_refused_on_the_way_out_is_why_it_leaves() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    desk.tell(Refused(desk.the(OrderPurpose.STOP).id, desk.at, "gone"))
    assert desk.trade.exit_reason is ExitReason.PROTECTION_FAILED
    assert not desk.live(OrderPurpose.STOP), "and it is not asked for again"
    assert desk.the(OrderPurpose.CLOSE).quantity == quantity(10)


@SIDES
def test_the_plan_goes_on_from_the_stop_that_is_in_force(side: Side) -> None:
    """A trailing level of 990.4 is at 990 for a long; from there the next step counts."""
    step = Trailing(TrailingKind.DISTANCE, 10.1, step=0.6)
    desk = Desk(side, management=Management(trailing=step))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.see(float(at(side, "0.5")))
    assert desk.trade.stop == price(at(side, -10))
    assert desk.trade.plan is not None
    assert desk.trade.plan.stop == float(desk.trade.stop)
    assert desk.told(DecisionCode.STOP_MOVED)["best"] == at(side, "0.5")
    assert commands(desk.see(float(at(side, "0.5")))) == []
    desk.see(float(at(side, 1)))
    assert desk.trade.stop == price(at(side, "-9.5"))


@SIDES
@pytest.mark.parametrize(("close", "moved"), [("1", False), ("1.5", True)])
def test_breakeven_is_set_half_a_unit_from_the_market_but_not_at_it(side: Side, close: str, moved: bool) -> None:
    """Fees of 0.6 and slippage of 0.1 a unit: 1000.7, on the tick 1001."""
    desk = Desk(side, management=Management(Breakeven(0, at_r=0.5)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.at += CANDLE
    seen = [float(at(side, each)) for each in ("10", close)]
    desk.tell(Observed(desk.at, max(seen), min(seen), seen[1]))
    assert desk.trade.stop == price(at(side, 1 if moved else -20))
    assert desk.codes()[-1] is (DecisionCode.STOP_MOVED if moved else DecisionCode.STOP_MOVE_SKIPPED)


@SIDES
def test_a_stop_that_rounds_back_to_where_it_was_is_not_moved(side: Side) -> None:
    desk = Desk(side, management=Management(trailing=Trailing(TrailingKind.DISTANCE, 10.0)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.see(float(at(side, 1)))
    moved = desk.codes().count(DecisionCode.STOP_MOVED)
    assert commands(desk.see(float(at(side, "1.25")))) == []
    assert desk.codes().count(DecisionCode.STOP_MOVED) == moved
    assert DecisionCode.STOP_MOVE_SKIPPED not in desk.codes()


@SIDES
def test_a_best_price_counts_though_nothing_follows_from_it_yet(side: Side) -> None:
    desk = Desk(side, management=Management(Breakeven(1)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    before = desk.trade
    assert desk.see(float(at(side, 10))) == []
    assert desk.trade.plan is not None
    assert desk.trade.plan.best == float(at(side, 10))
    assert desk.trade != before
    same = desk.trade
    desk.see(float(at(side, 5)))
    assert desk.trade is same, "so that nobody writes a row for it"


@SIDES
def test_a_chandelier_follows_by_the_atr_of_the_candle_that_ended(side: Side) -> None:
    desk = Desk(side, management=Management(trailing=Trailing(TrailingKind.CHANDELIER, 2.0, period=14)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.at += CANDLE
    seen = float(at(side, 4))
    desk.tell(Observed(desk.at, seen, seen, seen))
    assert desk.trade.stop == price(at(side, -20))
    desk.tell(Observed(desk.at, seen, seen, seen, atr=5.0))
    assert desk.trade.stop == price(at(side, -6))


def test_what_is_over_follows_nothing() -> None:
    desk = Desk(management=Management(trailing=Trailing(TrailingKind.DISTANCE, 10.0)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.fill(desk.the(OrderPurpose.STOP), 10, 980)
    over = desk.trade
    assert desk.see(1100.0) == []
    assert desk.trade is over


def test_every_fill_is_booked_under_its_id() -> None:
    desk = Desk(actions=())
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    fill = desk.filled(desk.the(OrderPurpose.TARGET), 3, 1020, fee="0.25")
    postings = [each for each in desk.tell(fill) if isinstance(each, Posting)]
    assert postings == [
        Posting(EntryKind.FEE, Decimal("-0.25"), desk.at, fill.fill_id),
        Posting(EntryKind.PNL, Decimal(60), desk.at, fill.fill_id),
    ]
    assert desk.told(DecisionCode.TARGET_FILLED)["share"] == 75, "of what was entered"


def test_a_target_that_was_filled_only_in_part_moves_no_stop() -> None:
    desk = Desk(management=Management(Breakeven(1)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    first = desk.live(OrderPurpose.TARGET)[0]
    desk.fill(first, 4, 1020)
    assert DecisionCode.STOP_MOVED not in desk.codes()
    desk.fill(first, 1, 1020)
    assert DecisionCode.STOP_MOVED in desk.codes()


def test_what_a_stop_covered_is_told_without_what_it_has_sold() -> None:
    desk = Desk()
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.fill(desk.the(OrderPurpose.STOP), 4, 980)
    desk.fill(desk.live(OrderPurpose.TARGET)[0], 2, 1020)
    assert desk.told(DecisionCode.STOP_RESIZED) == numbers({"stop": "980", "from": "6", "to": "4"})
    assert desk.the(OrderPurpose.STOP).quantity == quantity(8)


def test_a_change_that_is_on_its_way_is_not_asked_for_again() -> None:
    desk = Desk()
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 4, 1000)
    trade, effects = handle(desk.trade, desk.filled(entry, 3, 1000))
    stop = desk.the(OrderPurpose.STOP)
    assert Amend(stop.id, quantity(7), desk.signal.stop) in effects
    assert trade.order(stop.id).intended == (quantity(7), desk.signal.stop)
    _, effects = handle(trade, ExitAsked(desk.at, ExitReason.MANUAL))
    assert not [each for each in effects if isinstance(each, Amend)]


def test_breakeven_pays_for_spread_and_slippage() -> None:
    costs = Costs(maker=0.0, taker=0.0, half_spread=0.002, slippage=0.001)
    desk = Desk(management=Management(Breakeven(1)), costs=costs)
    desk.fill(desk.the(OrderPurpose.ENTRY), 10, 1000)
    desk.fill(desk.live(OrderPurpose.TARGET)[0], 5, 1020)
    assert desk.trade.stop == price("1003.5"), "1000 ÷ 0.997, up to the tick"


# ------------------------------------------------------------------------------------------------------------- its exit


def test_an_exit_that_was_asked_for_before_the_entry_filled_keeps_its_reason() -> None:
    desk = Desk()
    entry = desk.the(OrderPurpose.ENTRY)
    trade, _ = handle(desk.trade, ExitAsked(desk.at, ExitReason.EXIT_CONDITION))
    trade, effects = handle(trade, desk.filled(entry, 4, 1000))
    assert (trade.status, trade.exit_reason) == (PositionStatus.CLOSING, ExitReason.EXIT_CONDITION)
    assert Decision(DecisionCode.EXIT_REQUESTED, desk.at, {"reason": "exit_condition", "quantity": "4"}) in effects


def test_a_late_fill_makes_it_young_again() -> None:
    desk = Desk()
    entry = desk.the(OrderPurpose.ENTRY)
    desk.see(980.0)
    assert desk.trade.closed_at == desk.at
    desk.fill(desk.trade.order(entry.id), 3, 1000)
    assert (desk.trade.status, desk.trade.closed_at) == (PositionStatus.CLOSING, None)


# ---------------------------------------------------------------------------------------------------------- the targets


def test_a_rung_that_a_larger_quantity_no_longer_has_is_taken_back() -> None:
    """9 of 13 make one order, at the second target; 13 make two, at the first and the third."""
    desk = Desk(
        size="13",
        targets=((40, "0.4"), (80, "0.3"), (160, "0.3")),
        instrument=replace(INSTRUMENT, lot=Decimal(1), min_quantity=Decimal(5)),
    )
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 9, 1000)
    only = desk.the(OrderPurpose.TARGET)
    assert (only.level, only.quantity.value) == (2, 9)
    assert desk.told(DecisionCode.TARGETS_MERGED) == numbers({"targets": "3", "orders": "1"})
    sent = commands(desk.fill(entry, 4, 1000))
    assert Cancel(only.id) in sent
    assert [(each.level, each.quantity.value) for each in desk.live(OrderPurpose.TARGET)] == [(1, 5), (3, 8)]
    assert desk.told(DecisionCode.TARGETS_MERGED) == numbers({"targets": "3", "orders": "2"})


def test_quantities_of_targets_are_final_once_one_has_filled() -> None:
    """The fill of the entry crosses its cancel: it is protected, and the ladder stays as it was."""
    desk = Desk()
    entry = desk.the(OrderPurpose.ENTRY)
    desk.fill(entry, 5, 1000)
    first = desk.live(OrderPurpose.TARGET)[0]
    stop = desk.the(OrderPurpose.STOP)
    trade, effects = handle(desk.trade, desk.filled(first, str(first.quantity), 1020))
    assert commands(effects) == [Cancel(entry.id), Amend(stop.id, quantity("2.5"), desk.signal.stop)]
    trade, effects = handle(trade, desk.filled(entry, 5, 1000))
    assert commands(effects) == [Amend(stop.id, quantity("7.5"), desk.signal.stop)]
    assert trade.status is PositionStatus.OPEN
    assert [each.quantity for each in trade.live_orders(OrderPurpose.TARGET)] == [quantity("1.5"), quantity(1)]


# ---------------------------------------------------------------------------------------------------- what venues take


@SIDES
def test_what_the_venue_takes_is_in_the_books_as_its_own_market_order(side: Side) -> None:
    desk = Desk(side)
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    taken = Filled(
        OrderId(UUID(int=77)), desk.at, FillId(UUID(int=88)), price(at(side, -25)), quantity(4), Decimal(1), maker=False
    )
    sent = commands(desk.tell(Liquidated(taken, price(at(side, -24)))))
    order = desk.trade.orders[-1]
    assert (order.id, order.kind, order.price, order.trigger) == (taken.order_id, OrderKind.MARKET, None, None)
    assert (order.quantity, order.filled) == (quantity(4), quantity(4))
    assert all(isinstance(each, Cancel) for each in sent), "what is left is taken back"
    assert desk.trade.over
