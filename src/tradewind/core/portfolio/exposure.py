"""How much is at stake, on which side, on what, and how well it is spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from tradewind.core.portfolio.model import RATIO, Holding, PortfolioError
from tradewind.core.values import EXACT, Side

_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Exposure:
    """Notional at market prices, quote currency, exact.

    Attributes:
        long, short: Σ notional by side, neither negative.
        gross: long + short.
        net: long − short.
        by_underlying: long − short by underlying, sorted by name; an underlying hedged away stays, with 0.
        leverage: gross ÷ equity; None when equity is zero or below.
        net_leverage: net ÷ equity; None likewise.
    """

    long: Decimal
    short: Decimal
    gross: Decimal
    net: Decimal
    by_underlying: Mapping[str, Decimal]
    leverage: Decimal | None
    net_leverage: Decimal | None


def exposure(holdings: Iterable[Holding], equity: Decimal) -> Exposure:
    """What `holdings` put at stake of `equity` (balance plus unrealised PnL, quote currency).

    Raises:
        PortfolioError: equity is not finite.
    """
    if not equity.is_finite():
        raise PortfolioError(f"expected a finite equity, got {equity}")
    sides = dict.fromkeys(Side, _ZERO)
    net_of: dict[str, Decimal] = {}
    for holding in holdings:
        sides[holding.side] = EXACT.add(sides[holding.side], holding.notional)
        net_of[holding.underlying] = EXACT.add(net_of.get(holding.underlying, _ZERO), holding.signed)
    long, short = sides[Side.LONG], sides[Side.SHORT]
    gross, net = EXACT.add(long, short), EXACT.subtract(long, short)
    solvent = equity > 0
    return Exposure(
        long=long,
        short=short,
        gross=gross,
        net=net,
        by_underlying=MappingProxyType(dict(sorted(net_of.items()))),
        leverage=RATIO.divide(gross, equity) if solvent else None,
        net_leverage=RATIO.divide(net, equity) if solvent else None,
    )


@dataclass(frozen=True, slots=True)
class Diversification:
    """How well the exposure is spread over underlyings, by the Herfindahl–Hirschman index.

    With |net_i| the absolute netted notional of underlying i, N the number of those that are not zero:

        w_i = |net_i| ÷ Σ|net|     H = Σ w_i²     effective N = 1 ÷ H     score = (1 − H) ÷ (1 − 1/N)

    `score` is the normalised index (H − 1/N) ÷ (1 − 1/N) counted from the other end, so that more is better: 1 when all
    weights are equal, towards 0 when one underlying outweighs the rest. For a single underlying the quotient is 0 ÷ 0
    and the score is 0 by definition: nothing is spread.

    Attributes:
        weights: w_i by underlying, largest first.
        herfindahl: H, from 1/N to 1.
        effective: as many equal positions would be as concentrated.
        score: 0 to 1.
    """

    weights: Mapping[str, Decimal]
    herfindahl: Decimal
    effective: Decimal
    score: Decimal


def diversification(holdings: Sequence[Holding]) -> Diversification | None:
    """How well `holdings` are spread; None when there are none, or all of them net to nothing."""
    nets = exposure(holdings, _ONE).by_underlying
    sizes = {name: abs_of for name, net in nets.items() if (abs_of := net.copy_abs())}
    if not sizes:
        return None
    whole, squares = _ZERO, _ZERO
    for size in sizes.values():
        whole = EXACT.add(whole, size)
        squares = RATIO.add(squares, RATIO.multiply(size, size))
    herfindahl = min(RATIO.divide(squares, RATIO.multiply(whole, whole)), _ONE)
    score = _ZERO
    if len(sizes) > 1:
        # Rounding in the last digit must not leave the scale.
        spread = RATIO.divide(RATIO.subtract(_ONE, herfindahl), RATIO.subtract(_ONE, RATIO.divide(_ONE, len(sizes))))
        score = min(max(spread, _ZERO), _ONE)
    largest_first = sorted(sizes.items(), key=lambda item: (item[1].copy_negate(), item[0]))
    return Diversification(
        weights=MappingProxyType({name: RATIO.divide(size, whole) for name, size in largest_first}),
        herfindahl=herfindahl,
        effective=RATIO.divide(_ONE, herfindahl),
        score=score,
    )
