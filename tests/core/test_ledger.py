"""Double entry: whatever is booked, the books balance to the last digit."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal, localcontext
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.ledger import Book, Entry, EntryKind, balance, entry
from tradewind.core.values import MONEY_STEP, IllegalValueError

changes = st.integers(-(10**24), 10**24).map(lambda steps: steps * MONEY_STEP)
movements = st.lists(st.tuples(st.sampled_from(EntryKind), changes), max_size=40)


@given(movements)
def test_the_books_balance(moved: list[tuple[EntryKind, Decimal]]) -> None:
    entries = [entry(kind, change) for kind, change in moved]
    assert balance(entries) == sum(change for _, change in moved)
    assert sum(balance(entries, book) for book in Book) == 0
    for kind, against in (
        (EntryKind.DEPOSIT, Book.CAPITAL),
        (EntryKind.PNL, Book.TRADING),
        (EntryKind.FEE, Book.FEES),
        (EntryKind.FUNDING, Book.FUNDING),
    ):
        assert balance(entries, against) == -sum(change for other, change in moved if other is kind)


@given(movements, st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(moved: list[tuple[EntryKind, Decimal]], rng) -> None:
    entries = [entry(kind, change) for kind, change in moved]
    shuffled = list(entries)
    rng.shuffle(shuffled)
    assert balance(entries) == balance(shuffled)


@given(movements)
def test_sums_are_exact_whatever_the_callers_precision(moved: list[tuple[EntryKind, Decimal]]) -> None:
    entries = [entry(kind, change) for kind, change in moved]
    exact = balance(entries)
    with localcontext() as context:
        context.prec = 4
        assert balance(entries) == exact


@given(st.sampled_from(EntryKind), changes)
def test_an_entry_is_never_negative_and_moves_between_two_books(kind: EntryKind, change: Decimal) -> None:
    booked = entry(kind, change)
    assert booked.amount == abs(change)
    assert booked.debit is not booked.credit
    assert Book.CASH in (booked.debit, booked.credit)
    assert balance([booked]) == change


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity"])
def test_no_impossible_amount(amount: str) -> None:
    with pytest.raises(IllegalValueError):
        Entry(EntryKind.FEE, Book.FEES, Book.CASH, Decimal(amount))


def test_no_entry_within_one_book() -> None:
    for book in Book:
        with pytest.raises(IllegalValueError):
            Entry(EntryKind.FEE, book, book, Decimal(1))
    booked = entry(EntryKind.FEE, Decimal(-1))
    with pytest.raises(IllegalValueError):
        replace(booked, credit=booked.debit)


def test_every_kind_has_a_book_of_its_own() -> None:
    against = Counter(entry(kind, Decimal(1)).credit for kind in EntryKind)
    assert set(against.values()) == {1}
    assert set(against) == set(Book) - {Book.CASH}
    assert all(
        entry(one, Decimal(1)).credit is not entry(other, Decimal(1)).credit
        for one, other in permutations(EntryKind, 2)
    )
