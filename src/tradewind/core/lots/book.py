"""Which lots a fill gives up: one book per symbol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal
from heapq import heappop, heappush

from tradewind.core.lots.model import (
    LotEvent,
    LotFill,
    LotMethod,
    LotReport,
    OpenLot,
    RealisedLot,
    TransferIn,
    TransferOut,
    TransferredLot,
)
from tradewind.core.values import EXACT, MONEY_STEP, IllegalValueError, Rounding, Side, round_to

_ZERO = Decimal(0)
#: Quotients that are rounded to a grid right after.
_WIDE = Context(prec=60)
#: The precision at which `core.trade` shares out what a position cost; the same here, so that both round alike.
_LEDGER = Context(prec=28)


def tax_lots(events: Iterable[LotEvent], method: LotMethod) -> LotReport:
    """The lots that `events` of one account opened, closed and left; events in order of time, symbols mixed.

    Cost: O(n log n).

    Raises:
        IllegalValueError: time runs backwards; a transfer out of more than is held long; a transfer in against a short.
    """
    books: dict[str, _LotBook] = {}
    realised: list[RealisedLot] = []
    transferred: list[TransferredLot] = []
    last: int | None = None
    for event in events:
        if last is not None and event.at < last:
            raise IllegalValueError(f"expected events in order of time, got {event.at} after {last}")
        last = event.at
        book = books.setdefault(event.symbol, _LotBook(event.symbol, method))
        match event:
            case LotFill():
                realised += book.filled(event)
            case TransferIn():
                book.received(event)
            case TransferOut():
                transferred += book.sent(event)
    held = tuple(lot for symbol in sorted(books) for lot in books[symbol].held())
    return LotReport(method, tuple(realised), tuple(transferred), held)


@dataclass(slots=True)
class _Lot:
    """The rest of a lot."""

    opened_at: int
    quantity: Decimal
    value: Decimal
    fee: Decimal
    reference: str


@dataclass(slots=True)
class _LotBook:
    """The lots of one symbol; they are all on one side.

    Attributes:
        heap: lots with the key by which they are given up; the place at which they came breaks ties.
        quantity, basis: what is held and what it cost at average cost, as the ledger keeps it.
    """

    symbol: str
    method: LotMethod
    side: Side = Side.LONG
    heap: list[tuple[Decimal, int, _Lot]] = field(default_factory=list)
    opened: int = 0
    quantity: Decimal = _ZERO
    basis: Decimal = _ZERO

    def filled(self, fill: LotFill) -> list[RealisedLot]:
        side = fill.deal.opens
        if not self.quantity or self.side is side:
            self._open(side, fill.at, fill.quantity, _booked(fill.price, fill.quantity), fill.fee, fill.reference)
            return []
        closing = min(fill.quantity, self.quantity)
        fee = _part(fill.fee, closing, fill.quantity)
        realised = self._close(fill, closing, fee)
        rest = EXACT.subtract(fill.quantity, closing)
        if rest:
            rest_fee = EXACT.subtract(fill.fee, fee)
            self._open(side, fill.at, rest, _booked(fill.price, rest), rest_fee, fill.reference)
        return realised

    def received(self, transfer: TransferIn) -> None:
        if self.quantity and self.side is Side.SHORT:
            raise IllegalValueError(
                f"expected no short position in {self.symbol} to transfer into, got one of {self.quantity}; buy it back"
            )
        self._open(
            Side.LONG,
            transfer.acquired_at,
            transfer.quantity,
            transfer.entry_value,
            transfer.fee,
            transfer.reference,
        )

    def sent(self, transfer: TransferOut) -> list[TransferredLot]:
        there = self.quantity if self.side is Side.LONG else _ZERO
        if transfer.quantity > there:
            raise IllegalValueError(
                f"expected a transfer out of at most the {there} {self.symbol} that are held, got {transfer.quantity}"
            )
        self._release(transfer.quantity)
        return [
            TransferredLot(self._open_lot(piece), transfer.at, transfer.reference)
            for piece in self._take(transfer.quantity)
        ]

    def held(self) -> list[OpenLot]:
        lots = sorted((lot.opened_at, place, lot) for _, place, lot in self.heap)
        return [self._open_lot(lot) for *_, lot in lots]

    def _open_lot(self, lot: _Lot) -> OpenLot:
        return OpenLot(self.symbol, self.side, lot.quantity, lot.opened_at, lot.value, lot.fee, lot.reference)

    def _open(self, side: Side, at: int, quantity: Decimal, value: Decimal, fee: Decimal, reference: str) -> None:
        self.side = side
        lot = _Lot(at, quantity, value, fee, reference)
        # The place is unique, so that two lots are never compared themselves.
        place = -self.opened if self.method is LotMethod.LIFO else self.opened
        heappush(self.heap, (self._key(lot), place, lot))
        self.opened += 1
        self.quantity = EXACT.add(self.quantity, quantity)
        self.basis = EXACT.add(self.basis, value)

    def _key(self, lot: _Lot) -> Decimal:
        match self.method:
            case LotMethod.FIFO:
                return Decimal(lot.opened_at)
            case LotMethod.LIFO:
                return Decimal(-lot.opened_at)
            case LotMethod.HIFO:
                # Fixed when the lot is opened: what is left of it may carry a rounding.
                cost = _WIDE.add(_WIDE.multiply(lot.value, Decimal(self.side.sign)), lot.fee)
                return _WIDE.divide(cost, lot.quantity).copy_negate()  # unary minus would round

    def _close(self, fill: LotFill, quantity: Decimal, fee: Decimal) -> list[RealisedLot]:
        """Give up `quantity`, which is held, for that part of `fill`."""
        # A tie at the ninth decimal is rounded to even on the gain, so what the ledger books for a fill may differ by a
        # step from its rounded value. Sums agree exactly only when the fill is worth here what it was worth there.
        sign = Decimal(self.side.sign)
        released = self._release(quantity)
        way = EXACT.subtract(EXACT.multiply(fill.price, quantity), released)
        gain = round_to(EXACT.multiply(way, sign), MONEY_STEP, Rounding.NEAREST)
        value = EXACT.add(released, EXACT.multiply(gain, sign))
        realised: list[RealisedLot] = []
        for piece in self._take(quantity):
            piece_value, piece_fee = _part(value, piece.quantity, quantity), _part(fee, piece.quantity, quantity)
            quantity = EXACT.subtract(quantity, piece.quantity)
            value, fee = EXACT.subtract(value, piece_value), EXACT.subtract(fee, piece_fee)
            realised.append(
                RealisedLot(
                    symbol=self.symbol,
                    side=self.side,
                    quantity=piece.quantity,
                    opened_at=piece.opened_at,
                    closed_at=fill.at,
                    entry_value=piece.value,
                    exit_value=piece_value,
                    entry_fee=piece.fee,
                    exit_fee=piece_fee,
                    opened_by=piece.reference,
                    closed_by=fill.reference,
                )
            )
        return realised

    def _release(self, quantity: Decimal) -> Decimal:
        """Take `quantity` out at average cost and answer with that cost, rounded as `core.trade` rounds it."""
        released = self.basis
        if quantity != self.quantity:
            share = _LEDGER.divide(_LEDGER.multiply(self.basis, quantity), self.quantity)
            released = round_to(share, MONEY_STEP, Rounding.NEAREST)
        self.quantity = EXACT.subtract(self.quantity, quantity)
        self.basis = EXACT.subtract(self.basis, released)
        return released

    def _take(self, quantity: Decimal) -> list[_Lot]:
        """The lots, and at the end the piece of one, that make up `quantity`, by the method."""
        taken: list[_Lot] = []
        while quantity:
            lot = self.heap[0][-1]
            if lot.quantity <= quantity:
                heappop(self.heap)
                quantity = EXACT.subtract(quantity, lot.quantity)
                taken.append(lot)
                continue
            value, fee = _part(lot.value, quantity, lot.quantity), _part(lot.fee, quantity, lot.quantity)
            taken.append(_Lot(lot.opened_at, quantity, value, fee, lot.reference))
            lot.quantity = EXACT.subtract(lot.quantity, quantity)
            lot.value, lot.fee = EXACT.subtract(lot.value, value), EXACT.subtract(lot.fee, fee)
            break
        return taken


def _booked(price: Decimal, quantity: Decimal) -> Decimal:
    return round_to(EXACT.multiply(price, quantity), MONEY_STEP, Rounding.NEAREST)


def _part(amount: Decimal, quantity: Decimal, whole: Decimal) -> Decimal:
    """What of `amount` falls to `quantity` out of `whole`, on the booking step; all of it, unrounded, to the whole."""
    if quantity == whole:
        return amount
    return round_to(_WIDE.divide(_WIDE.multiply(amount, quantity), whole), MONEY_STEP, Rounding.NEAREST)
