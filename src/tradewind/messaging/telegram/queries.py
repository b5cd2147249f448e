"""The posts of a chat, as SQL. Every statement stands for itself: a bare connection commits each at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from tradewind.platform.spine import Delivery, EventType

type Connection = asyncpg.Connection[asyncpg.Record]

_ENQUEUE = """
insert into telegram_posts (chat, signal_id, event_id, kind, payload)
select c, s, e, k, p::jsonb
from unnest($1::text[]) as chats(c)
cross join unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) with ordinality as v(s, e, k, p, n)
order by n
on conflict (event_id, chat) do nothing
"""
# To the chats that their owners have proven to read, in their languages; nothing of an alert that is gone by now.
_ENQUEUE_ALERTS = """
insert into telegram_posts (chat, signal_id, event_id, kind, payload)
select c.chat, v.alert_id, v.event_id, 'alert',
       v.payload::jsonb || jsonb_build_object('name', a.name, 'locale', u.locale)
from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as v(alert_id, event_id, payload, n)
join alerts a on a.id = v.alert_id and a.state <> 'deleted' and 'telegram' = any(a.channels)
join telegram_chats c on c.user_id = a.user_id and c.confirmed_at is not null
join users u on u.id = a.user_id
order by n
on conflict (event_id, chat) do nothing
returning chat
"""
# The oldest pending post is the chat's next one; how its thread began comes with it.
_NEXT = """
select p.id, p.signal_id, p.kind, p.payload, p.attempts, p.next_attempt_at <= clock_timestamp() as due,
       p.created_at < clock_timestamp() - make_interval(secs => $2) as forgotten,
       opening.status as opening_status, opening.message_id as opening_message_id
from telegram_posts p
left join lateral (
    select status, message_id from telegram_posts
    where signal_id = p.signal_id and chat = p.chat and kind = 'signal' order by id limit 1
) opening on p.kind = 'update'
where p.chat = $1 and p.status = 'pending' order by p.id limit 1
"""
_UPDATES = """
select id, payload from telegram_posts
where chat = $1 and signal_id = $2 and status = 'pending' and kind = 'update' order by id limit $3
"""
_SENT = """
update telegram_posts set status = 'sent', message_id = $2, sent_at = clock_timestamp(), attempts = attempts + 1,
       error = null
where id = any($1)
"""
_PUT_OFF = """
update telegram_posts set attempts = attempts + $3, error = $4,
       next_attempt_at = clock_timestamp() + make_interval(secs => $2)
where id = $1
"""
_GIVEN_UP = "update telegram_posts set status = $2, error = $3, attempts = attempts + $4 where id = any($1)"
_SKIPPED_THREAD = """
update telegram_posts set status = 'skipped', error = $3
where chat = $1 and signal_id = $2 and status = 'pending'
"""
# Messages of the last minute, newest first, as their ages in seconds.
_AGES = """
select extract(epoch from clock_timestamp() - max(sent_at))::float8 as age from telegram_posts
where chat = $1 and sent_at > clock_timestamp() - interval '60 seconds' group by message_id order by age
"""
_DUE_CHATS = """
select chat from (
    select distinct on (chat) chat, next_attempt_at from telegram_posts where status = 'pending' order by chat, id
) heads where next_attempt_at <= clock_timestamp()
"""
_MARKET_TIME = """
select max(e.at) from (select event_id from telegram_posts where chat = $1 order by id desc limit 1) newest
join events e on e.id = newest.event_id
"""
_LOCK = "select pg_try_advisory_lock(hashtextextended($1, 0))"
_UNLOCK = "select pg_advisory_unlock(hashtextextended($1, 0))"
_PRUNE = "delete from telegram_posts where status <> 'pending' and created_at < clock_timestamp() - $1::interval"


class PostKind(StrEnum):
    """What a post is: a signal opens a thread, an update answers it, an alert stands alone."""

    SIGNAL = "signal"
    UPDATE = "update"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Opening:
    """The first message of a thread: what became of it, and what Telegram calls it."""

    status: str
    message_id: int | None


@dataclass(frozen=True, slots=True)
class NextPost:
    """The post that a chat is waiting for.

    Attributes:
        signal_id: of an alert, its own id.
        due: it may be tried now.
        forgotten: it waited so long that nobody needs it any more.
        opening: of an update, the post that began its thread; None when it was never made here.
    """

    id: int
    signal_id: UUID
    kind: PostKind
    payload: dict[str, Any]
    attempts: int
    due: bool
    forgotten: bool
    opening: Opening | None


async def enqueue(connection: Connection, chats: Sequence[str], deliveries: Sequence[Delivery]) -> None:
    """Make the posts of `deliveries` for every chat, in their order; what is there already stays as it is."""
    await connection.execute(
        _ENQUEUE,
        list(chats),
        [delivery.subject_id for delivery in deliveries],
        [delivery.event_id for delivery in deliveries],
        ["signal" if delivery.type is EventType.SIGNAL_CREATED else "update" for delivery in deliveries],
        [orjson.dumps(delivery.payload).decode() for delivery in deliveries],
    )


async def enqueue_alerts(connection: Connection, deliveries: Sequence[Delivery]) -> set[str]:
    """Make the posts of alerts that triggered, each for its owner's chat if he has one; the chats."""
    rows = await connection.fetch(
        _ENQUEUE_ALERTS,
        [delivery.subject_id for delivery in deliveries],
        [delivery.event_id for delivery in deliveries],
        [orjson.dumps(delivery.payload).decode() for delivery in deliveries],
    )
    return {row["chat"] for row in rows}


