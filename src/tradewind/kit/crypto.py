"""Secrets that are made, derived and compared."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256


def new_secret(size: int = 32) -> str:
    """`size` random bytes as URL-safe text."""
    return secrets.token_urlsafe(size)


def digest_of(secret: str) -> bytes:
    """What is stored of a random secret: its SHA-256. Not for passwords, which people choose."""
    return sha256(secret.encode()).digest()


def subkey(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose; knowing it tells nothing of `key` or of keys for other purposes."""
    return hmac.digest(key, purpose.encode(), "sha256")


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
