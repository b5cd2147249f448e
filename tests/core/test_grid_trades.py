"""A grid as a trade on the paper venue, by hand: twelve candles, every round trip with its own cost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

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
from tradewind.core.matching import Stretch
from tradewind.core.orders import OrderPurpose
from tradewind.core.plan import AutoAction
from tradewind.core.positions import ExitReason
from tradewind.core.signals import Signal, SignalAddition, SignalScaleIn
from tradewind.core.values import Side

COSTS = Costs(maker=0.0002, taker=0.0006, half_spread=0.0, slippage=0.0, impact=0.0, latency_ms=0, funding_rate=0.0)
SIDES = pytest.mark.parametrize("side", list(Side))


def grid(side: Side) -> Signal:
    """Entered at 100, 98 and 96 by a third each, out at 102, stopped at 94; for a short mirrored at 100."""
    sign = side.sign
    plain = signal_of(INSTRUMENTS[1], side, (200, 200), 200 - 12 * sign, [(200 + 4 * sign, "1")])
    levels = [plain.entry_limit.shifted(-sign * 4 * number) for number in range(3)]
    parts = tuple(SignalAddition(levels[n], Decimal("0.3"), levels[n - 1]) for n in (1, 2))
    return replace(plain, scale_in=SignalScaleIn(Decimal("0.4"), parts))


def lived(side: Side, candles: list[tuple[float, float, float, float]], *, actions: tuple[AutoAction, ...]) -> Driver:
    """Candles as a long sees them; a short sees their mirror image."""
    driver = Driver(Scenario(agreed_on(grid(side), "10", COSTS, actions), START, ()))
    for number, candle in enumerate(candles):
        opened, one, other, close = candle if side is Side.LONG else (200 - price for price in candle)
        at = START + number * CANDLE
        driver.live(Candle(Stretch(at, at + CANDLE, opened, max(one, other), min(one, other), close, 1e6)))
    return driver


CANDLES = [
    (100.0, 100.5, 99.0, 99.5),  # in with 4
    (99.5, 99.5, 97.5, 97.5),  # 3 at 98
    (97.5, 97.5, 95.5, 96.5),  # 3 at 96
    (96.5, 98.5, 96.5, 98.5),  # those out at 98
    (98.5, 98.5, 95.5, 97.0),  # in again at 96
    (97.0, 98.0, 96.5, 97.5),  # and out at 98
    (97.5, 99.5, 96.5, 99.0),  # nothing: 98 leaves at 100
    (99.0, 100.5, 98.5, 100.0),  # which it does
    (100.0, 100.5, 97.5, 99.0),  # and is in again
    (99.0, 99.5, 98.5, 99.5),
    (99.5, 100.0, 99.0, 100.0),  # out again
    (100.0, 102.5, 99.5, 102.0),  # and what was entered first, at the end of the grid
]


@SIDES
def test_twelve_candles_by_hand(side: Side) -> None:
    done = lived(side, CANDLES, actions=tuple(AutoAction))
    trade = done.trade
    trips = [each.data for each in done.decisions if each.code is DecisionCode.ROUND_TRIP]
    assert [(each["part"], each["quantity"], each["pnl"]) for each in trips] == [
        ("2", "3", "6.00"),
        ("2", "3", "6.00"),
        ("1", "3", "6.00"),
        ("1", "3", "6.00"),
    ]
    assert trade.exit_reason is ExitReason.TARGET
    assert trade.realised == 4 * 6 + 4 * 2
    assert trade.entered.value == 4 + 4 * 3


@SIDES
def test_the_stop_takes_exactly_what_is_held(side: Side) -> None:
    done = lived(side, [*CANDLES[:5], (97.0, 97.0, 93.0, 93.5)], actions=tuple(AutoAction))
    stops = [order for order in done.trade.orders if order.purpose is OrderPurpose.STOP]
    assert [order.filled.value for order in stops] == [10]
    assert done.trade.exit_reason is ExitReason.STOP
    assert done.trade.realised == 6 - (4 * 6 + 3 * 4 + 3 * 2)


@SIDES
def test_without_partial_closes_it_is_a_ladder(side: Side) -> None:
    done = lived(side, CANDLES, actions=())
    assert not any(each.code is DecisionCode.ROUND_TRIP for each in done.decisions)
    assert done.trade.entered.value == 10
    assert done.trade.realised == 4 * 2 + 3 * 4 + 3 * 6
