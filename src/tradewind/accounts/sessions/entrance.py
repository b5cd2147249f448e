"""Registration, log-in, renewal and log-out, from credentials to committed rows.

Passwords are hashed outside of transactions, so a storm of log-ins holds no database connection; a log-in is therefore
a few short transactions: who is it, what else is asked of him, and the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from tradewind.accounts.factors.proving import Given, Identified, Refused, SecondFactors
from tradewind.accounts.passkeys.ceremonies import Credential, user_of
from tradewind.accounts.passkeys.challenges import Purpose
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.sessions import service
from tradewind.accounts.sessions.authenticator import SessionAuthenticator
from tradewind.accounts.sessions.service import Opened, Person, RefreshRefusal, Renewed, SessionKind
from tradewind.accounts.sessions.tokens import AccessTokens, RefreshTokens
from tradewind.accounts.users.service import create_user, normal_email
from tradewind.kit.clock import Clock
from tradewind.kit.crypto import new_secret
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database
from tradewind.platform.hooks import Hooks
from tradewind.platform.metrics import LOGINS
from tradewind.platform.spine import RequestOrigin
from tradewind.platform.web.subjects import AuthSubject, Proof


@dataclass(frozen=True, slots=True)
class Entrance:
    """The door of one process.

    Attributes:
        life: of a session from its last renewal.
    """

    database: Database
    hasher: PasswordHasher
    hooks: Hooks
    clock: Clock
    access: AccessTokens
    refresh: RefreshTokens
    authenticator: SessionAuthenticator
    factors: SecondFactors
    life: timedelta

    async def register(
        self, email: str, password: str, full_name: str | None, locale: str, origin: RequestOrigin
    ) -> Person | None:
        """Make a person with all that belongs to him; None when the address is taken.

        Raises:
            TooBusyError: too many passwords are waiting to be hashed.
        """
        hashed = await self.hasher.hash(password)
        async with self.database.writing() as session:
            made = await create_user(
                session,
                self.hooks,
                self.clock,
                email=email,
                password_hash=hashed,
                full_name=full_name,
                locale=locale,
                origin=origin,
            )
            return await service.person_by_id(session, made.user_id) if made else None

    async def log_in(
        self, email: str, password: str, given: Given, kind: SessionKind, origin: RequestOrigin
    ) -> tuple[Person, Opened] | Refused | None:
        """A new session for whoever knows the password and has the second factor, if there is one.

        Returns:
            None when nobody has these credentials; what is wrong with the second factor only to who has them.

        Raises:
            TooBusyError: too many passwords are waiting to be verified.
        """
        async with self.database.reading() as read:
            person = await service.person_by_email(read, normal_email(email))
        right, rehashed = await self.hasher.verify(password, person.password_hash if person else None)
        now = self.clock.now()
        if person is None or not right or not person.is_active:
            LOGINS.labels("failed").inc()
            async with self.database.writing() as session:
                await service.note_failed_login(session, person, now, origin)
            return None
        proof = await self.factors.second_step(Identified(person.user_id, person.tenant_id), given, origin)
        if isinstance(proof, Refused):
            LOGINS.labels("second_factor_refused").inc()
            return proof
        return person, await self._open(person, kind, proof, origin, rehashed)

    async def log_in_by_passkey(
        self, credential: Credential, kind: SessionKind, origin: RequestOrigin
    ) -> tuple[Person, Opened] | None:
        """A new session for whoever holds a passkey that names its user and has made sure of him; None for others."""
        user_id = user_of(credential)
        async with self.database.reading() as read:
            person = await service.person_by_id(read, user_id) if user_id else None
        if person is not None and person.is_active:
            known = Identified(person.user_id, person.tenant_id)
            proof = await self.factors.prove(known, Given(passkey=credential), origin, Purpose.LOG_IN)
            if not isinstance(proof, Refused):
                return person, await self._open(person, kind, proof, origin, None)
        LOGINS.labels("failed").inc()
        return None

    async def _open(
        self, person: Person, kind: SessionKind, proof: Proof, origin: RequestOrigin, rehashed: str | None
    ) -> Opened:
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
                now=self.clock.now(),
                origin=origin,
                new_password_hash=rehashed,
            )
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
