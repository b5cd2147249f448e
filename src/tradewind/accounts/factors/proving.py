"""Proving to be somebody: one-time code, recovery code, passkey. Log-in and step-up ask for the same proofs.

What was tried is committed whatever comes of it: a try stays counted, a code used up, a failure told to the audit log.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tradewind.accounts.factors import recovery, service, totp
from tradewind.accounts.passkeys.ceremonies import Ceremonies, Credential, Options, credential_id
from tradewind.accounts.passkeys.challenges import Purpose
from tradewind.accounts.passkeys.models import PasskeyRow
from tradewind.accounts.passkeys.service import passkey_by_credential, passkeys_of, use_passkey
from tradewind.kit.clock import Clock
from tradewind.kit.sealing import seal, unseal
from tradewind.platform.database import Database, Session, enter_person
from tradewind.platform.secrets import SigningKey
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import Proof


@dataclass(frozen=True, slots=True)
class Identified:
    """A person of whom a proof is asked, with the organisation in whose audit log it stands."""

    user_id: UUID
    tenant_id: UUID


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gives as a second factor.

    Attributes:
        code: a one-time code or a recovery code.
    """

    code: str | None = field(default=None, repr=False)
    passkey: Credential | None = field(default=None, repr=False)


class Refusal(StrEnum):
    """Why somebody is not believed."""

    MISSING = "missing"
    WRONG = "wrong"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Refused:
    """A proof that was not given or is none.

    Attributes:
        accepted: what would do.
        passkey_options: for a passkey, when one would do.
        retry_after: until the next code is looked at.
    """

    reason: Refusal
    accepted: tuple[Proof, ...] = ()
    passkey_options: Options | None = None
    retry_after: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """The second factors of one process.

    Attributes:
        ceremonies: None where passkeys cannot be, because the installation has no host name.
    """

    database: Database
    clock: Clock
    key: SigningKey
    ceremonies: Ceremonies | None

    @asynccontextmanager
    async def of(self, person: Identified) -> AsyncIterator[Session]:
        """One transaction in which the person's factors can be seen and changed."""
        async with self.database.writing(person.tenant_id) as session:
            await enter_person(session, person.user_id)
            yield session

    async def kinds(self, user_id: UUID) -> tuple[Proof, ...]:
        """The second factors that the person has."""
        async with self.database.reading() as session:
            await enter_person(session, user_id)
            return await service.kinds_of(session, user_id)

    # --------------------------------------------------------------------------------------------------------- seals

    def seal(self, seed_id: UUID, seed: bytes) -> bytes:
        return seal(self.key.of("totp seeds"), seed, service.seed_place(seed_id))

    def unseal(self, kept: service.SealedSeed) -> bytes:
        return unseal(self.key.of("totp seeds"), kept.sealed, kept.place)

    def digest(self, user_id: UUID, code: str) -> bytes:
        return recovery.digest(self.key.of("recovery codes"), user_id, code)

    # -------------------------------------------------------------------------------------------------------- proofs

    async def second_step(self, person: Identified, given: Given, origin: RequestOrigin) -> Proof | Refused:
        """What log-in asks of somebody whose password was right, which is proof enough of who has nothing else."""
        kinds = await self.kinds(person.user_id)
        if not kinds:
            return Proof.PASSWORD
        if given.code is None and given.passkey is None:
            options = await self.passkey_options(person.user_id, Purpose.SECOND_FACTOR, person.user_id)
            return Refused(Refusal.MISSING, kinds, options)
        return await self.prove(person, given, origin, Purpose.SECOND_FACTOR, person.user_id)

    async def passkey_options(self, user_id: UUID, purpose: Purpose, *holders: object) -> Options | None:
        """Options for one of the person's passkeys; None when he has none."""
        if self.ceremonies is None:
            return None
        async with self.database.reading() as session:
            await enter_person(session, user_id)
            passkeys = await passkeys_of(session, user_id)
        return self.ceremonies.assertion_options(purpose, *holders, allowed=passkeys) if passkeys else None

    async def prove(
        self, person: Identified, given: Given, origin: RequestOrigin, purpose: Purpose, *holders: object
    ) -> Proof | Refused:
        """The second factor that was given, or why it is not one."""
        if given.passkey is not None:
            return await self._by_passkey(person, given.passkey, origin, purpose, holders)
        code = (given.code or "").replace(" ", "")
        if totp.is_code(code):
            return await self._by_totp(person, code, origin)
        return await self._by_recovery_code(person, code, origin)

    async def _by_totp(self, person: Identified, code: str, origin: RequestOrigin) -> Proof | Refused:
        now = self.clock.now()
        async with self.of(person) as session:
            shut_until = await service.take_try(session, person.user_id, now)
            if shut_until is not None:
                return Refused(Refusal.TOO_MANY, retry_after=shut_until - now)
            kept = await service.seed_in_force(session, person.user_id)
            step = totp.matching_step(self.unseal(kept), code, now) if kept else None
            if kept is None or step is None or not await service.use_step(session, kept.id, step, now):
                await self._failed(session, person, Proof.TOTP, now, origin)
                return Refused(Refusal.WRONG)
            await service.forget_tries(session, person.user_id)
        return Proof.TOTP

    async def _by_recovery_code(self, person: Identified, code: str, origin: RequestOrigin) -> Proof | Refused:
        """Not counted as a try: 80 random bits are not guessed, and it is the way in that a guesser cannot shut."""
        now = self.clock.now()
        async with self.of(person) as session:
            used = await service.use_code(session, person.user_id, self.digest(person.user_id, code), now)
            if not used:
                await self._failed(session, person, Proof.RECOVERY_CODE, now, origin)
                return Refused(Refusal.WRONG)
            left = await service.codes_left(session, person.user_id)
            await _tell(session, EventType.SECURITY_RECOVERY_CODE_USED, person, now, origin, left=left)
        return Proof.RECOVERY_CODE

    async def _by_passkey(
        self,
        person: Identified,
        credential: Credential,
        origin: RequestOrigin,
        purpose: Purpose,
        holders: tuple[object, ...],
    ) -> Proof | Refused:
        now = self.clock.now()
        async with self.of(person) as session:
            passkey = await self._passkey(session, person, credential)
            verified = None
            if passkey is not None and self.ceremonies is not None:
                verified = await self.ceremonies.asserted(credential, passkey.public_key, purpose, *holders)
            if passkey is None or verified is None:
                await self._failed(session, person, Proof.PASSKEY, now, origin)
                return Refused(Refusal.WRONG)
            synced = verified.credential_backed_up
            if not await use_passkey(session, passkey.id, verified.new_sign_count, now, synced=synced):
                await _tell(
                    session,
                    EventType.SECURITY_PASSKEY_REGRESSED,
                    person,
                    now,
                    origin,
                    passkey_id=str(passkey.id),
                    counter=verified.new_sign_count,
                )
                return Refused(Refusal.WRONG)
        return Proof.PASSKEY

    async def _passkey(self, session: Session, person: Identified, credential: Credential) -> PasskeyRow | None:
        wanted = credential_id(credential)
        return await passkey_by_credential(session, person.user_id, wanted) if wanted else None

    async def _failed(
        self, session: Session, person: Identified, proof: Proof, now: datetime, origin: RequestOrigin
    ) -> None:
        await _tell(session, EventType.SECURITY_PROOF_FAILED, person, now, origin, proof=proof.value)


async def _tell(
    session: Session, kind: EventType, person: Identified, now: datetime, origin: RequestOrigin, **payload: object
) -> None:
    await record(session, Event(kind, person.tenant_id, person.user_id, now, payload), origin)
