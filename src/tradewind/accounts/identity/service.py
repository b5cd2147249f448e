"""Links in mails and known devices, as SQL; every function works in its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from tradewind.accounts.identity.models import KnownOriginRow, MailTokenRow
from tradewind.kit.crypto import digest_of, new_secret
from tradewind.platform.database import ReadSession, Session
from tradewind.platform.mail import Letter, Mails, MailTemplate


class Purpose(StrEnum):
    """What a link does."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"


#: How long a link is good.
LIVES = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.CHANGE_EMAIL: timedelta(hours=1),
    # Whoever is being robbed of his account shall find this mail after a holiday.
    Purpose.UNDO_EMAIL: timedelta(days=14),
}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is for.

    Attributes:
        email: the address that it proves, sets or gives back.
        session_id: the session in which it was asked for.
    """

    user_id: UUID
    email: str
    session_id: UUID | None
    created_at: datetime


async def send_link(
    session: Session,
    mails: Mails,
    *,
    purpose: Purpose,
    template: MailTemplate,
    user_id: UUID,
    tenant_id: UUID,
    email: str,
    locale: str,
    now: datetime,
    session_id: UUID | None = None,
) -> None:
    """Mail a new link to the address that it is about."""
    token, expires_at = new_secret(), now + LIVES[purpose]
    await session.execute(
        insert(MailTokenRow).values(
            digest=digest_of(token),
            user_id=user_id,
            purpose=purpose.value,
            email=email,
            session_id=session_id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    await mails.send(session, tenant_id, Letter(email, template, locale, {"token": token}, expires_at))


async def read_link(session: ReadSession | Session, purpose: Purpose, token: str, now: datetime) -> Link | None:
    """What the link is for, without using it."""
    statement = select(
        MailTokenRow.user_id, MailTokenRow.email, MailTokenRow.session_id, MailTokenRow.created_at
    ).where(
        MailTokenRow.digest == digest_of(token),
        MailTokenRow.purpose == purpose.value,
        MailTokenRow.expires_at > now,
    )
    row = (await session.execute(statement)).first()
    return Link(*row) if row else None


async def use_link(session: Session, purpose: Purpose, token: str, now: datetime) -> Link | None:
    """What the link is for; of uses at the same time one gets it."""
    statement = (
        delete(MailTokenRow)
        .where(
            MailTokenRow.digest == digest_of(token),
            MailTokenRow.purpose == purpose.value,
            MailTokenRow.expires_at > now,
        )
        .returning(MailTokenRow.user_id, MailTokenRow.email, MailTokenRow.session_id, MailTokenRow.created_at)
    )
    row = (await session.execute(statement)).first()
    return Link(*row) if row else None


async def void_links(session: Session, user_id: UUID, *purposes: Purpose, since: datetime | None = None) -> None:
    """Make links of the person's useless: those of the purposes, or of them those made since then."""
    statement = delete(MailTokenRow).where(
        MailTokenRow.user_id == user_id, MailTokenRow.purpose.in_([purpose.value for purpose in purposes])
    )
    if since is not None:
        statement = statement.where(MailTokenRow.created_at >= since)
    await session.execute(statement)


# --------------------------------------------------------------------------------------------------- known devices


async def known_among(session: ReadSession | Session, user_id: UUID, digests: Collection[bytes]) -> set[bytes]:
    """Those of the devices and networks from which the person has logged in before."""
    statement = select(KnownOriginRow.digest).where(
        KnownOriginRow.user_id == user_id, KnownOriginRow.digest.in_(digests)
    )
    return set(await session.scalars(statement))


async def remember_origins(session: Session, user_id: UUID, digests: Collection[bytes], now: datetime) -> bool:
    """Note from where the person has logged in.

    Returns:
        Whether anything was known of him before.
    """
    count = select(func.count()).select_from(KnownOriginRow).where(KnownOriginRow.user_id == user_id)
    before = await session.scalar(count)
    rows = [{"user_id": user_id, "digest": digest, "last_seen_at": now} for digest in sorted(digests)]
    statement = insert(KnownOriginRow).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "digest"], set_={"last_seen_at": statement.excluded.last_seen_at}
        )
    )
    return bool(before)
