"""Log-in, renewal and log-out, from credentials to committed rows.

Passwords are hashed outside of transactions, so a storm of log-ins holds no database connection; a log-in is therefore
a few short transactions: who is it, what else is asked of him, and the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tradewind.accounts.factors.proving import Given, Identified, Refused, SecondFactors
from tradewind.accounts.identity.origins import Origins, Whereabouts
from tradewind.accounts.identity.service import known_among, remember_origins
from tradewind.accounts.lockout import login_counters, stranger_counters
from tradewind.accounts.passkeys.ceremonies import Credential, user_of
from tradewind.accounts.passkeys.challenges import Purpose
from tradewind.accounts.passwords import PasswordHasher, TooBusyError
from tradewind.accounts.sessions import service
from tradewind.accounts.sessions.authenticator import SessionAuthenticator
from tradewind.accounts.sessions.service import Opened, Person, RefreshRefusal, Renewed, SessionKind
from tradewind.accounts.sessions.tokens import AccessTokens, RefreshTokens
from tradewind.accounts.turnstile import Turnstile
from tradewind.accounts.users.service import normal_email
from tradewind.kit.clock import Clock
from tradewind.kit.crypto import new_secret
from tradewind.kit.ids import new_id
from tradewind.platform.attempts import Attempts, Counter
from tradewind.platform.database import Database
from tradewind.platform.metrics import LOGINS
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import AuthSubject, Proof


@dataclass(frozen=True, slots=True)
class Entrance:
    """The door of one process.

    Attributes:
        life: of a session from its last renewal.
    """

    database: Database
    hasher: PasswordHasher
    clock: Clock
    access: AccessTokens
    refresh: RefreshTokens
    authenticator: SessionAuthenticator
    factors: SecondFactors
    attempts: Attempts
    turnstile: Turnstile
    origins: Origins
    life: timedelta

    async def log_in(
        self,
        email: str,
        password: str,
        given: Given,
        kind: SessionKind,
        origin: RequestOrigin,
        *,
        device: str | None = None,
        new_device: str | None = None,
    ) -> tuple[Person, Opened] | Refused | None:
        """A new session for whoever knows the password and has the second factor, if there is one.

        Returns:
            None when nobody has these credentials; what is wrong with the second factor only to who has them.

        Args:
            device: the secret by which the caller's browser says it is known.
            new_device: the secret by which it shall be known from now on, if it brought none.

        Raises:
            TooManyAttemptsError: too many were wrong, for the account or from the network.
            TooBusyError: too many passwords are waiting to be verified.
        """
        email = normal_email(email)
        charged: list[Counter] = []
        if device is None:
            # The cheapest question first: most of a flood ends here.
            await self._charge(charged, login_counters(email, origin.ip_address))
        try:
            async with self.turnstile.passed():
                person, known, whereabouts = await self._recognise(email, origin, device or new_device)
                known_device = whereabouts.known_device(known)
                if device is not None:
                    await self._charge(charged, login_counters(email, origin.ip_address, known_device))
                if known_device is None and whereabouts.network not in known:
                    await self._charge(charged, stranger_counters(email))
                right, rehashed = await self.hasher.verify(password, person.password_hash if person else None)
                if person is None or not right or not person.is_active:
                    LOGINS.labels("failed").inc()
                    async with self.database.writing() as session:
                        await service.note_failed_login(session, person, self.clock.now(), origin)
                    return None
                proof = await self.factors.second_step(Identified(person.user_id, person.tenant_id), given, origin)
                if isinstance(proof, Refused):
                    LOGINS.labels("second_factor_refused").inc()
                    await self.attempts.forgive(*charged)  # it was no guess at the password; factors count their own
                    return proof
                # What is the account's own is forgotten; what it shares with others only loses this attempt.
                await self.attempts.clear(charged[0])
                await self.attempts.forgive(*charged[1:])
                return person, await self._open(person, kind, proof, origin, whereabouts, known, rehashed)
        except TooBusyError:
            await self.attempts.forgive(*charged)  # nobody looked at the password
            raise

    async def log_in_by_passkey(
        self,
        credential: Credential,
        kind: SessionKind,
        origin: RequestOrigin,
        *,
        device: str | None = None,
        new_device: str | None = None,
    ) -> tuple[Person, Opened] | None:
        """A new session for whoever holds a passkey that names its user and has made sure of him; None for others."""
        user_id = user_of(credential)
        async with self.database.reading() as read:
            person = await service.person_by_id(read, user_id) if user_id else None
            whereabouts = self.origins.of(user_id or service.NOBODY, device or new_device, origin)
            known = await known_among(read, user_id or service.NOBODY, whereabouts.digests)
        if person is not None and person.is_active:
            identified = Identified(person.user_id, person.tenant_id)
            proof = await self.factors.prove(identified, Given(passkey=credential), origin, Purpose.LOG_IN)
            if not isinstance(proof, Refused):
                return person, await self._open(person, kind, proof, origin, whereabouts, known, None)
        LOGINS.labels("failed").inc()
        return None

    async def _charge(self, charged: list[Counter], counters: list[Counter]) -> None:
        await self.attempts.charge(*counters)
        charged += counters

    async def _recognise(
        self, email: str, origin: RequestOrigin, device: str | None
    ) -> tuple[Person | None, set[bytes], Whereabouts]:
        """Who has the address, and whether he was here before; the same questions when nobody has it."""
        async with self.database.reading() as read:
            person = await service.person_by_email(read, email)
            owner = person.user_id if person else service.NOBODY
            whereabouts = self.origins.of(owner, device, origin)
            return person, await known_among(read, owner, whereabouts.digests), whereabouts

    async def _open(
        self,
        person: Person,
        kind: SessionKind,
        proof: Proof,
        origin: RequestOrigin,
        whereabouts: Whereabouts,
        known: set[bytes],
        rehashed: str | None,
    ) -> Opened:
        now = self.clock.now()
        session_id = new_id()
        secret = new_secret() if kind is SessionKind.BROWSER else self.refresh.make(session_id)
        async with self.database.writing(person.tenant_id) as session:
            opened = await service.open_session(
                session,
                person,
                kind,
                proof=proof,
                session_id=session_id,
                secret=secret,
                life=self.life,
                now=now,
                origin=origin,
                new_password_hash=rehashed,
            )
            seen_before = await remember_origins(session, person.user_id, whereabouts.digests, now)
            if seen_before and whereabouts.is_new(known):
                payload = {"session_id": str(session_id)}
                event = Event(EventType.SECURITY_NEW_DEVICE, person.tenant_id, person.user_id, now, payload)
                await record(session, event, origin)
        LOGINS.labels("succeeded").inc()
        return opened

    def access_token(self, user_id: UUID, tenant_id: UUID, session_id: UUID) -> str:
        """A new access token for a session."""
        return self.access.issue(user_id, tenant_id, session_id, self.clock.now())

    async def renew(self, token: str, origin: RequestOrigin) -> tuple[Renewed, str] | RefreshRefusal:
        """A new refresh token for an old one, which is void from now on."""
        session_id = self.refresh.session_of(token)
        if session_id is None:
            return RefreshRefusal.UNKNOWN
        new_token = self.refresh.make(session_id)
        async with self.database.writing() as session:
            outcome = await service.renew(
                session, session_id, token, new_token, life=self.life, now=self.clock.now(), origin=origin
            )
        if isinstance(outcome, Renewed):
            return outcome, new_token
        if outcome is RefreshRefusal.REUSED:
            await self.authenticator.session_ended(session_id)
        return outcome

    async def end_session(self, subject: AuthSubject, session_id: UUID, origin: RequestOrigin) -> bool:
        """Revoke one of the caller's sessions; False when he has no such session."""
        async with self.database.writing(subject.tenant_id) as session:
            ended = await service.end_session(
                session,
                user_id=subject.user_id,
                tenant_id=subject.tenant_id,
                session_id=session_id,
                now=self.clock.now(),
                origin=origin,
            )
        if ended:
            await self.authenticator.session_ended(session_id)
        return ended