async def try_lock(connection: Connection, chat: str) -> bool:
    """Become the chat's only sender for as long as this connection lives, or until `unlock`."""
    return bool(await connection.fetchval(_LOCK, f"tradewind.telegram.{chat}"))


async def unlock(connection: Connection, chat: str) -> None:
    await connection.execute(_UNLOCK, f"tradewind.telegram.{chat}")


async def next_post(connection: Connection, chat: str, forget_after: float) -> NextPost | None:
    """The oldest pending post of the chat; posts older than `forget_after` seconds are marked as forgotten."""
    row = await connection.fetchrow(_NEXT, chat, forget_after)
    if row is None:
        return None
    began = row["opening_status"]
    return NextPost(
        id=row["id"],
        signal_id=row["signal_id"],
        kind=PostKind(row["kind"]),
        payload=row["payload"],
        attempts=row["attempts"],
        due=row["due"],
        forgotten=row["forgotten"],
        opening=Opening(began, row["opening_message_id"]) if began is not None else None,
    )


async def pending_updates(
    connection: Connection, chat: str, signal_id: UUID, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """The signal's pending updates in order: id and payload."""
    return [(row["id"], row["payload"]) for row in await connection.fetch(_UPDATES, chat, signal_id, limit)]


async def mark_sent(connection: Connection, posts: Sequence[int], message_id: int) -> None:
    """Those posts are told, all in the one message."""
    await connection.execute(_SENT, list(posts), message_id)


async def put_off(connection: Connection, post: int, seconds: float, error: str, *, attempt: bool = True) -> None:
    """Try that post again `seconds` from now; with `attempt` this one counts."""
    await connection.execute(_PUT_OFF, post, seconds, int(attempt), error)


async def mark_failed(connection: Connection, posts: Sequence[int], error: str) -> None:
    """Those posts will never be told."""
    await connection.execute(_GIVEN_UP, list(posts), "failed", error, 1)


async def mark_skipped(connection: Connection, posts: Sequence[int], reason: str) -> None:
    """Those posts are not worth telling any more."""
    await connection.execute(_GIVEN_UP, list(posts), "skipped", reason, 0)


async def skip_thread(connection: Connection, chat: str, signal_id: UUID, reason: str) -> None:
    """Nothing that is pending of that signal is worth telling any more."""
    await connection.execute(_SKIPPED_THREAD, chat, signal_id, reason)


async def recent_ages(connection: Connection, chat: str) -> list[float]:
    """How many seconds ago each message of the last minute was sent, the newest first."""
    return [row["age"] for row in await connection.fetch(_AGES, chat)]


async def due_chats(connection: Connection) -> list[str]:
    """Chats whose next post may be tried now."""
    return [row["chat"] for row in await connection.fetch(_DUE_CHATS)]


async def newest_market_time(connection: Connection, chat: str) -> datetime | None:
    """Market time of the newest event that was posted, or is to be, to the chat."""
    at: datetime | None = await connection.fetchval(_MARKET_TIME, chat)
    return at


async def prune_posts(connection: Connection, days: int) -> int:
    """Forget posts that were settled more than `days` days ago; how many."""
    status: str = await connection.execute(_PRUNE, timedelta(days=days))
    return int(status.rsplit(" ", 1)[-1])
