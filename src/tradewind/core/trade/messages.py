"""What a trade is told (events) and what it answers (effects)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradewind.core.decisions import Decision
from tradewind.core.ids import FillId, OrderId
from tradewind.core.ledger import EntryKind
from tradewind.core.orders import Order
from tradewind.core.positions import ExitReason
from tradewind.core.values import Price, Quantity

# Events: what the venue reported, what the market did and what somebody asked for. `at` is market time, UTC ms.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue holds the order."""

    order_id: OrderId
    at: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue refused the order."""

    order_id: OrderId
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Amended:
    """The venue changed the order."""

    order_id: OrderId
    at: int
    quantity: Quantity
    trigger: Price | None


@dataclass(frozen=True, slots=True)
class Canceled:
    """The venue took the order out of the book."""

    order_id: OrderId
    at: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The venue executed some of the order.

    Attributes:
        fee: paid, quote currency; negative for a rebate.
        maker: the order rested in the book.
    """

    order_id: OrderId
    at: int
    fill_id: FillId
    price: Price
    quantity: Quantity
    fee: Decimal
    maker: bool


@dataclass(frozen=True, slots=True)
class FundingCharged:
    """The venue charged funding; `amount` in quote currency, negative when received."""

    at: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Liquidated:
    """The venue took the position because its margin was used up.

    Attributes:
        fill: of an order that is the venue's own; for all that was held.
        price: the liquidation price.
    """

    fill: Filled
    price: Price

    @property
    def at(self) -> int:
        return self.fill.at


@dataclass(frozen=True, slots=True)
class Observed:
    """Prices between `low` and `high`, the last of them `close`, were seen up to `at`."""

    at: int
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class ExitAsked:
    """Somebody wants out at market."""

    at: int
    reason: ExitReason


Report = Accepted | Refused | Amended | Canceled | Filled | FundingCharged | Liquidated
Event = Report | Observed | ExitAsked

# Effects: commands for the venue, postings for the ledger, decisions for people.


@dataclass(frozen=True, slots=True)
class Place:
    """Send this order to the venue; its id is the client order id."""

    order: Order


@dataclass(frozen=True, slots=True)
class Amend:
    """Change quantity and trigger of a resting order in one step, without taking it out of the book."""

    order_id: OrderId
    quantity: Quantity
    trigger: Price | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take the order out of the book."""

    order_id: OrderId


@dataclass(frozen=True, slots=True)
class Posting:
    """Money moved: `change` of the account's balance, negative = paid, quote currency, exact to 10⁻⁸."""

    kind: EntryKind
    change: Decimal
    at: int
    fill_id: FillId | None


Command = Place | Amend | Cancel
Effect = Command | Posting | Decision
