"""What a trade says of itself, in the numbers of its decisions: people read them, and no money shows a wrong one."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from trade_desk import COSTS, INSTRUMENT, Desk, commands, numbers, price, quantity

from tests.simulation.trade_driver import CANDLE, START
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import FillId, OrderId
from tradewind.core.orders import OrderPurpose, OrderStatus
from tradewind.core.plan import AutoAction, Breakeven, Trailing, TrailingKind
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import Management, SignalAddition, SignalScaleIn
from tradewind.core.trade import Cancel, ExitAsked, Filled, FundingCharged, Liquidated, Observed, Place, Refused
from tradewind.core.values import Side

SIDES = pytest.mark.parametrize("side", list(Side))
#: 4 of 10 at 1000, 3 at 995 and 3 at 990; for shorts mirrored at 1000.
DEEPER = (("5", "0.3"), ("10", "0.3"))


def parts(side: Side, *, average: bool = False, additions: tuple[tuple[str, str], ...] = DEEPER) -> SignalScaleIn:
    placed = tuple(
        SignalAddition(INSTRUMENT.price(1000 - side.sign * Decimal(away)), Decimal(share)) for away, share in additions
    )
    return SignalScaleIn(Decimal("0.4"), placed, average)


def at(side: Side, away: str | int) -> str:
    """The price that far from 1000, in favour of the position."""
    return f"{1000 + side.sign * Decimal(away):.1f}"


def opened(side: Side = Side.LONG, lots: str = "10", **options) -> Desk:
    desk = Desk(side, **options)
    desk.fill(desk.the(OrderPurpose.ENTRY), lots, 1000, fee="2")
    return desk


# --------------------------------------------------------------------------------------------------------- entering


@SIDES
def test_of_the_entry(side: Side) -> None:
    desk = opened(side, "4")
    assert desk.told(DecisionCode.ENTRY_PLACED) == numbers(
        {"quantity": "10.00", "price": "1000.0", "stop": at(side, -20)}
    )
    filled = numbers({"price": "1000.0", "quantity": "4.00", "filled": "4.00", "of": "10.00"})
    assert desk.told(DecisionCode.ENTRY_FILLED) == filled
    assert desk.told(DecisionCode.STOP_PLACED) == numbers({"stop": at(side, -20), "quantity": "4.00"})
    ladder = f"2 @ {at(side, 20)} · 1.2 @ {at(side, 40)} · 0.8 @ {at(side, 80)}"
    assert desk.told(DecisionCode.TARGETS_PLACED) == numbers({"ladder": ladder})
    desk.fill(desk.the(OrderPurpose.ENTRY), 6, 1000)
    assert desk.told(DecisionCode.ENTRY_FILLED) == filled | numbers({"quantity": "6", "filled": "10"})
    assert desk.told(DecisionCode.STOP_RESIZED) == numbers({"stop": at(side, -20), "from": "4.00", "to": "10.00"})
    assert desk.codes().count(DecisionCode.TARGETS_PLACED) == 1


def test_of_an_entry_that_ends() -> None:
    desk = opened(lots="3")
    desk.see(1005.0, later=10 * CANDLE)
    assert desk.told(DecisionCode.ENTRY_EXPIRED) == numbers({"filled": "3.00", "quantity": "10.00"})
    desk = opened(lots="3")
    first = desk.live(OrderPurpose.TARGET)[0]
    desk.fill(first, 1, str(first.price))
    assert desk.told(DecisionCode.ENTRY_CUT_SHORT) == numbers({"filled": "3.00", "quantity": "10.00"})
    desk = Desk(refuses=[OrderPurpose.ENTRY])
    assert desk.told(DecisionCode.ENTRY_REJECTED) == numbers({"reason": "no"})
    assert desk.trade.closed_at == START


def test_a_ladder_that_the_venue_finds_too_small_is_told_to_be_shorter() -> None:
    desk = Desk(size="0.01")  # one lot
    desk.fill(desk.the(OrderPurpose.ENTRY), "0.01", 1000)
    assert desk.told(DecisionCode.TARGETS_MERGED) == numbers({"targets": "3", "orders": "1"})
    assert desk.told(DecisionCode.TARGETS_PLACED) == numbers({"ladder": "0.01 @ 1080.0"})
    assert DecisionCode.TARGETS_MERGED not in opened().codes()


# --------------------------------------------------------------------------------------------------------- in parts


@SIDES
def test_of_entries_in_parts(side: Side) -> None:
    desk = Desk(side, scale_in=parts(side))
    assert desk.trade.entering_value == 4000 + 3 * Decimal(at(side, -5)) + 3 * Decimal(at(side, -10))
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    first, second = desk.live(OrderPurpose.ENTRY)
    assert [(each.level, each.quantity, each.price) for each in (first, second)] == [
        (1, quantity(3), price(at(side, -5))),
        (2, quantity(3), price(at(side, -10))),
    ]
    assert desk.told(DecisionCode.ENTRY_PLACED) == numbers(
        {"quantity": "3.00", "price": at(side, -10), "stop": at(side, -20)}
    )
    assert desk.trade.entering_value == 3 * Decimal(at(side, -5)) + 3 * Decimal(at(side, -10))
    desk.fill(first, 1, at(side, -5))
    assert desk.trade.entering_value == 2 * Decimal(at(side, -5)) + 3 * Decimal(at(side, -10))
    assert len(desk.live(OrderPurpose.ENTRY)) == 2, "placed once"
    target = desk.live(OrderPurpose.TARGET)[0]
    desk.fill(target, 1, str(target.price))
    assert not desk.live(OrderPurpose.ENTRY), "what has begun to leave enters no more"
    assert desk.trade.entering_value == 0


def test_parts_too_small_for_the_venue_are_left_out() -> None:
    desk = Desk(size="1", scale_in=parts(Side.LONG, additions=(("5", "0.597"), ("10", "0.003"))))
    assert [(each.number, each.quantity) for each in desk.trade.mandate.additions] == [(1, quantity("0.59"))]
    assert Desk().trade.mandate.additions == ()
    assert Desk().trade.mandate.first == quantity(10)


@SIDES
def test_targets_that_count_from_the_average_move_with_it(side: Side) -> None:
    desk = Desk(side, scale_in=parts(side, average=True))
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    assert [str(each.price) for each in desk.live(OrderPurpose.TARGET)] == [at(side, 20), at(side, 40), at(side, 80)]
    before = desk.live(OrderPurpose.TARGET)
    sent = commands(desk.fill(desk.live(OrderPurpose.ENTRY)[0], 3, at(side, -5)))
    # 4 at 1000 and 3 five worse: the average is 15/7 worse, and the targets go to the tick before that.
    assert [str(each.price) for each in desk.live(OrderPurpose.TARGET)] == [
        at(side, "17.5"),
        at(side, "37.5"),
        at(side, "77.5"),
    ]
    assert [each.order_id for each in sent if isinstance(each, Cancel)] == [each.id for each in before]
    assert sum((each.quantity for each in desk.live(OrderPurpose.TARGET)), quantity(0)) == quantity(7)


# ---------------------------------------------------------------------------------------------------------- moving


@SIDES
def test_of_a_stop_that_moves(side: Side) -> None:
    management = Management(Breakeven(1, offset=1.0), Trailing(TrailingKind.DISTANCE, 10.0, after_target=2))
    desk = opened(side, management=management)
    first, second, _ = desk.live(OrderPurpose.TARGET)
    desk.fill(first, 5, str(first.price), fee="1")
    target = numbers(
        {"price": at(side, 20), "quantity": "5.00", "left": "5.00", "pnl": "100.00", "target": "1", "share": "50"}
    )
    assert desk.told(DecisionCode.TARGET_FILLED) == target
    moved = desk.told(DecisionCode.STOP_MOVED)
    # In: 0.2 per unit; out 6 in 10,000 and slippage of 1 in 10,000; one beyond; up to the tick: 1000 + 0.2 + 0.7 + 1.
    expected = {"action": "breakeven", "from": at(side, -20), "to": at(side, 2), "best": at(side, 0)}
    assert moved == numbers(expected | {"target": "1", "share": "50"})
    desk.fill(second, 3, str(second.price))
    assert "trailing" not in moved.values()
    desk.see(float(at(side, 60)))
    moved = desk.told(DecisionCode.STOP_MOVED)
    assert moved == numbers({"action": "trailing", "from": at(side, 2), "to": at(side, 50), "best": at(side, 60)})
    desk.fill(desk.the(OrderPurpose.STOP), 2, at(side, 50), fee="0.5")
    assert desk.told(DecisionCode.STOP_FILLED) == numbers(
        {
            "price": at(side, 50),
            "quantity": "2.00",
            "left": "0.00",
            "pnl": "100.00",
            "stop": at(side, 50),
            "kind": "trailing",
        }
    )
    assert desk.told(DecisionCode.CLOSED) == numbers({"reason": "trailing", "pnl": "316.50", "fees": "3.50"})


@SIDES
def test_of_a_stop_that_cannot_move(side: Side) -> None:
    desk = opened(side, management=Management(Breakeven(0, at_r=0.5)))
    best, close = float(at(side, 15)), float(at(side, "0.5"))
    desk.at += CANDLE
    desk.tell(Observed(desk.at, max(best, close), min(best, close), close))
    skipped = numbers({"action": "breakeven", "stop": at(side, -20), "to": at(side, 1)})
    assert desk.told(DecisionCode.STOP_MOVE_SKIPPED) == skipped
    assert str(desk.trade.stop) == at(side, -20)


@SIDES
def test_a_stop_that_would_round_onto_the_market_is_not_moved(side: Side) -> None:
    desk = opened(side, management=Management(Breakeven(0, at_r=0.5)))
    best, close = float(at(side, 15)), float(at(side, 1))
    desk.at += CANDLE
    desk.tell(Observed(desk.at, max(best, close), min(best, close), close))
    assert DecisionCode.STOP_MOVE_SKIPPED in desk.codes()
    assert str(desk.trade.stop) == at(side, -20)


# --------------------------------------------------------------------------------------------------------- leaving


@SIDES
def test_of_the_initial_stop_and_funding(side: Side) -> None:
    desk = opened(side)
    desk.tell(FundingCharged(desk.at, Decimal("1.237")))
    desk.fill(desk.the(OrderPurpose.STOP), 10, at(side, -20), fee="1.5")
    told = desk.told(DecisionCode.STOP_FILLED)
    assert (told["kind"], told["stop"], told["left"], told["pnl"]) == ("initial", Decimal(at(side, -20)), 0, -200)
    closed = numbers({"reason": "stop", "pnl": "-204.74", "fees": "3.50", "funding": "1.24"})
    assert desk.told(DecisionCode.CLOSED) == closed


def test_of_an_exit_that_somebody_asked_for() -> None:
    desk = opened()
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    assert desk.told(DecisionCode.EXIT_REQUESTED) == numbers({"reason": "manual", "quantity": "10.00"})
    close = desk.the(OrderPurpose.CLOSE)
    assert (close.price, close.trigger, close.reduce_only, close.sent_at) == (None, None, True, desk.at)
    desk.tell(ExitAsked(desk.at, ExitReason.EXIT_CONDITION))
    assert desk.trade.exit_reason is ExitReason.MANUAL, "the first who asked"
    desk.fill(close, 10, 990)
    assert desk.told(DecisionCode.CLOSED)["reason"] == "manual"
    asked = desk.codes().count(DecisionCode.EXIT_REQUESTED)
    assert asked == 1


@pytest.mark.parametrize(("waited", "asks"), [(4_999, 0), (5_000, 1)])
def test_a_refused_exit_is_asked_for_again_after_some_seconds(waited: int, asks: int) -> None:
    desk = opened(refuses=[OrderPurpose.CLOSE])
    desk.tell(ExitAsked(desk.at, ExitReason.MANUAL))
    (refused,) = (each for each in desk.trade.orders if each.purpose is OrderPurpose.CLOSE)
    assert refused.status is OrderStatus.REJECTED
    desk.refuses.clear()
    desk.see(1000.0, later=waited)
    assert len(desk.live(OrderPurpose.CLOSE)) == asks


def test_of_what_cannot_be_protected() -> None:
    desk = opened(refuses=[OrderPurpose.STOP])
    assert desk.told(DecisionCode.PROTECTION_FAILED) == numbers({"reason": "no", "quantity": "10.00"})
    assert desk.told(DecisionCode.EXIT_REQUESTED) == numbers({"reason": "protection_failed", "quantity": "10.00"})
    assert desk.trade.status is PositionStatus.CLOSING


def test_a_refused_target_is_no_reason_to_leave() -> None:
    desk = opened(refuses=[OrderPurpose.TARGET])
    assert desk.trade.status is PositionStatus.OPEN
    assert desk.the(OrderPurpose.STOP).remaining == quantity(10)


@SIDES
def test_of_a_liquidation(side: Side) -> None:
    desk = opened(side)
    taken = Filled(
        OrderId(UUID(int=77)), desk.at, FillId(UUID(int=88)), price(at(side, -25)), quantity(10), Decimal("3.333"),
        maker=False,
    )  # fmt: skip
    desk.tell(Liquidated(taken, price(at(side, -24))))
    assert desk.told(DecisionCode.LIQUIDATED) == numbers(
        {
            "price": at(side, -25),
            "quantity": "10.00",
            "liquidation": at(side, -24),
            "fee": "3.33",
        }
    )
    assert desk.told(DecisionCode.CLOSED) == numbers({"reason": "liquidated", "pnl": "-255.33", "fees": "5.33"})
    order = desk.trade.order(taken.order_id)
    assert (order.purpose, order.status, order.reduce_only, order.level) == (
        OrderPurpose.LIQUIDATION,
        OrderStatus.FILLED,
        True,
        0,
    )
    assert (order.side, order.symbol, order.sent_at) == (side, desk.trade.symbol, desk.at)
    assert order.spent == Decimal(at(side, -25)) * 10
    assert desk.trade.over


# ------------------------------------------------------------------------------------------------------- what it asks


def test_what_a_subscription_does_not_grant_is_not_in_the_mandate() -> None:
    management = Management(Breakeven(1), Trailing(TrailingKind.DISTANCE, 10.0), 60_000)
    for action, field in ((AutoAction.MOVE_TO_BREAKEVEN, "breakeven"), (AutoAction.TRAILING_STOP, "trailing")):
        granted = Desk(management=management, actions=[action]).trade.mandate
        others = {"breakeven", "trailing"} - {field}
        assert getattr(granted.spec, field) is not None
        assert [getattr(granted.spec, other) for other in others] == [None]
        assert [each.share for each in granted.targets] == [1]
        assert [each.share for each in granted.spec.targets] == [1.0]
        assert (granted.actions, granted.costs, granted.spec.max_age_ms) == ({action}, COSTS, 60_000)


def test_an_entry_is_overdue_once_the_signal_has_expired() -> None:
    desk = Desk()
    expires = desk.signal.expires_at
    assert [desk.trade.overdue(expires + ms) for ms in (-1, 0, 1)] == [False, True, True]
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    assert desk.trade.overdue(expires), "the rest of it still waits"
    desk.see(1001.0, later=10 * CANDLE)
    assert not desk.trade.overdue(expires)
    assert not opened().trade.overdue(expires)


def test_a_refusal_tells_nothing_but_itself() -> None:
    desk = opened()
    target = desk.live(OrderPurpose.TARGET)[1]
    effects = desk.tell(Refused(target.id, desk.at, "no"))
    assert not [effect for effect in effects if isinstance(effect, Decision | Place)]


@SIDES
def test_from_when_prices_concern_it(side: Side) -> None:
    desk = Desk(side)
    assert desk.trade.since == START
    desk.at += 7
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    desk.at += 7
    desk.fill(desk.the(OrderPurpose.ENTRY), 6, 1000)
    assert desk.trade.since == desk.trade.opened_at == START + 7
