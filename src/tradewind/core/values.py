"""Values that cannot lie: Price, Quantity and Money, immutable, exact and always on their grid.

A value that would be illegal cannot be built: NaN, infinities, a price off its tick, a negative quantity and a
rounding nobody asked for all raise at once, because corrupt data is worse than no data. Multiplying a price by a
quantity gives Money, subtracting two prices a plain Decimal: the unit changed, so the type does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from enum import StrEnum
from functools import lru_cache
from typing import Self

#: Products and sums of money must be exact; a result that needs more than 60 digits is an error, not a rounding.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
#: For quotients, which are rounded to a grid right after.
_WIDE = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow])

#: The smallest amount of money we book: 10⁻⁸ of a currency unit.
MONEY_STEP = Decimal("0.00000001")
_ZERO = Decimal(0)
_ONE = Decimal(1)


class IllegalValueError(ValueError):
    """A value that must not exist: what was expected and what came."""


class Rounding(StrEnum):
    """The direction of a rounding; always named by the caller."""

    DOWN = ROUND_FLOOR
    UP = ROUND_CEILING
    NEAREST = ROUND_HALF_EVEN


class Side(StrEnum):
    """Direction of a position: long gains when the price rises, short when it falls."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for long, −1 for short."""
        return 1 if self is Side.LONG else -1

    @property
    def opposite(self) -> Side:
        return Side.SHORT if self is Side.LONG else Side.LONG


def decimal_of(value: float | Decimal) -> Decimal:
    """`value` as a Decimal: a float by its shortest decimal form, so that 0.1 is 0.1.

    Raises:
        IllegalValueError: NaN or infinite.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise IllegalValueError(f"expected a finite number, got {value}")
    return exact


def round_to(value: Decimal, step: Decimal, rounding: Rounding) -> Decimal:
    """`value` on the grid of `step`, which must be positive; the result has the step's exponent."""
    if _is_power_of_ten(step):
        return value.quantize(step, rounding, _WIDE)
    steps = _WIDE.divide(value, step).quantize(_ONE, rounding, _WIDE)
    return EXACT.multiply(steps, step)


@lru_cache
def _is_power_of_ten(step: Decimal) -> bool:
    return step.as_tuple().digits == (1,)


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """A positive price on its instrument's tick grid, in quote currency per unit of base.

    Made by `quantise` (from anything, with a direction) or `Instrument.price` (exact or an error).
    """

    value: Decimal
    tick: Decimal = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.value.is_finite() or self.value <= _ZERO:
            raise IllegalValueError(f"expected a positive price, got {self.value}")
        if EXACT.remainder(self.value, self.tick) != _ZERO:
            raise IllegalValueError(f"expected a price on the tick grid of {self.tick}, got {self.value}")

    def __sub__(self, other: Price) -> Decimal:
        """The signed distance in quote currency."""
        return EXACT.subtract(self.value, other.value)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return format(self.value, "f")

    def shifted(self, ticks: int) -> Price:
        """The price `ticks` ticks above (below when negative)."""
        return Price(EXACT.add(self.value, EXACT.multiply(self.tick, Decimal(ticks))), self.tick)


