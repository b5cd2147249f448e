"""How risky a portfolio is, on one scale from 0 to 1, with the arithmetic shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradewind.core.margin import margin
from tradewind.core.portfolio.exposure import Exposure, exposure
from tradewind.core.portfolio.model import RATIO, Holding, PortfolioError, shown
from tradewind.core.portfolio.statistics import TailRisk
from tradewind.core.values import EXACT, Side, decimal_of

_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Liquidation:
    """Where the venue would close a position.

    Attributes:
        price: see `core.margin`.
        distance: (mark − price) × sign ÷ mark: the adverse move that is left, as a fraction; zero or below when the
            mark has passed it.
    """

    price: Decimal
    distance: Decimal


def liquidation(holding: Holding) -> Liquidation | None:
    """Where `holding` would be liquidated; None for a long without leverage, which falls to zero first."""
    sign = holding.side.sign
    if holding.side is Side.LONG and holding.leverage <= 1:
        return None
    price = margin(holding.side, holding.entry_price, holding.leverage, holding.maintenance_margin).liquidation
    way = RATIO.multiply(RATIO.subtract(holding.mark_price, price), Decimal(sign))
    return Liquidation(price, RATIO.divide(way, holding.mark_price))


class RiskAspect(StrEnum):
    """What makes a portfolio risky."""

    LEVERAGE = "leverage"
    """Gross notional ÷ equity, against the most that is allowed."""
    CONCENTRATION = "concentration"
    """The largest netted underlying ÷ equity, against the most that is allowed."""
    LIQUIDATION = "liquidation"
    """The nearest liquidation: the distance that counts as too near, against the distance that is left."""
    TAIL = "tail"
    """Conditional value at risk of one period, against the most that is allowed."""


@dataclass(frozen=True, slots=True)
class RiskScale:
    """What counts as 1 on the scale of each aspect, all as fractions of equity but the distance.

    Attributes:
        leverage: gross notional ÷ equity.
        concentration: largest netted underlying ÷ equity.
        liquidation: adverse move to the nearest liquidation, as a fraction of the mark price.
        tail: expected shortfall of one period.
        correlation: from here on two underlyings are one bet; not part of the level.
        warning: a risk level above this is a warning.
    """

    leverage: Decimal = Decimal(5)
    concentration: Decimal = Decimal(2)
    liquidation: Decimal = Decimal("0.05")
    tail: Decimal = Decimal("0.10")
    correlation: Decimal = Decimal("0.8")
    warning: Decimal = Decimal("0.8")

    def __post_init__(self) -> None:
        for name in ("leverage", "concentration", "liquidation", "tail", "correlation", "warning"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value <= 0:
                raise PortfolioError(f"expected a positive {name} on the risk scale, got {value}")


USUAL_SCALE = RiskScale()


@dataclass(frozen=True, slots=True)
class Component:
    """One aspect of the risk level: `level` = min(1, numerator ÷ denominator).

    Attributes:
        subject: the symbol or underlying it is about; empty for the whole portfolio.
    """

    aspect: RiskAspect
    numerator: Decimal
    denominator: Decimal
    level: Decimal
    subject: str = ""

    @property
    def arithmetic(self) -> str:
        """The sum, such as `6 ÷ 5 = 1.2 → 1`."""
        if self.denominator <= 0:
            return f"{shown(self.numerator)} ÷ {shown(self.denominator)} → {shown(self.level)}"
        quotient = RATIO.divide(self.numerator, self.denominator)
        capped = f" → {shown(self.level)}" if quotient > self.level else ""
        return f"{shown(self.numerator)} ÷ {shown(self.denominator)} = {shown(quotient)}{capped}"


@dataclass(frozen=True, slots=True)
class RiskLevel:
    """How risky a portfolio is, from 0 to 1: the level of its worst aspect.

    The maximum and not a mean: a position about to be liquidated is not made safer by the calm of the others.

    Attributes:
        components: one per aspect that could be computed, worst first.
        warning: whether the level is above the scale's warning, 0.8 unless told otherwise.
    """

    level: Decimal
    warning: bool
    components: tuple[Component, ...]


def risk_level(
    holdings: Sequence[Holding], equity: Decimal, tail: TailRisk | None = None, scale: RiskScale = USUAL_SCALE
) -> RiskLevel:
    """How risky `holdings` are for an account with `equity`; without any it is 0, without equity 1.

    Args:
        tail: of one period's `portfolio_returns`; without it that aspect is left out.

    Raises:
        PortfolioError: equity is not finite.
    """
    found = exposure(holdings, equity)
    components = list(_components(holdings, found, equity, tail, scale)) if holdings else []
    components.sort(key=lambda each: each.level, reverse=True)
    level = components[0].level if components else _ZERO
    return RiskLevel(level, level > scale.warning, tuple(components))


def _components(
    holdings: Sequence[Holding], found: Exposure, equity: Decimal, tail: TailRisk | None, scale: RiskScale
) -> list[Component]:
    name, largest = _largest(found)
    components = [
        _component(RiskAspect.LEVERAGE, found.gross, EXACT.multiply(scale.leverage, equity)),
        _component(RiskAspect.CONCENTRATION, largest, EXACT.multiply(scale.concentration, equity), name),
    ]
    distances = [(met.distance, holding.symbol) for holding in holdings if (met := liquidation(holding)) is not None]
    if distances:
        distance, symbol = min(distances)
        components.append(_component(RiskAspect.LIQUIDATION, scale.liquidation, distance, symbol))
    if tail is not None:
        components.append(_component(RiskAspect.TAIL, decimal_of(max(tail.cvar, 0.0)), scale.tail))
    return components


def _component(aspect: RiskAspect, numerator: Decimal, denominator: Decimal, subject: str = "") -> Component:
    # Nothing left to divide by: no equity, or liquidation passed. It cannot be worse.
    level = min(RATIO.divide(numerator, denominator), _ONE) if denominator > 0 else _ONE
    return Component(aspect, numerator, denominator, level, subject)


def _largest(found: Exposure) -> tuple[str, Decimal]:
    """The underlying with the largest absolute net, the first by name among equals."""
    name = max(found.by_underlying, key=lambda each: found.by_underlying[each].copy_abs())
    return name, found.by_underlying[name].copy_abs()
