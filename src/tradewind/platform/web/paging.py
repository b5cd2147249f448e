"""Cursors and page sizes of lists, as parameters of routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from tradewind.kit.pages import Cursors, Page, Place
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.schemas import PageSize


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list the caller wants."""

    limit: int
    _cursor: str | None
    _cursors: Cursors

    def after(self, listing: str) -> Place | None:
        """Behind which row the page begins; None = at the start.

        Args:
            listing: names the list with its filters and order.

        Raises:
            CursorError: the cursor is not one of this list.
        """
        return None if self._cursor is None else self._cursors.decode(listing, self._cursor)

    @property
    def read(self) -> int:
        """How many rows to read: one more than the page has, to see whether there are more."""
        return self.limit + 1

    def page[R](self, listing: str, rows: Sequence[R], place: Callable[[R], Place]) -> Page[R]:
        """The page in `rows`, which were read with `read` as their limit."""
        return self._cursors.page(listing, rows, self.limit, place)


async def _paging(
    request: Request,
    limit: Annotated[PageSize, Query(description="Most rows of the page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=512, description="next_cursor of the page before.")] = None,
) -> Paging:
    return Paging(limit, cursor, parts_of(request)[Cursors])


Paged = Annotated[Paging, Depends(_paging)]
