"""Trades entered in parts, by hand: what rests, what is held, and what whole stories come to, in exact numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from trade_desk import Desk, price, quantity

from tests.simulation.trade_driver import (
    CANDLE,
    INSTRUMENTS,
    START,
    Candle,
    Driver,
    Scenario,
    agreed_on,
    signal_of,
)
from tradewind.core.costs import Costs
from tradewind.core.decisions import DecisionCode
from tradewind.core.ids import FillId
from tradewind.core.matching import Stretch
from tradewind.core.orders import Order, OrderPurpose
from tradewind.core.plan import Breakeven, Trailing, TrailingKind
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.risk import AccountView, RiskLimits, Sized, assess
from tradewind.core.signals import Management, Signal, SignalAddition, SignalScaleIn
from tradewind.core.trade import Cancel, Filled, Refused, handle
from tradewind.core.values import Side

SIDES = pytest.mark.parametrize("side", list(Side))


def off(side: Side, away: str | int) -> str:
    """The price that far from 1000, in favour of the position."""
    return str(1000 + side.sign * Decimal(away))


def ladder(side: Side, *, average: bool = False) -> SignalScaleIn:
    """4 of 10 at 1000, 3 at 995 and 3 at 990; for shorts mirrored."""
    three = Decimal("0.3")
    return SignalScaleIn(
        Decimal("0.4"),
        (SignalAddition(price(off(side, -5)), three), SignalAddition(price(off(side, -10)), three)),
        average,
    )


def in_a_grid(side: Side) -> Desk:
    """The same parts, each of which leaves at the level before it; all is over at 1080 (920)."""
    whole = ladder(side)
    levels = (price(1000), whole.additions[0].price)
    parts = tuple(replace(part, target=level) for part, level in zip(whole.additions, levels, strict=True))
    return Desk(side, scale_in=replace(whole, additions=parts), targets=((160, "1"),))


# ------------------------------------------------------------------------------------------- entries and the one stop


@SIDES
def test_no_entry_waits_behind_the_stop(side: Side) -> None:
    """A fill after the stop was reached would be held with nothing left to protect it."""
    trailing = Management(trailing=Trailing(TrailingKind.DISTANCE, 18.0))
    desk = Desk(side, management=trailing, scale_in=ladder(side))
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    assert [order.level for order in desk.live(OrderPurpose.ENTRY)] == [1, 2]
    desk.see(float(off(side, 9)))
    assert desk.trade.stop == price(off(side, -9))
    assert [order.level for order in desk.live(OrderPurpose.ENTRY)] == [1], "990 is behind a stop at 991"
    told = desk.told(DecisionCode.ENTRY_BEHIND_STOP)
    assert told == {"price": Decimal(off(side, -10)), "stop": Decimal(off(side, -9)), "quantity": Decimal(3)}
    assert desk.trade.entering_value == 3 * Decimal(off(side, -5)), "what cannot be entered needs no room"
    desk.fill(desk.the(OrderPurpose.ENTRY), 1, off(side, -5))
    desk.see(float(off(side, 18)))
    assert desk.trade.stop == price(1000)
    assert not desk.live(OrderPurpose.ENTRY)
    assert desk.trade.status is PositionStatus.OPEN
    assert desk.the(OrderPurpose.STOP).remaining == desk.trade.held == quantity(5)
    assert desk.trade.entering_value == 0


@SIDES
def test_what_is_left_of_an_entry_does_not_wait_behind_breakeven(side: Side) -> None:
    desk = Desk(side, management=Management(breakeven=Breakeven(0, 0.5)))
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    assert desk.live(OrderPurpose.ENTRY)
    desk.see(float(off(side, 15)))
    assert (desk.trade.stop - price(1000)) * side.sign > 0
    assert not desk.live(OrderPurpose.ENTRY)


def test_the_entry_of_a_grid_expires_however_much_its_round_trips_have_entered() -> None:
    desk = in_a_grid(Side.LONG)
    desk.fill(desk.the(OrderPurpose.ENTRY), 1, 1000)
    for number in range(3):
        desk.fill(entry_of(desk, 1), 3, 995)
        if number < 2:
            desk.fill(target_of(desk, 2), 3, 1000)
    assert desk.trade.entered == desk.trade.mandate.quantity
    assert entry_of(desk, 0).remaining == quantity(3)
    desk.at = desk.signal.expires_at
    desk.see(998.0, later=0)
    assert not desk.live(OrderPurpose.ENTRY)
    assert desk.trade.entry_ending is DecisionCode.ENTRY_EXPIRED


# ---------------------------------------------------------------------------------------------------- exits and races


@SIDES
def test_a_part_whose_target_was_refused_leaves_with_the_others(side: Side) -> None:
    desk = in_a_grid(side)
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    desk.fill(entry_of(desk, 1), 3, off(side, -5))
    own = target_of(desk, 2)
    desk.tell(Refused(own.id, desk.at, "no"))
    offered = desk.the(OrderPurpose.TARGET)
    assert (offered.level, offered.remaining) == (1, quantity(7))
    desk.fill(offered, 7, off(side, 80))
    assert desk.trade.over
    assert desk.trade.exit_reason is ExitReason.TARGET


@SIDES
def test_a_target_that_fills_while_it_moves_is_not_sold_twice(side: Side) -> None:
    desk = Desk(side, scale_in=ladder(side, average=True))
    desk.fill(desk.the(OrderPurpose.ENTRY), 4, 1000)
    before = target_of(desk, 1)
    fills = (
        Filled(
            entry_of(desk, 1).id, START, FillId(UUID(int=91)), price(off(side, -5)), quantity(3), Decimal(0), maker=True
        ),
        Filled(before.id, START, FillId(UUID(int=92)), price(off(side, 20)), before.quantity, Decimal(0), maker=True),
    )
    trade, moved = handle(desk.trade, fills[0])
    assert Cancel(before.id) in moved
    trade, late = handle(trade, fills[1])
    (instead,) = (order for order in trade.live_orders(OrderPurpose.TARGET) if order.level == 1)
    assert Cancel(instead.id) in late


# -------------------------------------------------------------------------------------------------------- whole stories

#: No spread, slippage or impact: every fill is at its level, so that whole stories can be counted on paper.
EXACT_COSTS = Costs(
    maker=0.0002, taker=0.0006, half_spread=0.0, slippage=0.0, impact=0.0, latency_ms=0, funding_rate=0.0
)


def story(side: Side, signal: Signal, candles: list[tuple[float, float, float, float]], size: str = "10") -> Driver:
    """Candles as a long sees them; a short sees their mirror image at 100."""
    driver = Driver(Scenario(agreed_on(signal, size, EXACT_COSTS), START, ()))
    for number, candle in enumerate(candles):
        opened, one, other, close = candle if side is Side.LONG else (200 - each for each in candle)
        at = START + number * CANDLE
        driver.live(Candle(Stretch(at, at + CANDLE, opened, max(one, other), min(one, other), close, 1e6)))
    return driver


def descent(side: Side, *, management: Management | None = None, average: bool = False) -> Signal:
    """Entered at 100, 98 and 96 by 2 : 3 : 5, stopped at 92; half leaves at 102, half at 104 (a short's at 200 − that).
    Levels in ticks of 0.5."""
    sign = side.sign
    plain = signal_of(
        INSTRUMENTS[1],
        side,
        (200, 200),
        200 - 16 * sign,
        [(200 + 4 * sign, "0.5"), (200 + 8 * sign, "0.5")],
        management=management or Management(),
    )
    parts = tuple(
        SignalAddition(plain.entry_limit.shifted(-sign * away), Decimal(share))
        for away, share in ((4, "0.3"), (8, "0.5"))
    )
    return replace(plain, scale_in=SignalScaleIn(Decimal("0.2"), parts, average))


def mirrored(side: Side, *levels: str) -> list[Decimal]:
    return [Decimal(each) if side is Side.LONG else 200 - Decimal(each) for each in levels]


def fee(rate: str, *fills: tuple[int | str, Decimal]) -> Decimal:
    return sum((Decimal(rate) * Decimal(amount) * at for amount, at in fills), Decimal(0))


DOWN = [(100.0, 100.0, 100.0, 100.0), (100.0, 100.0, 97.5, 97.5), (97.5, 97.5, 95.5, 95.5)]


@SIDES
def test_the_whole_ladder_stopped_out_loses_what_was_agreed(side: Side) -> None:
    """In by 2 at 100, 3 at 98 and 5 at 96, out by 10 at 92: the risk that the size was counted from, to the cent."""
    signal = descent(side)
    account = AccountView(Decimal(10_000), Decimal(0), {}, RiskLimits(Decimal("0.01"), Decimal(5)))
    sized = assess(signal, account, signal.entry_limit, START, costs=EXACT_COSTS, feed_live=True)
    assert isinstance(sized, Sized)
    driver = story(side, signal, [*DOWN, (95.5, 95.5, 91.5, 91.5)], str(sized.quantity.value))
    trade, whole = driver.trade, sized.quantity.value
    shares = (trade.mandate.first.value, *(part.quantity.value for part in trade.mandate.additions))
    hundred, second, third, stop = mirrored(side, "100", "98", "96", "92")
    entered = shares[0] * hundred + shares[1] * second + shares[2] * third
    assert trade.exit_reason is ExitReason.STOP
    assert trade.realised == (sum(shares) * stop - entered) * side.sign
    fees = fee("0.0006", (shares[0], hundred), (sum(shares), stop)) + fee(
        "0.0002", (shares[1], second), (shares[2], third)
    )
    assert trade.fees == pytest.approx(fees, abs=Decimal("1e-6"))
    # Two parts were entered as maker; sized was the dearest fee on all of them. No lot is lost on the way but a few.
    assert -trade.net_pnl <= sized.risk <= Decimal(100)
    assert sized.risk + trade.net_pnl <= fee("0.0004", (shares[1], second), (shares[2], third)) + 12 * (
        whole - sum(shares)
    ) + Decimal("0.01")


@SIDES
def test_a_ladder_that_was_entered_by_half_leaves_by_its_shares_and_at_breakeven(side: Side) -> None:
    """2 at 100 and 3 at 98; half of the 5 at 102; the rest at what has paid for it."""
    signal = descent(side, management=Management(breakeven=Breakeven(1)))
    driver = story(side, signal, [*DOWN[:2], (97.5, 102.0, 97.5, 102.0), (102.0, 102.0, 98.0, 98.0)])
    trade = driver.trade
    hundred, second, target = mirrored(side, "100", "98", "102")
    average = (2 * hundred + 3 * second) / 5
    assert trade.entered.value == 5
    assert trade.exit_reason is ExitReason.BREAKEVEN
    paid = fee("0.0006", ("2", hundred)) + fee("0.0002", ("3", second))
    # (average + fees per unit) ÷ (1 − taker), to the next tick of 0.5 in favour.
    exact = (average + side.sign * paid / 5) / (1 - side.sign * Decimal("0.0006"))
    stop = Decimal("99.0") if side is Side.LONG else Decimal("101.0")
    assert 0 <= (stop - exact) * side.sign < Decimal("0.5")
    assert trade.stop.value == stop
    gained = (Decimal("2.5") * (target + stop) - 5 * average) * side.sign
    assert trade.realised == gained
    fees = paid + fee("0.0002", ("2.5", target)) + fee("0.0006", ("2.5", stop))
    assert trade.fees == pytest.approx(fees, abs=Decimal("1e-6"))
    assert trade.net_pnl == pytest.approx(gained - fees, abs=Decimal("1e-6"))
    assert not driver.book.dump()["orders"], "the third part was cancelled"


@SIDES
def test_targets_that_move_with_the_average_entry_and_a_stop_that_follows(side: Side) -> None:
    """All 10 at 97.4 on average: targets at 99.4 and 101.4, on the tick 99 and 101; the rest by a stop 3 behind 101."""
    trailing = Management(trailing=Trailing(TrailingKind.DISTANCE, 3.0, after_target=1))
    signal = descent(side, management=trailing, average=True)
    driver = story(
        side, signal, [*DOWN, (95.5, 99.0, 95.5, 99.0), (99.0, 100.5, 98.5, 100.5), (100.5, 100.5, 97.0, 97.0)]
    )
    trade = driver.trade
    first, stop, hundred, second, third = mirrored(side, "99", "97.5", "100", "98", "96")
    assert [order.price.value for order in trade.orders if order.purpose is OrderPurpose.TARGET and order.filled] == [
        first
    ]
    assert trade.exit_reason is ExitReason.TRAILING
    assert trade.realised == (5 * first + 5 * stop - (2 * hundred + 3 * second + 5 * third)) * side.sign


@SIDES
def test_a_killed_process_goes_on_with_the_same_ladder(side: Side) -> None:
    signal = descent(side, management=Management(breakeven=Breakeven(1)))
    candles = [*DOWN[:2], (97.5, 102.0, 97.5, 102.0), (102.0, 102.0, 98.0, 98.0)]
    whole = story(side, signal, candles)
    driver = story(side, signal, [])
    for number, candle in enumerate(candles):
        opened, one, other, close = candle if side is Side.LONG else (200 - each for each in candle)
        at = START + number * CANDLE
        driver.live(Candle(Stretch(at, at + CANDLE, opened, max(one, other), min(one, other), close, 1e6)))
        if not driver.over:
            driver = driver.reloaded()
    assert driver.trade == whole.trade
    assert driver.log == whole.log


def entry_of(desk: Desk, number: int) -> Order:
    (order,) = (each for each in desk.live(OrderPurpose.ENTRY) if each.level == number)
    return order


def target_of(desk: Desk, number: int) -> Order:
    (order,) = (each for each in desk.live(OrderPurpose.TARGET) if each.level == number)
    return order
