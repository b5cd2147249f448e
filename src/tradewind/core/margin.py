"""Isolated margin: where a venue liquidates a position, and the most that it can lose.

A position with leverage L is backed by 1 ÷ L of its entry value. Once what is left of that falls to the maintenance
margin, the venue closes it; at the bankruptcy price nothing would be left. Fees and funding are paid from the account's
balance and do not move either price.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import NamedTuple

from tradewind.core.values import EXACT, Side

_ONE = Decimal(1)
#: Whatever precision the caller computes with.
_RATIO = Context(prec=28)


class Margin(NamedTuple):
    """The prices of a position at which its margin ends, quote currency.

    Attributes:
        liquidation: entry × (1 − sign × (1 ÷ leverage − maintenance margin)).
        bankruptcy: entry × (1 − sign ÷ leverage).
    """

    liquidation: Decimal
    bankruptcy: Decimal


def ways(leverage: Decimal, maintenance: Decimal) -> tuple[Decimal, Decimal]:
    """The adverse moves, as fractions of the entry price, at which a position is liquidated and bankrupt."""
    part = _RATIO.divide(_ONE, leverage)
    return _RATIO.subtract(part, maintenance), part


def margin(side: Side, entry: Decimal, leverage: Decimal, maintenance: Decimal) -> Margin:
    """The margin of a position entered at `entry`.

    Args:
        leverage: notional ÷ margin, above zero.
        maintenance: share of notional at which the venue liquidates.
    """
    sign = Decimal(side.sign)
    prices = (
        _RATIO.multiply(entry, _RATIO.subtract(_ONE, _RATIO.multiply(sign, way))) for way in ways(leverage, maintenance)
    )
    return Margin(*prices)


def bounded_fee(side: Side, price: Decimal, quantity: Decimal, bounds: Margin, rate: Decimal) -> Decimal:
    """The fee of a liquidation at `price`: `rate` of the notional, but no more than the margin has left."""
    left = EXACT.multiply((price - bounds.bankruptcy) * side.sign, quantity)
    return max(Decimal(0), min(EXACT.multiply(EXACT.multiply(price, quantity), rate), left))
