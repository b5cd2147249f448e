"""Who presents a credential: the implementation of the platform's `Authenticator` port.

Cookies and access tokens alike cost one indexed query (session, user, membership), whose answer is kept for two
seconds, because a dashboard asks several times a second. A session that ends is forgotten at once in this process,
over the broker in the others, and without the broker within those two seconds.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.accounts.factors.service import kinds_of
from tradewind.accounts.sessions.roles import scopes_of
from tradewind.accounts.sessions.service import (
    Holder,
    ended_among,
    holder_of_cookie,
    holder_of_session,
    note_seen,
    proof_since,
)
from tradewind.accounts.sessions.tokens import AccessTokens
from tradewind.kit.clock import Clock
from tradewind.kit.crypto import digest_of, new_secret
from tradewind.platform.database import Database, ReadPool, enter_person
from tradewind.platform.realtime.revocation import announce_revoked
from tradewind.platform.web.subjects import FRESH_FOR, AuthSubject, Freshness, Proof

_log = structlog.get_logger()

TICKET_LIFE = timedelta(seconds=30)
_KEPT_SECONDS = 2.0
_MOST_KEPT = 20_000
#: Longer than an answer can be on its way from the database before it is kept.
_REMEMBERED_SECONDS = 60.0


class SessionAuthenticator:
    """One per process."""

    def __init__(self, database: Database, reads: ReadPool, broker: Redis, tokens: AccessTokens, clock: Clock) -> None:
        self._database = database
        self._reads = reads
        self._broker = broker
        self._tokens = tokens
        self._clock = clock
        self._kept: dict[bytes, tuple[float, datetime, AuthSubject]] = {}
        self._ended: dict[UUID, float] = {}

    async def by_access_token(self, token: str) -> AuthSubject | None:
        now = self._clock.now()
        key = digest_of(token)
        if (subject := self._recall(key, now)) is not None:
            return subject
        claims = self._tokens.read(token, now)
        if claims is None:
            return None
        async with self._reads.reading() as reader:
            holder = await holder_of_session(reader, claims.session_id, claims.user_id, claims.tenant_id, now)
        until = datetime.fromtimestamp(claims.expires_at, UTC)
        return await self._keep(key, holder, now, until, browser=False)

    async def by_session_cookie(self, secret: str) -> AuthSubject | None:
        now = self._clock.now()
        key = digest_of(secret)
        if (subject := self._recall(key, now)) is not None:
            return subject
        async with self._reads.reading() as reader:
            holder = await holder_of_cookie(reader, secret, now)
        return await self._keep(key, holder, now, None, browser=True)

    async def by_ticket(self, ticket: str) -> AuthSubject | None:
        raw = await self._broker.getdel(_ticket_key(ticket))
        if raw is None:
            return None
        named = orjson.loads(raw)
        session_id, user_id, tenant_id = (UUID(named[key]) for key in ("session", "user", "tenant"))
        async with self._reads.reading() as reader:
            holder = await holder_of_session(reader, session_id, user_id, tenant_id, self._clock.now())
        return _subject(holder, browser=False) if holder else None

    async def ended(self, session_ids: Collection[UUID]) -> set[UUID]:
        async with self._reads.reading() as reader:
            return await ended_among(reader, session_ids, self._clock.now())

    async def freshness(self, subject: AuthSubject) -> Freshness:
        async with self._database.reading() as session:
            proof = await proof_since(session, subject.session_id, self._clock.now() - FRESH_FOR)
            await enter_person(session, subject.user_id)
            accepted = await kinds_of(session, subject.user_id) or (Proof.PASSWORD,)
        # A password counts no more as soon as there is a second factor, whenever and wherever it was given.
        fresh = proof is not None and (proof is not Proof.PASSWORD or Proof.PASSWORD in accepted)
        return Freshness(fresh, accepted)

    async def make_ticket(self, subject: AuthSubject) -> str:
        """A ticket that opens one WebSocket for `subject` within its short life; the broker keeps its digest only."""
        ticket = new_secret()
        named = {"session": str(subject.session_id), "user": str(subject.user_id), "tenant": str(subject.tenant_id)}
        await self._broker.set(_ticket_key(ticket), orjson.dumps(named), ex=TICKET_LIFE)
        return ticket

    async def session_ended(self, session_id: UUID) -> None:
        """Forget a session that has just been revoked, here and in every other process. Call it after the commit."""
        self.forget(session_id)
        try:
            await announce_revoked(self._broker, session_id)
        except (RedisError, OSError) as error:
            _log.warning("revocation_not_announced", session_id=str(session_id), error=str(error))

    def forget(self, session_id: UUID) -> None:
        """Answer no more for this session from memory."""
        now = time.monotonic()
        self._ended[session_id] = now + _REMEMBERED_SECONDS
        if len(self._ended) > _MOST_KEPT:
            self._ended = {key: until for key, until in self._ended.items() if until > now}

    def _recall(self, key: bytes, now: datetime) -> AuthSubject | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        until, expires_at, subject = kept
        if until < time.monotonic() or expires_at <= now or subject.session_id in self._ended:
            del self._kept[key]
            return None
        return subject

    async def _keep(
        self, key: bytes, holder: Holder | None, now: datetime, until: datetime | None, *, browser: bool
    ) -> AuthSubject | None:
        if holder is None:
            return None
        if holder.unseen(now):
            async with self._database.writing() as session:
                await note_seen(session, holder.session_id, now)
        subject = _subject(holder, browser=browser)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        expires_at = holder.expires_at if until is None else min(until, holder.expires_at)
        self._kept[key] = (time.monotonic() + _KEPT_SECONDS, expires_at, subject)
        return subject


def _subject(holder: Holder, *, browser: bool) -> AuthSubject:
    return AuthSubject(
        user_id=holder.user_id,
        tenant_id=holder.tenant_id,
        session_id=holder.session_id,
        role=holder.role,
        scopes=scopes_of(holder.role),
        locale=holder.locale,
        csrf_token=holder.csrf_token if browser else None,
    )


def _ticket_key(ticket: str) -> str:
    return f"tradewind:ticket:{digest_of(ticket).hex()}"
