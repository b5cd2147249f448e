"""A position of the ideal profile, from its entry to its end."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.core.margin import ways
from tradewind.core.positions import ExitReason
from tradewind.core.values import MAINTENANCE_MARGIN, Side, decimal_of


class Leg(NamedTuple):
    """A part of a position that was closed: in which row, which share of the whole, at what price."""

    row: int
    share: float
    price: float


class Held(NamedTuple):
    """A position from its entry to its end.

    Attributes:
        entry_row: the candle at whose open it was entered.
        stop: initial level.
        legs: in the order in which they were closed; shares sum to 1.
    """

    side: Side
    entry_row: int
    entry: float
    stop: float
    legs: tuple[Leg, ...]
    reason: ExitReason

    @property
    def exit_row(self) -> int:
        return self.legs[-1].row

    @property
    def leave(self) -> float:
        """Average exit price."""
        if len(self.legs) == 1:
            return self.legs[0].price
        return sum(leg.share * leg.price for leg in self.legs) / sum(leg.share for leg in self.legs)

    def liquidated(self, leverage: float, fee: float) -> Held:
        """As it is, unless the price of its end lies beyond its liquidation at `leverage`: then all the margin of what
        was left is lost, the fee of leaving included, and no more."""
        at_margin, at_nothing = map(float, ways(decimal_of(leverage), MAINTENANCE_MARGIN))
        sign, last = self.side.sign, self.legs[-1]
        if (last.price - self.entry * (1.0 - sign * at_margin)) * sign > 0.0:
            return self
        taken = last._replace(price=self.entry * (1.0 - sign * at_nothing) / (1.0 - sign * fee))
        return self._replace(legs=(*self.legs[:-1], taken), reason=ExitReason.LIQUIDATED)

    def gained(self, fee: float) -> float:
        """Gain after fees ÷ what the entry cost with its fee."""
        sign, entry, leave = self.side.sign, self.entry, self.leave
        if sign > 0:
            return leave * (1.0 - fee) / (entry * (1.0 + fee)) - 1.0
        return (entry * (1.0 - fee) - leave * (1.0 + fee)) / (entry * (1.0 + fee))
