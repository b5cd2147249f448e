"""Setting second factors up and taking them away, for a session that has stepped up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tradewind.accounts.factors import recovery, service, totp
from tradewind.accounts.factors.proving import Identified, SecondFactors
from tradewind.accounts.sessions.service import note_proof
from tradewind.kit.ids import new_id
from tradewind.platform.database import Session
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import AuthSubject, Proof


class NotDone(StrEnum):
    """Why a change was not made."""

    NOTHING_THERE = "nothing_there"
    WRONG_CODE = "wrong_code"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A seed for an authenticator app, told once."""

    seed: bytes = field(repr=False)
    uri: str = field(repr=False)
    expires_at: datetime


def person_of(subject: AuthSubject) -> Identified:
    """Whose factors the caller may change: his own."""
    return Identified(subject.user_id, subject.tenant_id)


async def begin_totp(factors: SecondFactors, subject: AuthSubject, email: str) -> Enrolment:
    """Make a seed. One that is in force stays so until the new one is confirmed."""
    seed, seed_id, now = totp.new_seed(), new_id(), factors.clock.now()
    async with factors.of(person_of(subject)) as session:
        await service.keep_pending(session, subject.user_id, seed_id, factors.seal(seed_id, seed), now)
    return Enrolment(seed, totp.provisioning_uri(seed, email), now + service.PENDING_LIFE)


async def confirm_totp(
    factors: SecondFactors, subject: AuthSubject, code: str, origin: RequestOrigin
) -> list[str] | NotDone:
    """Put the new seed in force, since a code of it shows that an app has it; new recovery codes come with it."""
    now = factors.clock.now()
    async with factors.of(person_of(subject)) as session:
        pending = await service.pending_seed(session, subject.user_id, now)
        if pending is None:
            return NotDone.NOTHING_THERE
        step = totp.matching_step(factors.unseal(pending), code.replace(" ", ""), now)
        if step is None:
            return NotDone.WRONG_CODE
        await service.confirm_seed(session, subject.user_id, pending.id, step, now)
        await note_proof(session, subject.session_id, Proof.TOTP, now)
        await _tell(session, EventType.SECURITY_TOTP_ENABLED, subject, now, origin)
        return await make_codes(factors, session, subject, now, origin)


async def disable_totp(factors: SecondFactors, subject: AuthSubject, origin: RequestOrigin) -> bool:
    """Take the authenticator app away; False when there is none."""
    now = factors.clock.now()
    async with factors.of(person_of(subject)) as session:
        if not await service.drop_seed(session, subject.user_id):
            return False
        await drop_needless_codes(session, subject.user_id)
        await _tell(session, EventType.SECURITY_TOTP_DISABLED, subject, now, origin)
    return True


async def renew_codes(factors: SecondFactors, subject: AuthSubject, origin: RequestOrigin) -> list[str] | NotDone:
    """New recovery codes in place of all earlier ones."""
    async with factors.of(person_of(subject)) as session:
        if not await service.kinds_of(session, subject.user_id):
            return NotDone.NOTHING_THERE
        return await make_codes(factors, session, subject, factors.clock.now(), origin)


async def make_codes(
    factors: SecondFactors, session: Session, subject: AuthSubject, now: datetime, origin: RequestOrigin
) -> list[str]:
    """New recovery codes, in the transaction of the person."""
    codes = recovery.new_codes()
    digests = [factors.digest(subject.user_id, code) for code in codes]
    await service.replace_codes(session, subject.user_id, digests, now)
    await _tell(session, EventType.SECURITY_RECOVERY_CODES_MADE, subject, now, origin)
    return codes


async def drop_needless_codes(session: Session, user_id: UUID) -> None:
    """Recovery codes stand in for a second factor; without one they go."""
    if not await service.kinds_of(session, user_id):
        await service.drop_codes(session, user_id)


async def _tell(session: Session, kind: EventType, subject: AuthSubject, now: datetime, origin: RequestOrigin) -> None:
    payload = {"session_id": str(subject.session_id)}
    await record(session, Event(kind, subject.tenant_id, subject.user_id, now, payload), origin)
