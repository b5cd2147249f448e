"""Cursors: they lead on from where a page ended, and are good for nothing else."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.kit.pages import CursorError, Cursors, Place

CURSORS = Cursors(b"k" * 32)
places = st.builds(Place, st.datetimes(timezones=st.just(UTC)), st.uuids())


@given(places, st.text(max_size=40))
def test_a_cursor_says_where_its_page_ended(place: Place, listing: str) -> None:
    assert CURSORS.decode(listing, CURSORS.encode(listing, place)) == place


@given(places, st.integers(0, 1000), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_a_changed_cursor_is_refused(place: Place, position: int, letter: str) -> None:
    cursor = CURSORS.encode("orders", place)
    position %= len(cursor) - 1  # the last letter may carry bits that mean nothing
    changed = cursor[:position] + letter + cursor[position + 1 :]
    if changed != cursor:
        with pytest.raises(CursorError):
            CURSORS.decode("orders", changed)


@given(st.text(max_size=200))
def test_whatever_a_client_makes_up_is_refused(made_up: str) -> None:
    with pytest.raises(CursorError):
        CURSORS.decode("orders", made_up)


def test_a_cursor_is_good_for_its_own_list_and_installation_only() -> None:
    cursor = CURSORS.encode("orders", Place(datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1)))
    with pytest.raises(CursorError):
        CURSORS.decode("trades", cursor)
    with pytest.raises(CursorError):
        Cursors(b"other" * 8).decode("orders", cursor)


@given(st.integers(0, 7), st.integers(1, 7))
def test_a_page_ends_with_a_cursor_only_when_there_is_more(count: int, limit: int) -> None:
    rows = [Place(datetime(2026, 1, 1 + number, tzinfo=UTC), UUID(int=number)) for number in range(count)]
    page = CURSORS.page("orders", rows[: limit + 1], limit, lambda row: row)
    assert list(page.items) == rows[:limit]
    if count > limit:
        assert page.next_cursor is not None
        assert CURSORS.decode("orders", page.next_cursor) == rows[limit - 1]
    else:
        assert page.next_cursor is None
