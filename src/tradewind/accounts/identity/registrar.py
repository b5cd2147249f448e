"""Registration, from a wish to committed rows and a mail."""

from __future__ import annotations

from dataclasses import dataclass

from tradewind.accounts.identity.service import Purpose, send_link
from tradewind.accounts.lockout import registration_counters
from tradewind.accounts.password_rules import refuse_weak
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.sessions.service import person_by_email
from tradewind.accounts.turnstile import Turnstile
from tradewind.accounts.users.service import create_user, normal_email
from tradewind.kit.clock import Clock
from tradewind.kit.ids import new_id
from tradewind.platform.attempts import Attempts
from tradewind.platform.database import Database, Session, enter_tenant, provisionally
from tradewind.platform.hooks import Hooks, RegisteredUser
from tradewind.platform.mail import Letter, Mails, MailTemplate
from tradewind.platform.spine import Event, EventType, RequestOrigin, record


@dataclass(frozen=True, slots=True)
class Wanted:
    """The account that somebody wants; the address in its normal form."""

    email: str
    full_name: str | None
    locale: str
    origin: RequestOrigin


@dataclass(frozen=True, slots=True)
class Registrar:
    """Makes accounts. One per process."""

    database: Database
    hasher: PasswordHasher
    hooks: Hooks
    clock: Clock
    mails: Mails
    attempts: Attempts
    turnstile: Turnstile

    async def register(
        self, email: str, password: str, full_name: str | None, locale: str, origin: RequestOrigin
    ) -> Wanted:
        """Make a person with all that belongs to him, and mail him a link that proves his address.

        When the address is taken, its holder is told by mail; neither the answer nor the work that is done for it
        tells the caller (ADR 0020).

        Raises:
            PasswordRefusedError: the password would be guessed.
            TooManyAttemptsError: too many registrations from this network.
            TooBusyError: too many passwords are waiting to be hashed.
        """
        wanted = Wanted(normal_email(email), full_name, locale, origin)
        refuse_weak(password, wanted.email)
        await self.attempts.charge(*registration_counters(origin.ip_address))
        async with self.turnstile.passed():
            await self._register(wanted, password)
        return wanted

    async def _register(self, wanted: Wanted, password: str) -> None:
        hashed = await self.hasher.hash(password)
        async with self.database.writing() as session:
            made = await self._create(session, wanted, wanted.email, hashed)
            if made is None:
                await self._tell_the_holder(session, wanted, hashed)
            else:
                await send_link(
                    session,
                    self.mails,
                    purpose=Purpose.VERIFY_EMAIL,
                    template=MailTemplate.VERIFY_EMAIL,
                    user_id=made.user_id,
                    tenant_id=made.tenant_id,
                    email=made.email,
                    locale=wanted.locale,
                    now=self.clock.now(),
                )

    async def _create(self, session: Session, wanted: Wanted, email: str, hashed: str) -> RegisteredUser | None:
        return await create_user(
            session,
            self.hooks,
            self.clock,
            email=email,
            password_hash=hashed,
            full_name=wanted.full_name,
            locale=wanted.locale,
            origin=wanted.origin,
        )

    async def _tell_the_holder(self, session: Session, wanted: Wanted, hashed: str) -> None:
        """Mail whoever has the address, after the work that a registration takes."""
        async with provisionally(session, keep=False):
            await self._create(session, wanted, f"{new_id().hex}@nobody.invalid", hashed)
        holder = await person_by_email(session, wanted.email)
        if holder is None:
            return
        await enter_tenant(session, holder.tenant_id)
        letter = Letter(holder.email, MailTemplate.ADDRESS_IN_USE, holder.locale)
        await self.mails.send(session, holder.tenant_id, letter)
        kind = EventType.SECURITY_REGISTERED_AGAIN
        event = Event(kind, holder.tenant_id, holder.user_id, self.clock.now(), {})
        await record(session, event, wanted.origin)
