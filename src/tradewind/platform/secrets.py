"""The installation's own signing key: from the settings, or made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tradewind.kit.crypto import subkey
from tradewind.platform.settings import Settings

_LEAST = 32


class WeakKeyError(ValueError):
    """A signing key that could be guessed."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signs tokens and cursors; `id` names it without telling it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return sha256(b"key id" + self.secret).hexdigest()[:16]

    def of(self, purpose: str) -> bytes:
        """The key for one purpose."""
        return subkey(self.secret, purpose)


def signing_key(settings: Settings) -> SigningKey:
    """The key in the settings, else the one in `{data}/secrets/`, which the first process that asks makes.

    Raises:
        WeakKeyError: the key is too short.
    """
    if settings.secret_key is not None:
        given = settings.secret_key.get_secret_value().encode()
        return _strong(given, "TRADEWIND_SECRET_KEY", "make one with: openssl rand -base64 48")
    path = settings.data / "secrets" / "signing-key"
    if not path.exists():
        make_once(path, secrets.token_bytes(_LEAST))
    return _strong(path.read_bytes(), str(path), "restore it, or remove it to make a new one, which logs everybody out")


def _strong(key: bytes, where: str, remedy: str) -> SigningKey:
    if len(key) < _LEAST:
        raise WeakKeyError(f"{where}: expected at least {_LEAST} random characters, got {len(key)}; {remedy}")
    return SigningKey(key)


def make_once(path: Path, content: bytes) -> bool:
    """Write a file that only its owner can read, unless it is there; of several processes one wins, and nobody ever
    sees half a file.

    Returns:
        Whether this call made it.
    """
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def replace_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, in place of the one that is there; nobody ever sees half of it."""
    os.replace(_draft(path, content), path)


def _draft(path: Path, content: bytes) -> str:
    """The content in a file beside `path`, safe on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(draft)
        raise
    return draft
