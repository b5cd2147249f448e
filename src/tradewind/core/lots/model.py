"""What lots are made of and made into: events in, lots out. Money in quote currency, quantities in base, exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from tradewind.core.values import EXACT, IllegalValueError, Rounding, Side, round_to

_ZERO = Decimal(0)
_DAY_MS = Decimal(86_400_000)
#: Quotients that are rounded to a grid right after.
_WIDE = Context(prec=60)


class LotMethod(StrEnum):
    """Which lot a closing fill gives up first."""

    FIFO = "fifo"
    """The one opened first."""
    LIFO = "lifo"
    """The one opened last."""
    HIFO = "hifo"
    """The one with the smallest gain at any price: the dearest long, the cheapest short, entry fees counted; of equals
    the older."""


class Deal(StrEnum):
    """The direction of a fill."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opens(self) -> Side:
        """The side of a lot that such a fill opens."""
        return Side.LONG if self is Deal.BUY else Side.SHORT


@dataclass(frozen=True, slots=True)
class LotFill:
    """An execution.

    Attributes:
        at: market time, UTC ms.
        price: quote currency per unit of base, positive.
        quantity: base currency, positive.
        fee: quote currency, negative for a rebate.
        reference: what it is called in the account's records.
    """

    at: int
    symbol: str
    deal: Deal
    price: Decimal
    quantity: Decimal
    fee: Decimal = _ZERO
    reference: str = ""

    def __post_init__(self) -> None:
        _positive("price", self.price)
        _positive("quantity", self.quantity)
        _finite("fee", self.fee)


@dataclass(frozen=True, slots=True)
class TransferIn:
    """Holdings that came from elsewhere with their history: no purchase, so no gain.

    Attributes:
        entry_value: what the whole quantity cost there, fees apart; quote currency.
        acquired_at: when it was bought there, UTC ms, not after `at`.
    """

    at: int
    symbol: str
    quantity: Decimal
    entry_value: Decimal
    acquired_at: int
    fee: Decimal = _ZERO
    reference: str = ""

    def __post_init__(self) -> None:
        _positive("quantity", self.quantity)
        _finite("fee", self.fee)
        _finite("entry_value", self.entry_value)
        if self.entry_value < 0:
            raise IllegalValueError(f"expected an entry_value of zero or more, got {self.entry_value}")
        if self.acquired_at > self.at:
            raise IllegalValueError(f"expected acquired_at not after {self.at}, got {self.acquired_at}")


@dataclass(frozen=True, slots=True)
class TransferOut:
    """Holdings that went elsewhere: no sale, so no gain; their lots leave with what they cost."""

    at: int
    symbol: str
    quantity: Decimal
    reference: str = ""

    def __post_init__(self) -> None:
        _positive("quantity", self.quantity)


LotEvent = LotFill | TransferIn | TransferOut


@dataclass(frozen=True, slots=True)
class OpenLot:
    """A lot, or the rest of one, that is still held; money in quote currency.

    Attributes:
        entry_value: what the quantity cost, or brought when it was sold short; fees apart.
        entry_fee: the part of the opening fee that falls to this quantity.
        reference: of the event that opened it.
    """

    symbol: str
    side: Side
    quantity: Decimal
    opened_at: int
    entry_value: Decimal
    entry_fee: Decimal
    reference: str

    def unrealised(self, price: Decimal) -> Decimal:
        """PnL of the lot with the market at `price`, before fees, exact."""
        _positive("price", price)
        way = EXACT.subtract(EXACT.multiply(price, self.quantity), self.entry_value)
        return EXACT.multiply(way, Decimal(self.side.sign))


@dataclass(frozen=True, slots=True)
class RealisedLot:
    """A lot, or a piece of one, that a fill closed; money in quote currency.

    Attributes:
        entry_value, exit_value: what the quantity was worth when opened and when closed, as booked; fees apart.
        entry_fee, exit_fee: the parts of both fills' fees that fall to this quantity; negative for a rebate.
        opened_by, closed_by: references of the two events.
    """

    symbol: str
    side: Side
    quantity: Decimal
    opened_at: int
    closed_at: int
    entry_value: Decimal
    exit_value: Decimal
    entry_fee: Decimal
    exit_fee: Decimal
    opened_by: str
    closed_by: str

    @property
    def gain(self) -> Decimal:
        """Before fees: what the ledger calls PnL."""
        return EXACT.multiply(EXACT.subtract(self.exit_value, self.entry_value), Decimal(self.side.sign))

    @property
    def proceeds(self) -> Decimal:
        """What the sale brought: that of the exit for a long, of the entry for a short."""
        return self.exit_value if self.side is Side.LONG else self.entry_value

    @property
    def basis(self) -> Decimal:
        """What the purchase cost, fees apart: gain = proceeds − basis on either side."""
        return self.entry_value if self.side is Side.LONG else self.exit_value

    @property
    def fees(self) -> Decimal:
        """Of both fills."""
        return EXACT.add(self.entry_fee, self.exit_fee)

    @property
    def net_gain(self) -> Decimal:
        """After the fees of both fills."""
        return EXACT.subtract(self.gain, self.fees)

    @property
    def held_ms(self) -> int:
        """The holding period."""
        return self.closed_at - self.opened_at

    @property
    def held_days(self) -> Decimal:
        """The holding period in days, to four digits."""
        return round_to(_WIDE.divide(Decimal(self.held_ms), _DAY_MS), Decimal("0.0001"), Rounding.NEAREST)


@dataclass(frozen=True, slots=True)
class TransferredLot:
    """A lot, or a piece of one, that left for elsewhere, with what it had cost."""

    lot: OpenLot
    transferred_at: int
    transferred_by: str


@dataclass(frozen=True, slots=True)
class LotReport:
    """The lots of an account.

    Attributes:
        realised, transferred: in the order in which they ended.
        held: what is left, by symbol, then in the order in which it was opened.
    """

    method: LotMethod
    realised: tuple[RealisedLot, ...]
    transferred: tuple[TransferredLot, ...]
    held: tuple[OpenLot, ...]

    @property
    def gain(self) -> Decimal:
        """Σ realised gains before fees."""
        return _total(lot.gain for lot in self.realised)

    @property
    def net_gain(self) -> Decimal:
        """Σ realised gains after fees."""
        return _total(lot.net_gain for lot in self.realised)


def _total(amounts: Iterable[Decimal]) -> Decimal:
    total = _ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def _finite(name: str, value: Decimal) -> None:
    if not value.is_finite():
        raise IllegalValueError(f"expected a finite {name}, got {value}")


def _positive(name: str, value: Decimal) -> None:
    if not value.is_finite() or value <= 0:
        raise IllegalValueError(f"expected a positive {name}, got {value}")
