"""One open position, as portfolio analysis sees it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

from tradewind.core.values import EXACT, Side

#: Ratios of money: as many digits as a Decimal has by default, whatever the caller's context says.
RATIO = Context(prec=28)
_WIDE = Context(prec=60)


class PortfolioError(ValueError):
    """Figures that no portfolio can be analysed from: what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position.

    Attributes:
        underlying: what it is a bet on; BTCUSDT and BTCUSDC are both bets on BTC and net out.
        quantity: base currency, positive.
        entry_price, mark_price: quote currency per unit of base, positive.
        leverage: notional ÷ margin put up for this position alone (isolated margin), positive; 1 = none.
        maintenance_margin: share of notional at which the venue liquidates, from 0 to below 1.
        lot: smallest step in which it can be reduced, base currency, positive.
    """

    symbol: str
    underlying: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    leverage: Decimal = Decimal(1)
    maintenance_margin: Decimal = Decimal("0.005")
    lot: Decimal = Decimal("0.00000001")

    def __post_init__(self) -> None:
        for name in ("quantity", "entry_price", "mark_price", "leverage", "lot"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value <= 0:
                raise PortfolioError(f"expected a positive {name} for {self.symbol}, got {value}")
        if not self.maintenance_margin.is_finite() or not 0 <= self.maintenance_margin < 1:
            raise PortfolioError(
                f"expected a maintenance_margin from 0 to below 1 for {self.symbol}, got {self.maintenance_margin}"
            )

    @property
    def notional(self) -> Decimal:
        """Quantity × mark price, quote currency, exact."""
        return EXACT.multiply(self.quantity, self.mark_price)

    @property
    def signed(self) -> Decimal:
        """The notional, negative for a short."""
        return EXACT.multiply(self.notional, Decimal(self.side.sign))


def shown(value: Decimal) -> str:
    """`value` for people: two decimals, or four digits below one; without an exponent and without zeros behind."""
    step = Decimal(1).scaleb(-2 if value.adjusted() >= 0 else value.adjusted() - 3)
    return format(value.quantize(step, context=_WIDE).normalize(_WIDE), "f") if value else "0"
