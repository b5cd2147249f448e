"""From the spine to posts: the relay's handler of the Telegram destination."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from tradewind.messaging.telegram import queries
from tradewind.platform.spine import Delivery, EventType, Handler

#: Told, after the commit, which chat has something new.
Wake = Callable[[str], Awaitable[None]]


def telegram_handler(chats: Sequence[str], wake: Wake) -> Handler:
    """Make one post per event and chat, in the relay's transaction.

    Args:
        chats: where signals are published; alerts go to the chats of their owners. Without chats events are let go.
    """

    async def handle(
        connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]
    ) -> Callable[[], Awaitable[None]] | None:
        signals = [each for each in deliveries if each.type is not EventType.ALERT_TRIGGERED]
        alerts = [each for each in deliveries if each.type is EventType.ALERT_TRIGGERED]
        woken: set[str] = set()
        if signals and chats:
            await queries.enqueue(connection, chats, signals)
            woken.update(chats)
        if alerts:
            woken |= await queries.enqueue_alerts(connection, alerts)
        if not woken:
            return None

        async def tell() -> None:
            for chat in sorted(woken):
                await wake(chat)

        return tell

    return handle