def quantise(price: float | Decimal, tick: Decimal, direction: Rounding) -> Price:
    """The price on the grid of `tick` next to `price` in `direction`.

    The only way from a computed level to a Price.

    Raises:
        IllegalValueError: not finite, or not positive after rounding.
    """
    return Price(round_to(decimal_of(price), tick, direction), tick)


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """An amount of base currency on its instrument's lot grid; never negative."""

    value: Decimal
    lot: Decimal = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.value.is_finite() or self.value < _ZERO:
            raise IllegalValueError(f"expected a quantity of zero or more, got {self.value}")
        if EXACT.remainder(self.value, self.lot) != _ZERO:
            raise IllegalValueError(f"expected a quantity on the lot grid of {self.lot}, got {self.value}")

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(EXACT.add(self.value, other.value), self.lot)

    def __sub__(self, other: Quantity) -> Quantity:
        """What is left.

        Raises:
            IllegalValueError: `other` is more than there is.
        """
        return Quantity(EXACT.subtract(self.value, other.value), self.lot)

    def __bool__(self) -> bool:
        return self.value != _ZERO

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return format(self.value.normalize(EXACT), "f")

    def zero(self) -> Quantity:
        return Quantity(_ZERO, self.lot)

    def portion(self, share: Decimal) -> Quantity:
        """The `share` (0 to 1) of this quantity, rounded down to the lot."""
        return Quantity(round_to(EXACT.multiply(self.value, share), self.lot, Rounding.DOWN), self.lot)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact, signed amount of one currency, booked in steps of 10⁻⁸."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise IllegalValueError(f"expected a finite amount, got {self.amount}")
        if EXACT.remainder(self.amount, MONEY_STEP) != _ZERO:
            raise IllegalValueError(f"expected at most 8 decimals, got {self.amount}; round it first")

    @classmethod
    def rounded(cls, amount: Decimal, currency: str, rounding: Rounding = Rounding.NEAREST) -> Self:
        """`amount` rounded to the booking step, half to even unless told otherwise."""
        return cls(round_to(amount, MONEY_STEP, rounding), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(_ZERO, currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise IllegalValueError(f"expected {self.currency}, got {other.currency}; convert first")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __neg__(self) -> Money:
        return Money(EXACT.minus(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount.normalize(EXACT):f} {self.currency}"


#: Share of notional at which venues liquidate small positions in large symbols.
MAINTENANCE_MARGIN = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Instrument:
    """What can be traded and on which grid.

    Attributes:
        tick: smallest price step, in quote currency.
        lot: smallest quantity step, in base currency.
        min_quantity: smallest order, in base currency.
        min_notional: smallest order value, in quote currency.
        max_leverage: the venue's cap on notional ÷ margin.
        maintenance_margin: share of notional at which the venue liquidates.
        contract_size: base currency per contract, where the venue counts contracts; quantities are base currency
            everywhere.
    """

    venue: str
    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    max_leverage: int = 20
    maintenance_margin: Decimal = MAINTENANCE_MARGIN
    contract_size: Decimal = _ONE

    def __post_init__(self) -> None:
        for name in ("tick", "lot", "min_quantity", "contract_size"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value <= _ZERO:
                raise IllegalValueError(f"expected a positive {name} for {self.symbol}, got {value}")
        if not self.min_notional.is_finite() or self.min_notional < _ZERO:
            raise IllegalValueError(f"expected a min_notional of zero or more, got {self.min_notional}")
        if self.max_leverage < 1:
            raise IllegalValueError(f"expected a max_leverage of at least 1, got {self.max_leverage}")
        if not self.maintenance_margin.is_finite() or not _ZERO <= self.maintenance_margin < 1:
            raise IllegalValueError(f"expected a maintenance_margin from 0 to below 1, got {self.maintenance_margin}")

    def price(self, value: Decimal) -> Price:
        """`value` as a Price, exact.

        Raises:
            IllegalValueError: `value` is off the tick grid.
        """
        return Price(value, self.tick)

    def quantise(self, value: float | Decimal, direction: Rounding) -> Price:
        return quantise(value, self.tick, direction)

    def quantity(self, value: float | Decimal) -> Quantity:
        """The quantity not above `value`: rounded down to the lot, never up to the minimum."""
        return Quantity(round_to(decimal_of(value), self.lot, Rounding.DOWN), self.lot)

    def no_quantity(self) -> Quantity:
        return Quantity(_ZERO, self.lot)

    def notional(self, price: Price, quantity: Quantity) -> Decimal:
        """Price × quantity in quote currency, exact."""
        return EXACT.multiply(price.value, quantity.value)

    def contracts(self, quantity: Quantity) -> Decimal:
        """How many contracts `quantity` is, exact.

        Raises:
            IllegalValueError: that has no end in decimals, so no order could say it.
        """
        try:
            return EXACT.divide(quantity.value, self.contract_size)
        except Inexact:
            raise IllegalValueError(
                f"expected a quantity of {self.symbol} that {self.contract_size} per contract divides, got {quantity}"
            ) from None

    def tradable(self, price: Price, quantity: Quantity) -> bool:
        """Whether an order of this size meets the venue's minimum quantity and notional."""
        return quantity.value >= self.min_quantity and self.notional(price, quantity) >= self.min_notional
