"""Mails on their way, as SQL. Every statement stands for itself: a bare connection commits each at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from tradewind.kit.ids import derive_id
from tradewind.platform.mail import Mails, MailTemplate
from tradewind.platform.spine import Delivery

type Connection = asyncpg.Connection[asyncpg.Record]

# Whoever takes a mail has it until the next attempt is due; should he die, another takes it then.
_TAKE = """
update mails set attempts = attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => $2)
where id in (
    select id from mails where status = 'pending' and next_attempt_at <= clock_timestamp()
    order by next_attempt_at limit $1 for update skip locked
)
returning id, recipient_digest, template, locale, sealed, attempts, created_at,
          coalesce(expires_at <= clock_timestamp(), false) as expired
"""
# Those of strangers' making of the last hour, and all of the last day.
_RECENT = """
select count(*) filter (where template = $2 and sent_at > clock_timestamp() - interval '1 hour') as hour,
       count(*) filter (where template = any($3)) as day
from mails where recipient_digest = $1 and sent_at > clock_timestamp() - interval '1 day'
"""
_DONE = """
update mails set status = $2, sealed = null, error = $3,
       sent_at = case when $2 = 'sent' then clock_timestamp() end
where id = $1 and status = 'pending'
"""
_PUT_OFF = """
update mails set next_attempt_at = clock_timestamp() + make_interval(secs => $2), error = $3
where id = $1 and status = 'pending'
"""
_GIVE_BACK = """
update mails set attempts = attempts - 1, next_attempt_at = clock_timestamp() + make_interval(secs => $2), error = $3
where id = any($1) and status = 'pending'
"""
_PEOPLE = """
select e.id as event_id, u.email, u.locale, d.ip_address, d.user_agent
from unnest($1::uuid[], $2::uuid[]) as e(id, user_id)
join users u on u.id = e.user_id and u.is_active
left join event_details d on d.event_id = e.id
"""
_INSERT = """
insert into mails (id, tenant_id, recipient_digest, template, locale, sealed)
select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::bytea[])
on conflict (id) do nothing
"""
_LOCK = "select pg_try_advisory_lock(hashtextextended('tradewind.mail', 0))"
_PRUNE = "delete from mails where status <> 'pending' and created_at < clock_timestamp() - $1::interval"


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that is ours to deliver for now."""

    id: UUID
    recipient_digest: bytes
    template: str
    locale: str
    sealed: bytes = field(repr=False)
    attempts: int
    created_at: Any
    expired: bool


async def try_lock(connection: Connection) -> bool:
    """Whether this connection, for as long as it lives, is the one that delivers."""
    return bool(await connection.fetchval(_LOCK))


async def take(connection: Connection, most: int, seconds: float) -> list[Taken]:
    """Some mails that are due; nobody else gets them within the time."""
    return [Taken(**row) for row in await connection.fetch(_TAKE, most, seconds)]


async def recently_sent(connection: Connection, mail: Taken) -> tuple[int, int]:
    """How many the recipient got: of this template within an hour, of all that strangers can cause within a day."""
    anybodys = [template.value for template in MailTemplate if template.is_anybodys]
    row = await connection.fetchrow(_RECENT, mail.recipient_digest, mail.template, anybodys)
    assert row is not None
    return row["hour"], row["day"]


async def finish(connection: Connection, mail_id: UUID, status: str, error: str | None = None) -> None:
    """Note what became of a mail, and drop what it said."""
    await connection.execute(_DONE, mail_id, status, error)


async def put_off(connection: Connection, mail_id: UUID, seconds: float, error: str) -> None:
    """Try again later."""
    await connection.execute(_PUT_OFF, mail_id, seconds, error)


async def give_back(connection: Connection, mail_ids: Sequence[UUID], seconds: float, error: str) -> None:
    """Take back attempts that were none, because there is no server."""
    await connection.execute(_GIVE_BACK, mail_ids, seconds, error)


async def enqueue_notices(connection: Connection, deliveries: Sequence[Delivery], mails: Mails) -> int:
    """Write the notices of security events to the people whom they are about, in the caller's transaction; how many.

    A notice has an id that follows from its event, so that it is written once.
    """
    events = {each.event_id: each for each in deliveries if each.tenant_id is not None}
    people = await connection.fetch(_PEOPLE, list(events), [each.subject_id for each in events.values()])
    rows: list[tuple[object, ...]] = []
    for person in people:
        event = events[person["event_id"]]
        mail_id = derive_id("notice", event.event_id)
        parameters = {
            "event": event.type.value,
            "at": event.at.strftime("%Y-%m-%d %H:%M"),
            "ip_address": person["ip_address"] or "",
            "user_agent": person["user_agent"] or "",
        }
        to = person["email"]
        sealed = mails.sealed(mail_id, to, parameters)
        template = MailTemplate.SECURITY_NOTICE.value
        rows.append((mail_id, event.tenant_id, mails.digest_of(to), template, person["locale"], sealed))
    if rows:
        await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))
    return len(rows)


async def prune_mails(connection: Connection, days: int) -> int:
    """Forget that there were mails; how many rows."""
    status: str = await connection.execute(_PRUNE, timedelta(days=days))
    return int(status.rsplit(" ", 1)[-1])
