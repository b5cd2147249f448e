"""What a person does about his address, his password and his sessions, from a wish to committed rows and mails.

Every change ends the sessions of others, who may be the reason for it, and is told to the person by mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tradewind.accounts.identity.service import Link, Purpose, read_link, send_link, use_link, void_links
from tradewind.accounts.lockout import (
    link_counters,
    login_counters,
    mail_counters,
    own_password_counters,
    reset_counters,
)
from tradewind.accounts.password_rules import refuse_weak
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.sessions.authenticator import SessionAuthenticator
from tradewind.accounts.sessions.service import NOBODY, Person, end_sessions, person_by_email, person_by_id
from tradewind.accounts.users.service import normal_email, set_email, set_email_verified, set_password_hash
from tradewind.kit.clock import Clock
from tradewind.kit.ids import new_id
from tradewind.platform.attempts import Attempts
from tradewind.platform.database import Database, ReadSession, Session, enter_tenant, provisionally
from tradewind.platform.mail import Letter, Mails, MailTemplate
from tradewind.platform.spine import Event, EventType, RequestOrigin, record
from tradewind.platform.web.subjects import AuthSubject


class InvalidLinkError(Exception):
    """The link was used, has expired, or is none of ours."""


class WrongPasswordError(Exception):
    """What was given is not the present password."""


class SameAddressError(Exception):
    """The new address is the one that the person has."""


class AddressTakenError(Exception):
    """Meanwhile somebody else has proven the address to be his."""


@dataclass(frozen=True, slots=True)
class IdentityDesk:
    """One per process."""

    database: Database
    hasher: PasswordHasher
    clock: Clock
    mails: Mails
    attempts: Attempts
    authenticator: SessionAuthenticator

    # ------------------------------------------------------------------------------------------------- verification

    async def send_verification(self, subject: AuthSubject) -> None:
        """Mail the caller a new link that proves his address; nothing when it is proven.

        Raises:
            TooManyAttemptsError: he had too many sent.
        """
        async with self.database.reading(subject.tenant_id) as read:
            person = await _caller(read, subject)
        if person.email_verified:
            return
        await self.attempts.charge(*mail_counters(str(person.user_id)))
        async with self.database.writing(subject.tenant_id) as session:
            await self._send_link(session, person, Purpose.VERIFY_EMAIL, MailTemplate.VERIFY_EMAIL, person.email)

    async def verify_email(self, token: str, origin: RequestOrigin) -> None:
        """Take the address that the link was sent to as the person's.

        Raises:
            InvalidLinkError: used, expired, or the person has another address by now.
            TooManyAttemptsError: too many links from this network.
        """
        await self.attempts.charge(*link_counters(origin.ip_address))
        async with self.database.writing() as session:
            person, link = await self._follow(session, Purpose.VERIFY_EMAIL, token)
            if person.email != link.email:
                raise InvalidLinkError
            await set_email_verified(session, person.user_id)
            await void_links(session, person.user_id, Purpose.VERIFY_EMAIL)
            await self._record(session, EventType.SECURITY_EMAIL_VERIFIED, person, origin)

    # ---------------------------------------------------------------------------------------------------- passwords

    async def forgot_password(self, email: str, origin: RequestOrigin) -> None:
        """Mail a link with which a new password can be set. Does the same whether there is such an account or not.

        Raises:
            TooManyAttemptsError: too many were asked for.
        """
        email = normal_email(email)
        await self.attempts.charge(*reset_counters(email, origin.ip_address))
        async with self.database.writing() as session:
            person = await person_by_email(session, email)
            found = person if person is not None and person.is_active else None
            user_id, tenant_id = (found.user_id, found.tenant_id) if found else (new_id(), NOBODY)
            await enter_tenant(session, tenant_id)
            async with provisionally(session, keep=found is not None):
                await send_link(
                    session,
                    self.mails,
                    purpose=Purpose.RESET_PASSWORD,
                    template=MailTemplate.RESET_PASSWORD,
                    user_id=user_id,
                    tenant_id=tenant_id,
                    email=email,
                    locale=found.locale if found else "en",
                    now=self.clock.now(),
                )
            event = Event(EventType.SECURITY_RESET_ASKED, tenant_id, user_id, self.clock.now(), {})
            await record(session, event, origin)

    async def reset_password(self, token: str, password: str, origin: RequestOrigin) -> None:
        """Set a new password by a link that was mailed, which proves the address as well. All sessions end.

        Raises:
            InvalidLinkError: used, expired, or the person has another address by now.
            PasswordRefusedError: the password would be guessed; the link stays good.
            TooManyAttemptsError: too many links from this network.
            TooBusyError: too many passwords are waiting to be hashed.
        """
        await self.attempts.charge(*link_counters(origin.ip_address))
        now = self.clock.now()
        async with self.database.reading() as read:
            link = await read_link(read, Purpose.RESET_PASSWORD, token, now)
            person = await person_by_id(read, link.user_id) if link else None
        if link is None or person is None or not person.is_active or person.email != link.email:
            raise InvalidLinkError
        refuse_weak(password, person.email)
        hashed = await self.hasher.hash(password)
        async with self.database.writing(person.tenant_id) as session:
            if await use_link(session, Purpose.RESET_PASSWORD, token, now) is None:
                raise InvalidLinkError
            await set_email_verified(session, person.user_id)
            ended = await self._replace_password(session, person.user_id, hashed, now, keep=None)
            await self._record(session, EventType.SECURITY_PASSWORD_RESET, person, origin)
        await self._forget_sessions(ended)
        # He could not log in; now he shall.
        await self.attempts.clear(login_counters(person.email, origin.ip_address)[0])

    async def change_password(self, subject: AuthSubject, present: str, new: str, origin: RequestOrigin) -> None:
        """Replace the caller's password. All sessions but his end.

        Raises:
            WrongPasswordError: `present` is not his password.
            PasswordRefusedError: the new one would be guessed.
            TooManyAttemptsError: too many were wrong.
            TooBusyError: too many passwords are waiting to be hashed.
        """
        person = await self._prove(subject, present)
        refuse_weak(new, person.email)
        hashed = await self.hasher.hash(new)
        async with self.database.writing(subject.tenant_id) as session:
            ended = await self._replace_password(
                session, person.user_id, hashed, self.clock.now(), keep=subject.session_id
            )
            await self._record(session, EventType.SECURITY_PASSWORD_CHANGED, person, origin)
        await self._forget_sessions(ended)

    async def _replace_password(
        self, session: Session, user_id: UUID, hashed: str, now: datetime, keep: UUID | None
    ) -> list[UUID]:
        await set_password_hash(session, user_id, hashed)
        await void_links(session, user_id, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL)
        return await end_sessions(session, user_id, now, keep=keep)

    # ------------------------------------------------------------------------------------------------------ address

    async def ask_email_change(self, subject: AuthSubject, present: str, email: str, origin: RequestOrigin) -> None:
        """Have the caller prove that a new address is his, and tell the present one, with a link to stop it.

        When the new address is somebody's, he is told; the caller is not.

        Raises:
            WrongPasswordError: `present` is not his password.
            SameAddressError: it is his address already.
            TooManyAttemptsError: too many wrong passwords, or too many mails.
            TooBusyError: too many passwords are waiting to be hashed.
        """
        email = normal_email(email)
        person = await self._prove(subject, present)
        if email == person.email:
            raise SameAddressError
        await self.attempts.charge(*mail_counters(str(person.user_id)))
        async with self.database.writing(subject.tenant_id) as session:
            await void_links(session, person.user_id, Purpose.CHANGE_EMAIL)
            if await person_by_email(session, email) is None:
                await self._send_link(
                    session,
                    person,
                    Purpose.CHANGE_EMAIL,
                    MailTemplate.CONFIRM_NEW_EMAIL,
                    email,
                    session_id=subject.session_id,
                )
            else:
                letter = Letter(email, MailTemplate.ADDRESS_IN_USE, person.locale)
                await self.mails.send(session, subject.tenant_id, letter)
            await self._send_link(session, person, Purpose.UNDO_EMAIL, MailTemplate.EMAIL_CHANGE_ASKED, person.email)
            await self._record(session, EventType.SECURITY_EMAIL_CHANGE_ASKED, person, origin)

    async def confirm_email_change(self, token: str, origin: RequestOrigin) -> None:
        """Make the address that the link was sent to the person's. Sessions end but for the one that asked for it.

        Raises:
            InvalidLinkError: used, expired, called off.
            AddressTakenError: somebody else has it by now.
            TooManyAttemptsError: too many links from this network.
        """
        await self.attempts.charge(*link_counters(origin.ip_address))
        async with self.database.writing() as session:
            person, link = await self._follow(session, Purpose.CHANGE_EMAIL, token)
            if not await set_email(session, person.user_id, link.email):
                raise AddressTakenError
            await void_links(session, person.user_id, Purpose.CHANGE_EMAIL, Purpose.VERIFY_EMAIL)
            await void_links(session, person.user_id, Purpose.RESET_PASSWORD)
            ended = await end_sessions(session, person.user_id, self.clock.now(), keep=link.session_id)
            await self._send_link(session, person, Purpose.UNDO_EMAIL, MailTemplate.EMAIL_CHANGED, person.email)
            await self._record(session, EventType.SECURITY_EMAIL_CHANGED, person, origin)
        await self._forget_sessions(ended)

    async def undo_email_change(self, token: str, origin: RequestOrigin) -> None:
        """Give the person the address back that the link was sent to, or call the change off that was asked for.

        Whoever asked for it knew the password, so all sessions end and a link to set a new one is mailed there. Later
        changes are undone with this one: they were made by the same hand.

        Raises:
            InvalidLinkError: used or expired.
            AddressTakenError: somebody else has the address by now.
            TooManyAttemptsError: too many links from this network.
        """
        await self.attempts.charge(*link_counters(origin.ip_address))
        async with self.database.writing() as session:
            person, link = await self._follow(session, Purpose.UNDO_EMAIL, token)
            if person.email != link.email and not await set_email(session, person.user_id, link.email):
                raise AddressTakenError
            others = (Purpose.CHANGE_EMAIL, Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD)
            await void_links(session, person.user_id, *others)
            await void_links(session, person.user_id, Purpose.UNDO_EMAIL, since=link.created_at)
            ended = await end_sessions(session, person.user_id, self.clock.now())
            await self._send_link(session, person, Purpose.RESET_PASSWORD, MailTemplate.RESET_PASSWORD, link.email)
            await self._record(session, EventType.SECURITY_EMAIL_CHANGE_UNDONE, person, origin)
        await self._forget_sessions(ended)

    # ----------------------------------------------------------------------------------------------------- sessions

    async def end_other_sessions(self, subject: AuthSubject, origin: RequestOrigin) -> None:
        """End all sessions of the caller's but the one that he asks with."""
        async with self.database.writing(subject.tenant_id) as session:
            ended = await end_sessions(session, subject.user_id, self.clock.now(), keep=subject.session_id)
            payload = {"count": len(ended)}
            kind = EventType.SECURITY_SESSIONS_ENDED
            await record(session, Event(kind, subject.tenant_id, subject.user_id, self.clock.now(), payload), origin)
        await self._forget_sessions(ended)

    # ------------------------------------------------------------------------------------------------------- common

    async def _prove(self, subject: AuthSubject, present: str) -> Person:
        """The caller, who gave his present password."""
        counters = own_password_counters(str(subject.user_id))
        await self.attempts.charge(*counters)
        async with self.database.reading(subject.tenant_id) as read:
            person = await _caller(read, subject)
        right, _ = await self.hasher.verify(present, person.password_hash)
        if not right:
            raise WrongPasswordError
        await self.attempts.clear(*counters)
        return person

    async def _follow(self, session: Session, purpose: Purpose, token: str) -> tuple[Person, Link]:
        """Use a link, and go on in the transaction of its person's tenant."""
        link = await use_link(session, purpose, token, self.clock.now())
        person = await person_by_id(session, link.user_id) if link else None
        if link is None or person is None or not person.is_active:
            raise InvalidLinkError
        await enter_tenant(session, person.tenant_id)
        return person, link

    async def _send_link(
        self,
        session: Session,
        person: Person,
        purpose: Purpose,
        template: MailTemplate,
        email: str,
        session_id: UUID | None = None,
    ) -> None:
        await send_link(
            session,
            self.mails,
            purpose=purpose,
            template=template,
            user_id=person.user_id,
            tenant_id=person.tenant_id,
            email=email,
            locale=person.locale,
            now=self.clock.now(),
            session_id=session_id,
        )

    async def _record(self, session: Session, kind: EventType, person: Person, origin: RequestOrigin) -> None:
        await record(session, Event(kind, person.tenant_id, person.user_id, self.clock.now(), {}), origin)

    async def _forget_sessions(self, session_ids: Iterable[UUID]) -> None:
        for session_id in session_ids:
            await self.authenticator.session_ended(session_id)


async def _caller(session: Session | ReadSession, subject: AuthSubject) -> Person:
    person = await person_by_id(session, subject.user_id)
    assert person is not None, "or he would not have been authenticated"
    return person
