"""What the database knows of passkeys. Every function works in the transaction of the person (`enter_person`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from tradewind.accounts.passkeys.models import PasskeyRow
from tradewind.platform.database import ReadSession, Session

MOST_PASSKEYS = 20


async def passkeys_of(session: ReadSession | Session, user_id: UUID) -> Sequence[PasskeyRow]:
    """The person's passkeys, the newest first."""
    statement = select(PasskeyRow).where(PasskeyRow.user_id == user_id).order_by(PasskeyRow.created_at.desc())
    return (await session.scalars(statement)).all()


async def passkey_by_credential(session: Session, user_id: UUID, credential_id: bytes) -> PasskeyRow | None:
    """The person's passkey with that credential id."""
    statement = select(PasskeyRow).where(PasskeyRow.user_id == user_id, PasskeyRow.credential_id == credential_id)
    return (await session.scalars(statement)).first()


async def add_passkey(session: Session, passkey: PasskeyRow) -> bool:
    """Keep a passkey; False when its credential is registered already."""
    values = {column.key: getattr(passkey, column.key) for column in PasskeyRow.__table__.columns}
    statement = (
        insert(PasskeyRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["credential_id"])
        .returning(PasskeyRow.id)
    )
    return await session.scalar(statement) is not None


async def use_passkey(session: Session, passkey_id: UUID, sign_count: int, now: datetime, *, synced: bool) -> bool:
    """Note that a passkey was used; False when its counter did not move on, which is how a copy of it shows.

    Authenticators without a counter tell 0 each time.
    """
    moved_on = PasskeyRow.sign_count < sign_count if sign_count else PasskeyRow.sign_count == 0
    statement = (
        update(PasskeyRow)
        .where(PasskeyRow.id == passkey_id, moved_on)
        .values(sign_count=sign_count, last_used_at=now, synced=synced)
        .returning(PasskeyRow.id)
    )
    return await session.scalar(statement) is not None


async def rename_passkey(session: Session, user_id: UUID, passkey_id: UUID, name: str) -> PasskeyRow | None:
    """Give a passkey another name; None when the person has no such passkey."""
    statement = (
        update(PasskeyRow)
        .where(PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id)
        .values(name=name)
        .returning(PasskeyRow)
    )
    return (await session.scalars(statement)).first()


async def remove_passkey(session: Session, user_id: UUID, passkey_id: UUID) -> bool:
    """Forget a passkey; False when the person has no such passkey."""
    statement = (
        delete(PasskeyRow).where(PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id).returning(PasskeyRow.id)
    )
    return await session.scalar(statement) is not None


async def count_passkeys(session: Session, user_id: UUID) -> int:
    """How many passkeys the person has."""
    return await session.scalar(select(func.count()).where(PasskeyRow.user_id == user_id)) or 0
