"""People and their organisations."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from tradewind.accounts.users.models import MembershipRow, OrganisationRow, UserRow
from tradewind.accounts.wordlists import is_disposable
from tradewind.kit.clock import Clock
from tradewind.kit.ids import new_id
from tradewind.platform.database import Session, enter_tenant
from tradewind.platform.hooks import Hooks, RegisteredUser
from tradewind.platform.spine import Event, EventType, RequestOrigin, record


def normal_email(email: str) -> str:
    """The form in which addresses are compared and kept: trimmed, lower case."""
    return email.strip().lower()


async def create_user(
    session: Session,
    hooks: Hooks,
    clock: Clock,
    *,
    email: str,
    password_hash: str,
    full_name: str | None,
    locale: str = "en",
    origin: RequestOrigin | None = None,
    user_id: UUID | None = None,
    tenant_id: UUID | None = None,
) -> RegisteredUser | None:
    """Make a person with an organisation of his own, and let the other rooms do their part, in one transaction.

    Returns:
        None when the address is taken.
    """
    user = RegisteredUser(user_id or new_id(), tenant_id or new_id(), normal_email(email))
    inserted = await session.scalar(
        insert(UserRow)
        .values(
            id=user.user_id,
            email=user.email,
            disposable_email=is_disposable(user.email),
            password_hash=password_hash,
            full_name=full_name,
            locale=locale,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(UserRow.id)
    )
    if inserted is None:
        return None
    await enter_tenant(session, user.tenant_id)
    session.add(OrganisationRow(id=user.tenant_id, name=full_name or user.email))
    await session.flush()
    session.add(MembershipRow(organisation_id=user.tenant_id, user_id=user.user_id, role="owner"))
    await session.flush()
    for hook in hooks.user_registered:
        await hook(session, user)
    event = Event(EventType.SECURITY_REGISTERED, user.tenant_id, user.user_id, clock.now(), {})
    await record(session, event, origin)
    return user


async def set_password_hash(session: Session, user_id: UUID, password_hash: str) -> None:
    """Replace the password."""
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))


async def set_email_verified(session: Session, user_id: UUID) -> bool:
    """Note that the person reads his address; False when that was known."""
    statement = update(UserRow).where(UserRow.id == user_id, UserRow.email_verified.is_(False))
    return await session.scalar(statement.values(email_verified=True).returning(UserRow.id)) is not None


async def set_email(session: Session, user_id: UUID, email: str) -> bool:
    """Replace the (normal) address by one that the person has proven to read; False when somebody else has it."""
    taken = select(UserRow.id).where(UserRow.email == email, UserRow.id != user_id)
    if await session.scalar(taken) is not None:
        return False
    values = {"email": email, "email_verified": True, "disposable_email": is_disposable(email)}
    try:
        async with session.begin_nested():
            await session.execute(update(UserRow).where(UserRow.id == user_id).values(**values))
    except IntegrityError:
        return False  # somebody was faster
    return True
