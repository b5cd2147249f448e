"""Double entry: every movement of money debits one book and credits another by the same amount.

The balance of an account is a query over its entries: Σ debits − Σ credits of its cash book.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradewind.core.values import EXACT, IllegalValueError


class Book(StrEnum):
    """The books of one trading account."""

    CASH = "cash"
    CAPITAL = "capital"
    TRADING = "trading"
    FEES = "fees"
    FUNDING = "funding"


class EntryKind(StrEnum):
    """Why money moved."""

    DEPOSIT = "deposit"
    PNL = "pnl"
    FEE = "fee"
    FUNDING = "funding"


_AGAINST = {
    EntryKind.DEPOSIT: Book.CAPITAL,
    EntryKind.PNL: Book.TRADING,
    EntryKind.FEE: Book.FEES,
    EntryKind.FUNDING: Book.FUNDING,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement: `amount` (never negative, quote currency) from the `credit` to the `debit` book."""

    kind: EntryKind
    debit: Book
    credit: Book
    amount: Decimal

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount < 0:
            raise IllegalValueError(f"expected an amount of zero or more, got {self.amount}")
        if self.debit is self.credit:
            raise IllegalValueError(f"expected two different books, got {self.debit} twice")


def entry(kind: EntryKind, change: Decimal) -> Entry:
    """The entry that changes the cash book by `change`, negative = money leaves."""
    against = _AGAINST[kind]
    if change >= 0:
        return Entry(kind, Book.CASH, against, change)
    return Entry(kind, against, Book.CASH, -change)


def balance(entries: Iterable[Entry], book: Book = Book.CASH) -> Decimal:
    """Σ debits − Σ credits of `book`, exact."""
    total = Decimal(0)
    for item in entries:
        if item.debit is book:
            total = EXACT.add(total, item.amount)
        elif item.credit is book:
            total = EXACT.subtract(total, item.amount)
    return total
