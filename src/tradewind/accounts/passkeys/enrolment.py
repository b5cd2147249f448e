"""Adding and removing passkeys, for a session that has stepped up."""

from __future__ import annotations

from uuid import UUID

from tradewind.accounts.factors.enrolment import drop_needless_codes, make_codes, person_of
from tradewind.accounts.factors.proving import SecondFactors
from tradewind.accounts.factors.service import kinds_of
from tradewind.accounts.passkeys import service
from tradewind.accounts.passkeys.ceremonies import Credential, known_transports
from tradewind.accounts.passkeys.models import PasskeyRow
from tradewind.accounts.sessions.service import note_proof
from tradewind.kit.ids import new_id
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import AuthSubject, Proof


class TooManyPasskeysError(Exception):
    """The person has as many as one may have."""


async def add(
    factors: SecondFactors, subject: AuthSubject, name: str, credential: Credential, origin: RequestOrigin
) -> tuple[PasskeyRow, list[str] | None] | None:
    """Keep a new passkey, and make recovery codes when it is the first second factor.

    Returns:
        None when the credential does not answer our challenge, or is kept already.

    Raises:
        TooManyPasskeysError: another one must go first.
    """
    assert factors.ceremonies is not None
    now = factors.clock.now()
    async with factors.of(person_of(subject)) as session:
        if await service.count_passkeys(session, subject.user_id) >= service.MOST_PASSKEYS:
            raise TooManyPasskeysError(f"expected at most {service.MOST_PASSKEYS} passkeys of one person")
        verified = await factors.ceremonies.registered(credential, subject.user_id, subject.session_id)
        if verified is None:
            return None
        had = await kinds_of(session, subject.user_id)
        passkey = PasskeyRow(
            id=new_id(),
            user_id=subject.user_id,
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=known_transports(credential),
            synced=verified.credential_backed_up,
            name=name,
            created_at=now,
            last_used_at=None,
        )
        if not await service.add_passkey(session, passkey):
            return None
        await note_proof(session, subject.session_id, Proof.PASSKEY, now)
        payload = {"session_id": str(subject.session_id), "passkey_id": str(passkey.id)}
        added = Event(EventType.SECURITY_PASSKEY_ADDED, subject.tenant_id, subject.user_id, now, payload)
        await record(session, added, origin)
        codes = None if had else await make_codes(factors, session, subject, now, origin)
    return passkey, codes


async def remove(factors: SecondFactors, subject: AuthSubject, passkey_id: UUID, origin: RequestOrigin) -> bool:
    """Forget a passkey; False when the person has no such passkey."""
    now = factors.clock.now()
    async with factors.of(person_of(subject)) as session:
        if not await service.remove_passkey(session, subject.user_id, passkey_id):
            return False
        await drop_needless_codes(session, subject.user_id)
        payload = {"session_id": str(subject.session_id), "passkey_id": str(passkey_id)}
        removed = Event(EventType.SECURITY_PASSKEY_REMOVED, subject.tenant_id, subject.user_id, now, payload)
        await record(session, removed, origin)
    return True
