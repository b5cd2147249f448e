"""Signals: an illegal one cannot be built, and a legal one says its whole plan."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from strategy_maker import INSTRUMENT

from tradewind.core.candles import Timeframe
from tradewind.core.ids import SignalId
from tradewind.core.plan import Addition, Breakeven, ScaleIn, Target, Trailing, TrailingKind
from tradewind.core.signals import (
    Management,
    Rationale,
    Signal,
    SignalAddition,
    SignalScaleIn,
    SignalTarget,
    StrategyRef,
)
from tradewind.core.values import IllegalValueError, Price, Side


def price(value: float) -> Price:
    return INSTRUMENT.price(Decimal(str(value)))


def target(value: float, share: str = "0.5") -> SignalTarget:
    return SignalTarget(price(value), Decimal(share))


def ladder(first: str, *additions: tuple[float, str]) -> SignalScaleIn:
    return SignalScaleIn(Decimal(first), tuple(SignalAddition(price(at), Decimal(share)) for at, share in additions))


LONG = Signal(
    id=SignalId(UUID(int=1)),
    revision=1,
    instrument=INSTRUMENT,
    timeframe=Timeframe.M5,
    side=Side.LONG,
    strategy=StrategyRef("test", 1, "0" * 64),
    created_at=1000,
    zone_low=price(99),
    zone_high=price(100),
    stop=price(95),
    targets=(target(105), target(110)),
    management=Management(Breakeven(), Trailing(TrailingKind.PERCENT, 0.01, after_target=1), 60_000),
    confidence=Decimal("0.5"),
    leverage_cap=5,
    fresh_until=2000,
    expires_at=3000,
    rationale=Rationale({}, {"en": (), "ru": ()}),
    simulated=False,
)
SHORT = replace(LONG, side=Side.SHORT, stop=price(105), targets=(target(95), target(90)))


@pytest.mark.parametrize(
    "changes",
    [
        {"zone_low": price(100.01)},
        {"stop": price(99)},
        {"stop": price(99.5)},
        {"targets": ()},
        {"targets": (target(100, "1"),)},
        {"targets": (target(105), target(105))},
        {"targets": (target(110), target(105))},
        {"targets": (target(105, "0"), target(110, "1"))},
        {"targets": (target(105, "-0.5"), target(110, "1.5"))},
        {"targets": (target(105, "0.5"), target(110, "0.4"))},
        {"confidence": Decimal("-0.01")},
        {"confidence": Decimal("1.01")},
        {"fresh_until": 1000},
        {"fresh_until": 3001},
        {"leverage_cap": 0},
        {"management": Management(risk_scale=Decimal(0))},
        {"management": Management(risk_scale=Decimal("1.01"))},
        {"scale_in": ladder("1")},
        {"scale_in": ladder("0.5", (100, "0.5"))},
        {"scale_in": ladder("0.5", (95, "0.5"))},
        {"scale_in": ladder("0.5", (97, "0.25"), (97, "0.25"))},
        {"scale_in": ladder("0.5", (96, "0.25"), (97, "0.25"))},
        {"scale_in": ladder("0.5", (97, "0.4"))},
        {"scale_in": ladder("0.5", (98, "0.6"), (97, "-0.1"))},
        {"scale_in": ladder("0", (98, "0.6"), (97, "0.4"))},
    ],
    ids=str,
)
def test_no_illegal_signal(changes: dict[str, object]) -> None:
    with pytest.raises(IllegalValueError, match="expected"):
        replace(LONG, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"stop": price(100)},
        {"stop": price(99.5)},
        {"targets": (target(99, "1"),)},
        {"targets": (target(90), target(95))},
        {"scale_in": ladder("0.5", (99, "0.5"))},
        {"scale_in": ladder("0.5", (105, "0.5"))},
        {"scale_in": ladder("0.5", (104, "0.25"), (103, "0.25"))},
    ],
    ids=str,
)
def test_no_illegal_short(changes: dict[str, object]) -> None:
    with pytest.raises(IllegalValueError, match="expected"):
        replace(SHORT, **changes)


def test_the_extremes_that_are_legal() -> None:
    for confidence in (Decimal(0), Decimal(1)):
        assert replace(LONG, confidence=confidence).confidence == confidence
    assert replace(LONG, zone_low=price(100)).entry_limit == price(100)
    assert replace(LONG, fresh_until=3000).fresh_until == LONG.expires_at
    assert replace(LONG, fresh_until=1001, leverage_cap=1).leverage_cap == 1


def test_the_entry_limit_is_the_worst_price_of_the_zone() -> None:
    assert LONG.entry_limit == price(100)
    assert SHORT.entry_limit == price(99)
    assert LONG.symbol == INSTRUMENT.symbol


@pytest.mark.parametrize("signal", [LONG, SHORT], ids=["long", "short"])
def test_the_plan_is_the_whole_signal(signal: Signal) -> None:
    plan = signal.plan
    assert (plan.side, plan.stop) == (signal.side.sign, float(signal.stop))
    assert plan.targets == tuple(Target(float(each.price), 0.5) for each in signal.targets)
    assert plan.breakeven == signal.management.breakeven
    assert plan.trailing == signal.management.trailing
    assert plan.max_age_ms == 60_000


@pytest.mark.parametrize(("from_average", "origin"), [(True, 100.0), (False, 0.0)])
def test_the_plan_of_a_signal_that_is_entered_in_parts(from_average: bool, origin: float) -> None:
    parts = replace(ladder("0.5", (98, "0.3"), (96, "0.2")), targets_from_average=from_average)
    signal = replace(LONG, scale_in=parts)
    assert signal.plan.scale_in == ScaleIn(0.5, (Addition(98.0, 0.3), Addition(96.0, 0.2)), origin)
    assert signal.plan._replace(scale_in=None) == LONG.plan


def test_over_how_many_candles_its_range_is_taken() -> None:
    chandelier = Management(trailing=Trailing(TrailingKind.CHANDELIER, 3.0, period=22))
    assert [replace(LONG, management=each).range_period for each in (chandelier, Management())] == [22, 0]
