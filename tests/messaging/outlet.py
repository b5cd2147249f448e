"""A channel with everything that leads to it: spine, relay, posts, publisher, and the stand-in for Telegram."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import numpy as np
from cards import CHANGES, signal_payload, update_payload

from tests.support.telegram import TOKEN, Emulator, Message
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.kit.language import Language
from tradewind.messaging.telegram import (
    ChartPainter,
    Pace,
    Publication,
    Publisher,
    TelegramClient,
    Voice,
    telegram_handler,
)
from tradewind.platform.database import Database
from tradewind.platform.settings import MarketSource
from tradewind.platform.spine import Destination, Event, EventType, Relay, record

CREATED_AT = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
QUICK = Pace(per_second=1000.0, per_minute=1000)


async def no_candles(symbol: str, timeframe: Timeframe, until: int, limit: int) -> Columns:
    return Columns.of(())


async def flat_candles(symbol: str, timeframe: Timeframe, until: int, limit: int) -> Columns:
    ts = until - timeframe.ms * np.arange(limit, 0, -1, dtype=np.int64)
    price = np.full(limit, 61_200.0)
    return Columns(ts, price, price + 20, price - 20, price, price)


async def as_created() -> datetime | None:
    return CREATED_AT


@dataclass
class Outlet:
    """One channel. What is said of signals goes through the spine, as the engine says it."""

    database: Database
    emulator: Emulator
    chat: str
    cache: Path
    token: str = TOKEN
    base_url: str = ""
    publication: Publication = field(
        default_factory=lambda: Publication(Voice(Language.EN, MarketSource.SIMULATED), QUICK, no_candles, as_created)
    )
    woken: list[str] = field(default_factory=list)

    def set(self, **changed: Any) -> None:
        """Publish in another way from now on."""
        self.publication = replace(self.publication, **changed)

    # ---------------------------------------------------------------------------------------------------------- told

    async def tell(self, kind: EventType, payload: dict[str, Any], at: datetime = CREATED_AT) -> UUID:
        """Record an event of a signal; its id."""
        event = Event(kind, None, UUID(payload["id"]), at, payload)
        async with self.database.writing() as session:
            await record(session, event)
        return event.id

    async def signal(self, signal_id: UUID | None = None, **changed: Any) -> UUID:
        """A new signal."""
        payload = signal_payload(signal_id or uuid4(), **changed)
        await self.tell(EventType.SIGNAL_CREATED, payload)
        return UUID(payload["id"])

    async def update(self, signal_id: UUID, *names: str, **changed: Any) -> None:
        """Something that happened to a signal; by names of `CHANGES`."""
        for name in names:
            over = CHANGES[name]["kind"] in ("closed", "not_filled")
            kind = EventType.SIGNAL_CLOSED if over else EventType.SIGNAL_UPDATED
            await self.tell(kind, update_payload(CHANGES[name], **{"signal_id": signal_id, **changed}))

    # ---------------------------------------------------------------------------------------------------------- done

    def relay(self, *chats: str) -> Relay:
        async def wake(chat: str) -> None:
            self.woken.append(chat)

        handler = telegram_handler(chats or (self.chat,), wake)
        return Relay(self.database.connect, {Destination.TELEGRAM: handler})

    async def relay_all(self, *chats: str) -> None:
        """Make posts of everything that was told."""
        connection = await self.database.connect()
        try:
            relay = self.relay(*chats)
            while await relay.relay_once(connection):
                pass
        finally:
            await connection.close()

    def publisher(self) -> Publisher:
        client = TelegramClient(self.token, self.base_url or self.emulator.url)
        return Publisher(self.database.connect, client, ChartPainter(self.cache), self.publication)

    async def drain(self) -> None:
        """Send what is due."""
        publisher = self.publisher()
        try:
            await publisher.drain(self.chat)
        finally:
            await publisher.close()

    async def publish(self) -> list[Message]:
        """Relay and send; the chat's messages."""
        await self.relay_all()
        await self.drain()
        return await self.messages()

    async def messages(self) -> list[Message]:
        return await self.emulator.messages(self.chat)

    async def posts(self, columns: str = "status") -> list[Any]:
        """Columns of the chat's posts, in order."""
        rows = await self.sql(f"select {columns} from telegram_posts where chat = $1 order by id", self.chat)
        return [row[0] if len(row) == 1 else tuple(row) for row in rows]

    async def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        connection = await self.database.connect()
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def make_due(self) -> None:
        """Let the time of every next attempt come."""
        await self.sql("update telegram_posts set next_attempt_at = now() where chat = $1", self.chat)
