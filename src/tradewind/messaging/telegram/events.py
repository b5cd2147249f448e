"""From the spine to posts: the relay's handler of the Telegram destination."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from tradewind.messaging.telegram import queries
from tradewind.platform.spine import Delivery, Handler

#: Told, after the commit, which chat has something new.
Wake = Callable[[str], Awaitable[None]]


def telegram_handler(chats: Sequence[str], wake: Wake) -> Handler:
    """Make one post per event and chat, in the relay's transaction. Without chats events are let go."""

    async def handle(
        connection: asyncpg.Connection[asyncpg.Record], deliveries: Sequence[Delivery]
    ) -> Callable[[], Awaitable[None]] | None:
        if not chats:
            return None
        await queries.enqueue(connection, chats, deliveries)

        async def tell() -> None:
            for chat in chats:
                await wake(chat)

        return tell

    return handle
