"""`tradewind seed`: the demo user. Doing it again changes nothing."""

from __future__ import annotations

import asyncio
import secrets
import string
import sys
from pathlib import Path

import click

from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.sessions.service import person_by_email
from tradewind.accounts.users.service import create_user, set_email_verified, set_password_hash
from tradewind.billing import PlanCode, grant_plan
from tradewind.entrypoints.wiring import registration_hooks
from tradewind.kit.clock import WallClock
from tradewind.platform.database import Database, Urls
from tradewind.platform.secrets import make_once
from tradewind.platform.settings import SettingError, Settings, get_settings

DEMO_EMAIL = "demo@tradewind.example"
_LOGIN_FILE = "demo-login.txt"
_PASSWORD_LINE = "password: "
_ELSEWHERE = "the password is what TRADEWIND_DEMO_PASSWORD says"
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 20


@click.command("seed")
def command() -> None:
    """Create the demo user."""
    settings = get_settings()
    if settings.production:
        raise SettingError("the demo user is not for production; leave seed out, or run tradewind up --no-demo")
    try:
        for line in asyncio.run(seed(settings)):
            print(line)
    except (OSError, ValueError) as error:
        print(f"tradewind seed: {error}", file=sys.stderr)
        sys.exit(1)


async def seed(settings: Settings) -> list[str]:
    """Make sure that the demo user is there, on PRO, with automatic trading on his paper account.

    Returns:
        What to tell; the password only when it was generated just now.
    """
    password, told = _password(settings)
    hasher = PasswordHasher(workers=1)
    database = Database(Urls.app(settings), pool_size=1)
    try:
        await _ensure(database, hasher, password)
    finally:
        hasher.close()
        await database.close()
    return [f"demo user: {DEMO_EMAIL}", *told]


async def _ensure(database: Database, hasher: PasswordHasher, password: str) -> None:
    clock = WallClock()
    async with database.reading() as read:
        person = await person_by_email(read, DEMO_EMAIL)
    if person is not None:
        right, _ = await hasher.verify(password, person.password_hash)
        if not right:
            hashed = await hasher.hash(password)
            async with database.writing(person.tenant_id) as session:
                await set_password_hash(session, person.user_id, hashed)
        return
    hashed = await hasher.hash(password)
    async with database.writing() as session:
        user = await create_user(
            session,
            registration_hooks(clock),
            clock,
            email=DEMO_EMAIL,
            password_hash=hashed,
            full_name="Demo",
        )
        if user is not None:  # or another process was faster
            await set_email_verified(session, user.user_id)  # nobody reads that mailbox
            await grant_plan(session, user.tenant_id, PlanCode.ENTERPRISE, clock)  # who looks sees all there is


def _password(settings: Settings) -> tuple[str, list[str]]:
    """The password in the settings, else the one in the login file, else a new one that is written there."""
    file = settings.data / _LOGIN_FILE
    if settings.demo_password is not None:
        make_once(file, f"email: {DEMO_EMAIL}\n{_ELSEWHERE}\n".encode())
        return settings.demo_password.get_secret_value(), [_ELSEWHERE]
    if (kept := _kept(file)) is not None:
        return kept, [f"password: in {file}"]
    generated = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    file.unlink(missing_ok=True)
    make_once(file, f"email: {DEMO_EMAIL}\n{_PASSWORD_LINE}{generated}\n".encode())
    return generated, [f"{_PASSWORD_LINE}{generated}", f"kept in {file}"]


def _kept(file: Path) -> str | None:
    if not file.exists():
        return None
    lines = file.read_text().splitlines()
    return next((line.removeprefix(_PASSWORD_LINE) for line in lines if line.startswith(_PASSWORD_LINE)), None)
