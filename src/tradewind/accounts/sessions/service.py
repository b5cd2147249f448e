"""Sessions: made at log-in, renewed by refresh tokens, ended by log-out, by their owner or by theft."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from tradewind.accounts.sessions.models import SessionRow
from tradewind.accounts.users.models import MembershipRow, UserRow
from tradewind.kit.crypto import digest_of, new_secret
from tradewind.kit.ids import new_id
from tradewind.platform.database import Reader, ReadSession, Session, enter_tenant
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import Proof

#: The chain of log-ins to accounts that do not exist; recording them takes as long as recording those to ones that do.
NOBODY = UUID(int=0)
#: How old `last_seen_at` may get before a request renews it.
_SEEN_EVERY = timedelta(minutes=5)


class SessionKind(StrEnum):
    BROWSER = "browser"
    API = "api"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in, with the organisation he works in."""

    user_id: UUID
    tenant_id: UUID
    role: str
    email: str
    full_name: str | None
    locale: str
    email_verified: bool
    created_at: datetime
    is_active: bool
    password_hash: str = field(repr=False)


_PEOPLE = (
    select(
        UserRow.id.label("user_id"),
        MembershipRow.organisation_id.label("tenant_id"),
        MembershipRow.role,
        UserRow.email,
        UserRow.full_name,
        UserRow.locale,
        UserRow.email_verified,
        UserRow.created_at,
        UserRow.is_active,
        UserRow.password_hash,
    )
    .join(MembershipRow, MembershipRow.user_id == UserRow.id)
    .order_by(MembershipRow.created_at)
    .limit(1)
)


async def person_by_email(session: ReadSession | Session, email: str) -> Person | None:
    """The person with that (normal) address."""
    return await _person(session, UserRow.email == email)


async def person_by_id(session: ReadSession | Session, user_id: UUID) -> Person | None:
    """The person with that id."""
    return await _person(session, UserRow.id == user_id)


async def _person(session: ReadSession | Session, condition: ColumnElement[bool]) -> Person | None:
    row = (await session.execute(_PEOPLE.where(condition))).mappings().first()
    return Person(**row) if row else None


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just made: its secret is told once and kept only as a digest."""

    id: UUID
    secret: str = field(repr=False)
    csrf_token: str | None = field(repr=False)
    expires_at: datetime


async def open_session(
    session: Session,
    person: Person,
    kind: SessionKind,
    *,
    proof: Proof,
    session_id: UUID,
    secret: str,
    life: timedelta,
    now: datetime,
    origin: RequestOrigin,
    new_password_hash: str | None,
) -> Opened:
    """Make a session for a person who has proven to be himself, in the transaction of his tenant.

    Args:
        proof: the strongest that he gave.
        new_password_hash: the password hashed with the parameters of today, when the stored hash is of older ones.
    """
    csrf_token = new_secret() if kind is SessionKind.BROWSER else None
    session.add(
        SessionRow(
            id=session_id,
            user_id=person.user_id,
            kind=kind.value,
            secret_hash=digest_of(secret),
            csrf_token=csrf_token,
            created_at=now,
            last_seen_at=now,
            expires_at=now + life,
            proven_at=now,
            proven_with=proof.value,
            ip_address=origin.ip_address,
            user_agent=origin.user_agent,
        )
    )
    await session.flush()
    changed = {"password_hash": new_password_hash} if new_password_hash else {}
    await session.execute(update(UserRow).where(UserRow.id == person.user_id).values(last_login=now, **changed))
    payload = {"session_id": str(session_id), "kind": kind.value}
    await record(session, Event(EventType.SECURITY_LOGGED_IN, person.tenant_id, person.user_id, now, payload), origin)
    return Opened(session_id, secret, csrf_token, now + life)


async def note_failed_login(session: Session, person: Person | None, now: datetime, origin: RequestOrigin) -> None:
    """Record that somebody tried; the same work whether the account exists or not, so that time tells nothing."""
    tenant_id, subject_id = (person.tenant_id, person.user_id) if person else (NOBODY, new_id())
    await enter_tenant(session, tenant_id)
    await record(session, Event(EventType.SECURITY_LOGIN_FAILED, tenant_id, subject_id, now, {}), origin)


class RefreshRefusal(StrEnum):
    UNKNOWN = "unknown"
    REUSED = "reused"


@dataclass(frozen=True, slots=True)
class Renewed:
    """A session whose refresh token was replaced."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID


async def renew(
    session: Session,
    session_id: UUID,
    token: str,
    new_token: str,
    *,
    life: timedelta,
    now: datetime,
    origin: RequestOrigin,
) -> Renewed | RefreshRefusal:
    """Replace a refresh token; an old one ends its session, because two hold it of whom one is a thief.

    The answer REUSED comes with the session revoked: commit it.

    Args:
        session_id: what the token says it is for; we signed that.
    """
    person = await session.scalar(
        select(SessionRow.user_id).where(SessionRow.id == session_id, SessionRow.kind == SessionKind.API.value)
    )
    owner = await person_by_id(session, person) if person else None
    if owner is None or not owner.is_active:
        return RefreshRefusal.UNKNOWN
    await enter_tenant(session, owner.tenant_id)
    alive = (SessionRow.id == session_id, SessionRow.revoked_at.is_(None), SessionRow.expires_at > now)
    renewed = await session.scalar(
        update(SessionRow)
        .where(*alive, SessionRow.secret_hash == digest_of(token))
        .values(
            previous_hash=SessionRow.secret_hash,
            secret_hash=digest_of(new_token),
            last_seen_at=now,
            expires_at=now + life,
            ip_address=origin.ip_address,
            user_agent=origin.user_agent,
        )
        .returning(SessionRow.id)
    )
    if renewed is not None:
        return Renewed(session_id, owner.user_id, owner.tenant_id)
    if await _revoke(session, owner.user_id, session_id, now):
        payload = {"session_id": str(session_id)}
        event = Event(EventType.SECURITY_TOKEN_REUSED, owner.tenant_id, owner.user_id, now, payload)
        await record(session, event, origin)
        return RefreshRefusal.REUSED
    return RefreshRefusal.UNKNOWN


