"""How little must be closed to bring the risk level down to its warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType
from typing import NamedTuple

from numpy.typing import ArrayLike

from tradewind.core.portfolio.model import RATIO, Holding, shown
from tradewind.core.portfolio.risk import USUAL_SCALE, RiskScale, risk_level
from tradewind.core.portfolio.statistics import historical, portfolio_returns
from tradewind.core.portfolio.suggestions import Suggestion, SuggestionCode
from tradewind.core.values import EXACT

_ZERO = Decimal(0)
_BEYOND = Decimal("Infinity")


class _Step(NamedTuple):
    """One holding reduced, and what is left then."""

    place: int
    quantity: Decimal
    left: list[Holding]
    pressure: Decimal


def reductions(
    holdings: Sequence[Holding],
    equity: Decimal,
    *,
    returns: Mapping[str, ArrayLike] | None = None,
    scale: RiskScale = USUAL_SCALE,
) -> tuple[Suggestion, ...]:
    """What to close, one holding after the other, until the risk level is no longer above the scale's warning.

    Each step takes the holding that gets there with the least notional closed, on the lot grid; where none does alone,
    it closes the one that relieves most and goes on. Closing is at the mark price; its costs are left out, and so
    equity stays as it is. Nothing where nothing is wrong, or nothing helps.

    Args:
        returns: aligned series by underlying, for the tail; without them that aspect is left out.
    """
    made: list[Suggestion] = []
    held = list(holdings)
    before = _pressure(held, equity, returns, scale)
    while before > scale.warning and held:
        steps = [_smallest(held, place, equity, returns, scale) for place in range(len(held))]
        enough = [step for step in steps if step.pressure <= scale.warning]
        if enough:
            step = min(enough, key=lambda each: EXACT.multiply(each.quantity, held[each.place].mark_price))
        else:
            step = min(steps, key=lambda each: each.pressure)
            if step.pressure >= before:
                break
        made.append(_suggestion(held[step.place], step.quantity, before, step.pressure))
        held, before = step.left, step.pressure
    return tuple(made)


def _pressure(
    holdings: Sequence[Holding], equity: Decimal, returns: Mapping[str, ArrayLike] | None, scale: RiskScale
) -> Decimal:
    """The risk level before it is capped at 1, so that what is far beyond it still shows what helps."""
    tail = None
    if returns is not None and equity > 0:
        tail = historical(portfolio_returns(holdings, equity, returns))
    components = risk_level(holdings, equity, tail, scale).components
    ratios = (
        RATIO.divide(each.numerator, each.denominator) if each.denominator > 0 else _BEYOND for each in components
    )
    return max(ratios, default=_ZERO)


def _smallest(
    holdings: list[Holding],
    place: int,
    equity: Decimal,
    returns: Mapping[str, ArrayLike] | None,
    scale: RiskScale,
) -> _Step:
    """The least quantity of that holding that suffices by itself; all of it where none does."""

    def after(quantity: Decimal) -> _Step:
        rest = EXACT.subtract(holding.quantity, quantity)
        kept = [replace(holding, quantity=rest)] if rest > 0 else []
        left = [*holdings[:place], *kept, *holdings[place + 1 :]]
        return _Step(place, quantity, left, _pressure(left, equity, returns, scale))

    holding = holdings[place]
    best = after(holding.quantity)
    if best.pressure > scale.warning:
        return best
    # By halves: one lot less than what is found would not do.
    too_few, enough = 0, int(RATIO.divide(holding.quantity, holding.lot).to_integral_value(ROUND_CEILING))
    while enough - too_few > 1:
        lots = (too_few + enough) // 2
        tried = after(EXACT.multiply(holding.lot, Decimal(lots)))
        if tried.pressure <= scale.warning:
            enough, best = lots, tried
        else:
            too_few = lots
    return best


def _suggestion(holding: Holding, quantity: Decimal, before: Decimal, after: Decimal) -> Suggestion:
    notional = EXACT.multiply(quantity, holding.mark_price)
    one = Decimal(1)
    facts = {
        "quantity": quantity,
        "mark": holding.mark_price,
        "notional": notional,
        "left": EXACT.subtract(holding.quantity, quantity),
        "before": min(before, one),
        "after": min(after, one),
    }
    arithmetic = (
        f"{format(quantity, 'f')} × {shown(holding.mark_price)} = {shown(notional)}; "
        f"{shown(facts['before'])} → {shown(facts['after'])}"
    )
    return Suggestion(SuggestionCode.REDUCE_POSITION, (holding.symbol,), MappingProxyType(facts), arithmetic)
