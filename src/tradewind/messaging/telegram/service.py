"""The publisher: sends what is pending for a chat, in order, at the chat's pace, one sender at a time.

A message is sent, then noted as sent; a crash in between makes it go out twice, once. Nothing else does: what fails for
the moment stays pending with the time of its next attempt, and what can never succeed is marked so and passed over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.kit.clock import to_ms
from tradewind.messaging.telegram import queries
from tradewind.messaging.telegram.card import Card, card_of
from tradewind.messaging.telegram.chart import CANDLES, ChartPainter
from tradewind.messaging.telegram.client import (
    FloodError,
    RefusedError,
    TelegramClient,
    TelegramError,
    UnauthorizedError,
    UnavailableError,
)
from tradewind.messaging.telegram.pacing import Pace, back_off
from tradewind.messaging.telegram.queries import Connection, NextPost, PostKind
from tradewind.messaging.telegram.texts import LONGEST_TEXT, Voice, alert_text, signal_text, updates_text
from tradewind.platform.metrics import TELEGRAM_POSTS

_log = structlog.get_logger()

#: Asked with symbol, timeframe, a moment (UTC ms) and a count: so many candles closed by then, oldest first.
CandleSource = Callable[[str, Timeframe, int, int], Awaitable[Columns]]
#: Market time; None when nobody knows.
MarketClock = Callable[[], Awaitable[datetime | None]]

#: Seconds that a drain works before it lets others have the worker.
DRAIN_SECONDS = 45.0
#: A longer wait for the pace is not slept through; the post says when.
_PATIENCE = 5.0
#: Posts older than a day are nobody's business any more.
_FORGET_SECONDS = 86_400.0
#: Until somebody mends the token there is no use in hurrying.
_UNAUTHORIZED_SECONDS = 60.0
#: Most updates of one signal in one message.
_MOST_MERGED = 30
#: What a stop waits for the message that is on its way, so that it is not sent again.
_GRACE_SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class Publication:
    """How and with what signals are published."""

    voice: Voice
    pace: Pace
    candles: CandleSource
    market_time: MarketClock


class Publisher:
    """Sends to any number of chats. Make one per process; `close` it when done."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        client: TelegramClient,
        painter: ChartPainter,
        publication: Publication,
    ) -> None:
        self._connect = connect
        self._client = client
        self._painter = painter
        self._publication = publication

    async def close(self) -> None:
        self._painter.close()
        await self._client.close()

    async def due_chats(self) -> list[str]:
        """Chats for which there is something to send now."""
        connection = await self._connect()
        try:
            return await queries.due_chats(connection)
        finally:
            await connection.close(timeout=1)

    async def drain(self, chat: str) -> None:
        """Send what is due to the chat; nothing when somebody else is doing it."""
        deadline = time.monotonic() + DRAIN_SECONDS
        connection = await self._connect()
        try:
            while await queries.try_lock(connection, chat):
                try:
                    empty = await self._send_due(connection, chat, deadline)
                finally:
                    # An error may have taken the connection, and the lock with it.
                    if not connection.is_closed():
                        await queries.unlock(connection, chat)
                # Whoever came meanwhile found the chat locked and left it to us.
                if not empty or await self._next(connection, chat) is None:
                    return
        finally:
            await connection.close(timeout=1)

    async def _next(self, connection: Connection, chat: str) -> NextPost | None:
        return await queries.next_post(connection, chat, _FORGET_SECONDS)

    async def _send_due(self, connection: Connection, chat: str, deadline: float) -> bool:
        """Send until nothing is pending (True), or until the next post has to wait (False)."""
        while (post := await self._next(connection, chat)) is not None:
            if not post.due or time.monotonic() > deadline:
                return False
            reason = await self._not_worth_it(connection, chat, post)
            if reason is not None:
                await self._skip(connection, chat, post, reason)
                continue
            wait = self._publication.pace.wait(await queries.recent_ages(connection, chat))
            if wait > _PATIENCE:
                await queries.put_off(connection, post.id, wait, "waits for the pace of the chat", attempt=False)
                return False
            await asyncio.sleep(wait)
            if not await _to_the_end(self._send(connection, chat, post)):
                return False
        return True

    # ------------------------------------------------------------------------------------------------- worth sending

    async def _not_worth_it(self, connection: Connection, chat: str, post: NextPost) -> str | None:
        """Why the post shall not be sent, if so."""
        if post.forgotten:
            return "older than a day"
        if post.kind is PostKind.ALERT:
            return None
        if post.kind is PostKind.SIGNAL:
            now = await self._publication.market_time() or await queries.newest_market_time(connection, chat)
            expires = datetime.fromisoformat(post.payload["expires_at"])
            if now is not None and now > expires:
                return f"expired at {expires.isoformat()} market time, before its turn came"
            return None
        if post.opening is None:
            return "its signal was never to be published here"
        return "its signal was not published" if post.opening.status == "skipped" else None

    async def _skip(self, connection: Connection, chat: str, post: NextPost, reason: str) -> None:
        if post.kind is PostKind.SIGNAL:
            await queries.skip_thread(connection, chat, post.signal_id, reason)
        else:
            await queries.mark_skipped(connection, [post.id], reason)
        TELEGRAM_POSTS.labels("skipped").inc()
        _log.info("telegram_post_skipped", post=post.id, reason=reason)

    # ------------------------------------------------------------------------------------------------------- sending

    async def _send(self, connection: Connection, chat: str, post: NextPost) -> bool:
        """Send the post, with what can be told together; whether the chat may go on."""
        posts = [post.id]
        try:
            if post.kind is PostKind.ALERT:
                text = alert_text(post.payload, self._publication.voice)
                message_id = await self._client.send_message(chat, text)
            elif post.kind is PostKind.SIGNAL:
                message_id = await self._send_signal(chat, card_of(post.payload))
            else:
                merged = await queries.pending_updates(connection, chat, post.signal_id, _MOST_MERGED)
                posts = [number for number, _ in merged]
                message_id = await self._send_updates(chat, post, [payload for _, payload in merged])
        except FloodError as error:
            await queries.put_off(connection, post.id, error.retry_after, str(error), attempt=False)
            _log.info("telegram_flood", chat=chat, retry_after=error.retry_after)
            return False
        except UnauthorizedError as error:
            await queries.put_off(connection, post.id, _UNAUTHORIZED_SECONDS, str(error))
            _log.error("telegram_unauthorized", error=str(error))
            return False
        except UnavailableError as error:
            await queries.put_off(connection, post.id, back_off(post.attempts), str(error))
            _log.warning("telegram_unavailable", error=str(error))
            return False
        except (TelegramError, LookupError, TypeError, ValueError, ArithmeticError) as error:
            # Refused for good, or a payload that is none: what comes after it must not wait.
            await queries.mark_failed(connection, posts, f"{type(error).__name__}: {error}")
            TELEGRAM_POSTS.labels("failed").inc(len(posts))
            _log.error("telegram_post_failed", post=post.id, error=str(error))
            return True
        await queries.mark_sent(connection, posts, message_id)
        TELEGRAM_POSTS.labels("sent").inc(len(posts))
        return True

    async def _send_signal(self, chat: str, card: Card) -> int:
        voice = self._publication.voice
        picture = await self._picture(card)
        if picture is not None:
            try:
                return await self._client.send_photo(chat, picture, signal_text(card, voice))
            except RefusedError as error:
                # If it is the chat that refuses, it will refuse the text as well.
                _log.warning("telegram_picture_refused", signal=str(card.id), error=str(error))
        return await self._client.send_message(chat, signal_text(card, voice, LONGEST_TEXT))

    async def _send_updates(self, chat: str, post: NextPost, payloads: Sequence[dict[str, Any]]) -> int:
        opening = post.opening
        reply_to = opening.message_id if opening is not None else None
        text = updates_text(payloads, self._publication.voice)
        return await self._client.send_message(chat, text, reply_to=reply_to)

    async def _picture(self, card: Card) -> bytes | None:
        """The chart; None, with a word in the log, when there is none: a signal must not wait for its picture."""
        try:
            until = to_ms(card.created_at)
            candles = await self._publication.candles(card.symbol, card.timeframe, until, CANDLES)
            return await self._painter.paint(card, candles, self._publication.voice)
        except Exception as error:
            _log.warning("telegram_no_picture", signal=str(card.id), error=f"{type(error).__name__}: {error}")
            return None


async def _to_the_end[T](work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is not interrupted half-way: a stop waits for it for a moment."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(Exception):
            await asyncio.wait_for(task, _GRACE_SECONDS)
        raise
