"""From the spine to mails: the relay's handler of the mail destination."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from tradewind.messaging.mail.queries import enqueue_notices
from tradewind.platform.mail import Mails
from tradewind.platform.spine import Delivery, Handler


def mail_handler(mails: Mails, wake: Callable[[], Awaitable[None]]) -> Handler:
    """Write one notice per event, in the relay's transaction, and wake whoever delivers after its commit."""

    async def handle(
        connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]
    ) -> Callable[[], Awaitable[None]] | None:
        return wake if await enqueue_notices(connection, deliveries, mails) else None

    return handle
