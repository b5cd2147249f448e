"""Connecting a user with his Telegram chat: a code goes there, and comes back through him."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from tradewind.kit.crypto import digest_of
from tradewind.messaging.chats.models import TelegramChatRow
from tradewind.platform.database import ReadSession, Session

#: Between two codes: a bot that anybody may have write anywhere must not be a nuisance.
PAUSE = timedelta(minutes=1)
#: How long a code is good, and how many may be tried.
LIFE = timedelta(minutes=10)
MOST_TRIES = 5

_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


class ChatRefusal(StrEnum):
    """Why a chat was not named or confirmed."""

    TOO_SOON = "too_soon"
    NONE_ASKED = "none_asked"
    OVER = "over"
    WRONG = "wrong"


async def chat_of(session: ReadSession | Session, user_id: UUID) -> TelegramChatRow | None:
    """The chat that the user has named."""
    row: TelegramChatRow | None = await session.scalar(
        select(TelegramChatRow).where(TelegramChatRow.user_id == user_id)
    )
    return row


async def name_chat(session: Session, chat: str, *, user_id: UUID, tenant_id: UUID, now: datetime) -> str | ChatRefusal:
    """Note the chat that the user names, in place of the one before; the code that is to be sent there."""
    await session.execute(_ONE_AT_A_TIME, {"name": f"telegram chat:{user_id}"})
    before = await chat_of(session, user_id)
    if before is not None and now - before.asked_at < PAUSE:
        return ChatRefusal.TOO_SOON
    code = f"{secrets.randbelow(1_000_000):06}"
    values = {
        "tenant_id": tenant_id,
        "chat": chat,
        "code_digest": digest_of(code),
        "tries": 0,
        "asked_at": now,
        "confirmed_at": None,
    }
    statement = insert(TelegramChatRow).values(user_id=user_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))
    return code


async def confirm_chat(session: Session, code: str, *, user_id: UUID, now: datetime) -> TelegramChatRow | ChatRefusal:
    """Take the code that the user read in his chat; a wrong one counts."""
    await session.execute(_ONE_AT_A_TIME, {"name": f"telegram chat:{user_id}"})
    row = await chat_of(session, user_id)
    if row is None or row.code_digest is None:
        return ChatRefusal.NONE_ASKED
    if row.tries >= MOST_TRIES or now - row.asked_at > LIFE:
        return ChatRefusal.OVER
    row.tries += 1
    if not secrets.compare_digest(digest_of(code), row.code_digest):
        await session.flush()
        return ChatRefusal.WRONG
    row.code_digest, row.confirmed_at = None, now
    await session.flush()
    return row


async def forget_chat(session: Session, user_id: UUID) -> None:
    """Write to the user no more. That he asked is kept: letting go must not be a way to another code at once."""
    values = {"chat": None, "code_digest": None, "confirmed_at": None}
    await session.execute(update(TelegramChatRow).where(TelegramChatRow.user_id == user_id).values(values))
