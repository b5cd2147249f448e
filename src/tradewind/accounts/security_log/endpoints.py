"""The route of the security log."""

from __future__ import annotations

from tradewind.accounts.security_log.queries import security_log
from tradewind.accounts.security_log.schemas import SecurityEventItem
from tradewind.platform.web.paging import Paged
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import AccountReader
from tradewind.platform.web.units import QuickReading

router = api_router("/user", "Account")


@router.get("/security-log")
async def list_security_events(caller: AccountReader, reader: QuickReading, paging: Paged) -> PageOf[SecurityEventItem]:
    """What happened to the caller's security: log-ins, failed ones, ended sessions; the latest first."""
    listing = f"security-log:{caller.user_id}"
    rows = await security_log(reader, caller.user_id, after=paging.after(listing), limit=paging.read)
    page = paging.page(listing, rows, lambda event: event.place)
    return PageOf(items=[SecurityEventItem.of(event) for event in page.items], next_cursor=page.next_cursor)
