"""What would make a portfolio less risky: enumerated codes with the numbers behind them; words come elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from tradewind.core.portfolio.exposure import Exposure, exposure
from tradewind.core.portfolio.model import RATIO, Holding, shown
from tradewind.core.portfolio.risk import USUAL_SCALE, RiskScale, liquidation
from tradewind.core.portfolio.statistics import Correlations, TailRisk
from tradewind.core.values import EXACT, Side, decimal_of

_ZERO, _ONE = Decimal(0), Decimal(1)


class SuggestionCode(StrEnum):
    """What would make a portfolio less risky. The list is complete; clients may rely on the names.

    Beside each the names of its facts.
    """

    REDUCE_POSITION = "reduce_position"
    """quantity × mark = notional: closing that much takes the risk level from before to after; made by `reductions`."""
    REDUCE_LEVERAGE = "reduce_leverage"
    """gross − limit × equity = excess: close that much notional."""
    REDUCE_CONCENTRATION = "reduce_concentration"
    """size − limit × equity = excess: close that much of the underlying's net notional."""
    LIQUIDATION_NEAR = "liquidation_near"
    """(mark − price) × sign ÷ mark = distance, below limit: put up margin or close."""
    CLOSE_OFFSETTING = "close_offsetting"
    """gross − size = excess: long and short of one underlying cancel out and pay fees and margin twice."""
    CORRELATED = "correlated"
    """correlation × sign of both nets ≥ limit: two names, one bet of the size `together`."""
    TAIL_RISK = "tail_risk"
    """cvar − limit = excess, as fractions of equity; `amount` is the loss in money."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to do.

    Attributes:
        subjects: symbols or underlyings it is about; none for the whole portfolio.
        facts: the numbers behind it, by name; money in quote currency.
        arithmetic: how they hang together, in figures.
    """

    code: SuggestionCode
    subjects: tuple[str, ...]
    facts: Mapping[str, Decimal]
    arithmetic: str


def suggestions(
    holdings: Sequence[Holding],
    equity: Decimal,
    *,
    tail: TailRisk | None = None,
    correlated: Correlations | None = None,
    scale: RiskScale = USUAL_SCALE,
) -> tuple[Suggestion, ...]:
    """What would make `holdings` less risky, in the order of the codes; each only where its limit is passed.

    Args:
        tail: of one period's `portfolio_returns`.
        correlated: correlations of the underlyings' returns.

    Raises:
        PortfolioError: equity is not finite.
    """
    found = exposure(holdings, equity)
    made = [
        *_reduce(SuggestionCode.REDUCE_LEVERAGE, "gross", found.gross, scale.leverage, equity),
        *(
            each
            for name, net in found.by_underlying.items()
            for each in _reduce(
                SuggestionCode.REDUCE_CONCENTRATION, "size", net.copy_abs(), scale.concentration, equity, name
            )
        ),
        *_near(holdings, scale),
        *_offsetting(holdings),
        *(_correlated(found, correlated, scale) if correlated is not None else ()),
    ]
    if tail is not None and (cvar := decimal_of(tail.cvar)) > scale.tail:
        excess = RATIO.subtract(cvar, scale.tail)
        amount = RATIO.multiply(cvar, equity)
        made.append(
            Suggestion(
                SuggestionCode.TAIL_RISK,
                (),
                MappingProxyType({"cvar": cvar, "limit": scale.tail, "excess": excess, "amount": amount}),
                f"{shown(cvar)} − {shown(scale.tail)} = {shown(excess)}; "
                f"{shown(cvar)} × {shown(equity)} = {shown(amount)}",
            )
        )
    return tuple(made)


def _reduce(
    code: SuggestionCode, name: str, size: Decimal, limit: Decimal, equity: Decimal, *subjects: str
) -> list[Suggestion]:
    # With debts nothing is allowed, and everything held is too much.
    allowed = EXACT.multiply(limit, max(equity, _ZERO))
    excess = EXACT.subtract(size, allowed)
    if excess <= 0:
        return []
    facts = {name: size, "equity": equity, "limit": limit, "excess": excess}
    arithmetic = f"{shown(size)} − {shown(limit)} × {shown(max(equity, _ZERO))} = {shown(excess)}"
    return [Suggestion(code, subjects, MappingProxyType(facts), arithmetic)]


def _near(holdings: Sequence[Holding], scale: RiskScale) -> list[Suggestion]:
    # On the risk scale the distance of 1 is where it is too late; the time to act is the warning.
    limit = RATIO.divide(scale.liquidation, scale.warning)
    made = []
    for holding in holdings:
        met = liquidation(holding)
        if met is None or met.distance >= limit:
            continue
        facts = {"mark": holding.mark_price, "price": met.price, "distance": met.distance, "limit": limit}
        high, low = holding.mark_price, met.price
        if holding.side is Side.SHORT:
            high, low = low, high
        arithmetic = (
            f"({shown(high)} − {shown(low)}) ÷ {shown(holding.mark_price)} = {shown(met.distance)} < {shown(limit)}"
        )
        made.append(Suggestion(SuggestionCode.LIQUIDATION_NEAR, (holding.symbol,), MappingProxyType(facts), arithmetic))
    return made


def _offsetting(holdings: Sequence[Holding]) -> list[Suggestion]:
    made = []
    for name in sorted({holding.underlying for holding in holdings}):
        found = exposure([each for each in holdings if each.underlying == name], _ONE)
        size = found.net.copy_abs()
        excess = EXACT.subtract(found.gross, size)
        if excess:
            facts = {"long": found.long, "short": found.short, "gross": found.gross, "size": size, "excess": excess}
            arithmetic = f"{shown(found.gross)} − {shown(size)} = {shown(excess)}"
            made.append(Suggestion(SuggestionCode.CLOSE_OFFSETTING, (name,), MappingProxyType(facts), arithmetic))
    return made


def _correlated(found: Exposure, known: Correlations, scale: RiskScale) -> list[Suggestion]:
    held = [name for name, net in found.by_underlying.items() if net and name in known.names]
    made = []
    for place, one in enumerate(held):
        for other in held[place + 1 :]:
            correlation = known.of(one, other)
            if correlation is None:
                continue
            left, right = found.by_underlying[one], found.by_underlying[other]
            sign = 1 if (left > 0) is (right > 0) else -1
            value = decimal_of(correlation)
            if value.copy_negate() >= scale.correlation if sign < 0 else value >= scale.correlation:
                together = EXACT.add(left.copy_abs(), right.copy_abs())
                facts = {
                    "correlation": value,
                    "limit": scale.correlation,
                    "one": left,
                    "other": right,
                    "together": together,
                }
                arithmetic = f"{shown(value)} × {sign} ≥ {shown(scale.correlation)}"
                made.append(Suggestion(SuggestionCode.CORRELATED, (one, other), MappingProxyType(facts), arithmetic))
    return made