async def end_session(
    session: Session, *, user_id: UUID, tenant_id: UUID, session_id: UUID, now: datetime, origin: RequestOrigin
) -> bool:
    """Revoke one of the user's own sessions; False when he has no such session, or it has ended."""
    if not await _revoke(session, user_id, session_id, now):
        return False
    payload = {"session_id": str(session_id)}
    await record(session, Event(EventType.SECURITY_LOGGED_OUT, tenant_id, user_id, now, payload), origin)
    return True


async def _revoke(session: Session, user_id: UUID, session_id: UUID, now: datetime) -> bool:
    statement = (
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.user_id == user_id)
        .where(SessionRow.revoked_at.is_(None), SessionRow.expires_at > now)
        .values(revoked_at=now)
        .returning(SessionRow.id)
    )
    return await session.scalar(statement) is not None


async def end_sessions(session: Session, user_id: UUID, now: datetime, *, keep: UUID | None = None) -> list[UUID]:
    """Revoke all sessions of the user, but for the one to keep; which they were."""
    statement = update(SessionRow).where(
        SessionRow.user_id == user_id, SessionRow.revoked_at.is_(None), SessionRow.expires_at > now
    )
    if keep is not None:
        statement = statement.where(SessionRow.id != keep)
    return list(await session.scalars(statement.values(revoked_at=now).returning(SessionRow.id)))


async def live_sessions(session: ReadSession, user_id: UUID, now: datetime) -> Sequence[SessionRow]:
    """The user's sessions that have not ended, the last used first."""
    statement = (
        select(SessionRow)
        .where(SessionRow.user_id == user_id, SessionRow.revoked_at.is_(None), SessionRow.expires_at > now)
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id)
        .limit(200)
    )
    return (await session.scalars(statement)).all()


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a live session."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID
    role: str
    locale: str
    csrf_token: str | None = field(repr=False)
    expires_at: datetime
    last_seen_at: datetime

    def unseen(self, now: datetime) -> bool:
        """Whether it is time to note that the session is in use."""
        return now - self.last_seen_at > _SEEN_EVERY


_HOLDER = """
select s.id as session_id, s.user_id, m.organisation_id as tenant_id, m.role, u.locale, s.csrf_token,
       s.expires_at, s.last_seen_at
from sessions s
join users u on u.id = s.user_id and u.is_active
join memberships m on m.user_id = s.user_id
where {condition} and s.revoked_at is null and s.expires_at > $1
order by m.created_at limit 1
"""
_BY_COOKIE = _HOLDER.format(condition="s.secret_hash = $2 and s.kind = 'browser'")
_BY_ID = _HOLDER.format(condition="s.id = $2 and s.user_id = $3 and m.organisation_id = $4")


async def holder_of_cookie(reader: Reader, secret: str, now: datetime) -> Holder | None:
    """Who holds the browser session with that cookie; one indexed query."""
    row = await reader.row(_BY_COOKIE, now, digest_of(secret))
    return Holder(**row) if row else None


async def holder_of_session(
    reader: Reader, session_id: UUID, user_id: UUID, tenant_id: UUID, now: datetime
) -> Holder | None:
    """Who holds that session, if it lives and the person is still a member of the organisation."""
    row = await reader.row(_BY_ID, now, session_id, user_id, tenant_id)
    return Holder(**row) if row else None


async def note_seen(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that the session is in use."""
    await session.execute(update(SessionRow).where(SessionRow.id == session_id).values(last_seen_at=now))


async def note_proof(session: Session, session_id: UUID, proof: Proof, now: datetime) -> None:
    """Note that the session's holder has just proven to be himself."""
    proven = {"proven_at": now, "proven_with": proof.value}
    await session.execute(update(SessionRow).where(SessionRow.id == session_id).values(**proven))


async def proof_since(session: ReadSession, session_id: UUID, since: datetime) -> Proof | None:
    """The last proof of the session's holder, if it was given after that moment."""
    proven = (SessionRow.id == session_id, SessionRow.proven_at > since)
    given = await session.scalar(select(SessionRow.proven_with).where(*proven))
    return Proof(given) if given else None


_ENDED = (
    "select s.id from sessions s join users u on u.id = s.user_id where s.id = any($1::uuid[]) "
    "and (s.revoked_at is not null or s.expires_at <= $2 or not u.is_active)"
)


async def ended_among(reader: Reader, session_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of the sessions that have ended."""
    return {row["id"] for row in await reader.rows(_ENDED, list(session_ids), now)}
