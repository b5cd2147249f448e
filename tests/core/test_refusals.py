"""What the functions of core refuse: one clear error each, with what was expected and what came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from signal_follower import Followed
from strategy_maker import random_columns

from tradewind.core import kernel
from tradewind.core.candles import Derivation, Timeframe
from tradewind.core.costs import Costs
from tradewind.core.expressions import Expression, ExpressionError, Kind, parse
from tradewind.core.kernel import KernelInputError
from tradewind.core.kernel.layout import Records
from tradewind.core.plan import PlanSpec, Target
from tradewind.core.signals import Signal, SignalAddition, SignalScaleIn, SignalTarget
from tradewind.core.values import IllegalValueError

COLUMNS = random_columns(1, 50)


def condition(text: str) -> Expression:
    return parse("it", text, Kind.CONDITION)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("close, open", "expected one expression, got a list of them"),
        ("close > open, open", "expected one expression, got a list of them"),
        ("close > ", "got the end of the text"),
        ("close > 1 +  ", "got the end of the text"),
    ],
)
def test_expressions(text: str, told: str) -> None:
    with pytest.raises(ExpressionError, match=told):
        condition(text)


def test_candles_that_longer_ones_are_not_made_of() -> None:
    with pytest.raises(ValueError, match="expected a timeframe that 1h divides, got 5m"):
        Derivation(Timeframe.H1, Timeframe.M5)


# ---------------------------------------------------------------------------------------------------------- the kernel


def data() -> kernel.Bars:
    return kernel.bars(COLUMNS, 300_000)


def one_plan() -> Records:
    return kernel.plans([PlanSpec(1, 90.0, (Target(110.0, 1.0),))])


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: kernel.entries(data(), [[1, 2]]), "entries.bars"),
        (lambda: kernel.bars(COLUMNS, 300_000, atr=np.ones(3)), "atr"),
        (lambda: kernel.assumptions(Costs(), Decimal("1E+15")), "tick"),
        (lambda: kernel.assumptions(Costs(), Decimal("1E-16")), "tick"),
        (lambda: kernel.assumptions(Costs(), Decimal(0)), "tick"),
        (lambda: kernel.checked_plans(np.zeros(1)), "plans"),
        (lambda: kernel.checked_plans(np.zeros((1, 1), dtype=kernel.PLAN)), "plans"),
        (lambda: kernel.step_bar(data(), 50, one_plan(), kernel.states(1), kernel.assumptions(Costs())), "row"),
        (lambda: kernel.step_bar(data(), -1, one_plan(), kernel.states(1), kernel.assumptions(Costs())), "row"),
        (lambda: kernel.step_bar(data(), 0, one_plan(), kernel.states(2), kernel.assumptions(Costs())), "positions"),
    ],
)
def test_the_kernel_names_what_it_refuses(ask: Callable[[], object], told: str) -> None:
    with pytest.raises(KernelInputError, match=told):
        ask()


# ------------------------------------------------------------------------------------------------------------- signals


def grid(signal: Signal, *targets: int) -> SignalScaleIn:
    """Entered at 1000, 995 and 990; each addition leaves at the price of that number."""
    prices = [signal.instrument.price(Decimal(price)) for price in (995, 990)]
    placed = (
        SignalAddition(price, Decimal("0.3"), signal.instrument.price(Decimal(target)))
        for price, target in zip(prices, targets, strict=True)
    )
    return SignalScaleIn(Decimal("0.4"), tuple(placed))


def test_grids() -> None:
    plain = Followed(shares=["1"]).signal
    right = replace(plain, scale_in=grid(plain, 1000, 995))
    assert right.scale_in is not None
    with pytest.raises(IllegalValueError, match="expected a target at 995, one level on, got 1000"):
        replace(plain, scale_in=grid(plain, 1000, 1000))
    with pytest.raises(IllegalValueError, match="expected a grid with one fixed target"):
        replace(right, scale_in=replace(right.scale_in, targets_from_average=True))
    half = SignalTarget(plain.targets[0].price, Decimal("0.5"))
    two = (half, SignalTarget(plain.instrument.price(Decimal(1040)), Decimal("0.5")))
    with pytest.raises(IllegalValueError, match="expected a grid with one fixed target"):
        replace(right, targets=two)
