"""Pages of long lists, by keyset: a cursor says behind which row the next page begins, so that rows which come or go
meanwhile neither repeat nor skip others."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

_MAC_BYTES = 12


class CursorError(ValueError):
    """A cursor that is not one of ours, or not for this list."""


class Place(NamedTuple):
    """Where a row stands in a list that is ordered by time and, for equal times, id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Some rows of a list, and the cursor of the next ones; None when these are the last."""

    items: Sequence[T]
    next_cursor: str | None


class Cursors:
    """Makes cursors and reads them back. They are opaque to clients and bound to their list by a MAC."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encode(self, listing: str, place: Place) -> str:
        """The cursor behind `place`.

        Args:
            listing: names the list with its filters and order; a cursor is good for nothing else.
        """
        content = json.dumps([place.at.isoformat(), str(place.id)], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(listing, content) + content).rstrip(b"=").decode()

    def decode(self, listing: str, cursor: str) -> Place:
        """What `encode` was given.

        Raises:
            CursorError: it was not made here, or for another list.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise CursorError("expected a cursor from next_cursor, unchanged") from None
        mac, content = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(listing, content)):
            raise CursorError("expected the next_cursor of this very list, with the same filters")
        at, row_id = json.loads(content)
        return Place(datetime.fromisoformat(at), UUID(row_id))

    def page[R](self, listing: str, rows: Sequence[R], limit: int, place: Callable[[R], Place]) -> Page[R]:
        """A page of `limit` rows out of `rows`, of which one more was read to see whether there are more."""
        if len(rows) <= limit:
            return Page(rows, None)
        kept = rows[:limit]
        return Page(kept, self.encode(listing, place(kept[-1])))

    def _mac(self, listing: str, content: bytes) -> bytes:
        return hmac.digest(self._key, listing.encode() + b"\0" + content, "sha256")[:_MAC_BYTES]
