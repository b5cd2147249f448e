"""Step-up: whoever holds a session proves again to be himself, and may do what is dangerous for some minutes."""

from __future__ import annotations

from dataclasses import dataclass

from tradewind.accounts.factors.proving import Given, Identified, Refusal, Refused, SecondFactors
from tradewind.accounts.factors.service import forget_tries, take_try
from tradewind.accounts.passkeys.challenges import Purpose
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.sessions import service
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import AuthSubject, Proof


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Asks for fresh proofs."""

    factors: SecondFactors
    hasher: PasswordHasher

    async def accepted(self, subject: AuthSubject) -> Refused:
        """What would do now: a second factor of those who have one, the password of the others."""
        kinds = await self.factors.kinds(subject.user_id)
        options = await self.factors.passkey_options(subject.user_id, Purpose.STEP_UP, subject.session_id)
        return Refused(Refusal.MISSING, kinds or (Proof.PASSWORD,), options)

    async def by_password(self, subject: AuthSubject, password: str, origin: RequestOrigin) -> Proof | Refused:
        """Step up with the password, for those who have nothing else.

        Raises:
            TooBusyError: too many passwords are waiting to be verified.
        """
        person = Identified(subject.user_id, subject.tenant_id)
        if await self.factors.kinds(subject.user_id):
            return await self.accepted(subject)
        now = self.factors.clock.now()
        async with self.factors.of(person) as session:
            shut_until = await take_try(session, subject.user_id, now)
            known = await service.person_by_id(session, subject.user_id)
        if shut_until is not None:
            return Refused(Refusal.TOO_MANY, retry_after=shut_until - now)
        right, _ = await self.hasher.verify(password, known.password_hash if known else None)
        async with self.factors.of(person) as session:
            if not right:
                payload = {"proof": Proof.PASSWORD.value}
                failed = Event(EventType.SECURITY_PROOF_FAILED, person.tenant_id, person.user_id, now, payload)
                await record(session, failed, origin)
                return Refused(Refusal.WRONG)
            await forget_tries(session, subject.user_id)
        await self._note(subject, Proof.PASSWORD, origin)
        return Proof.PASSWORD

    async def by_factor(self, subject: AuthSubject, given: Given, origin: RequestOrigin) -> Proof | Refused:
        """Step up with a second factor."""
        person = Identified(subject.user_id, subject.tenant_id)
        if not await self.factors.kinds(subject.user_id):
            return await self.accepted(subject)
        outcome = await self.factors.prove(person, given, origin, Purpose.STEP_UP, subject.session_id)
        if isinstance(outcome, Proof):
            await self._note(subject, outcome, origin)
        return outcome

    async def _note(self, subject: AuthSubject, proof: Proof, origin: RequestOrigin) -> None:
        now = self.factors.clock.now()
        async with self.factors.database.writing(subject.tenant_id) as session:
            await service.note_proof(session, subject.session_id, proof, now)
            payload = {"session_id": str(subject.session_id), "proof": proof.value}
            event = Event(EventType.SECURITY_STEPPED_UP, subject.tenant_id, subject.user_id, now, payload)
            await record(session, event, origin)
