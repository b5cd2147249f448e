"""Recovery codes: what gets somebody in whose authenticator is lost. Random, so a keyed hash is enough to keep them."""

from __future__ import annotations

import hmac
import re
import secrets
from uuid import UUID

#: Crockford's base32: no I, L, O, U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("ILO", "110")
_IGNORED = re.compile(r"[\s-]")
#: 16 × 5 = 80 bits.
_LENGTH = 16
_GROUP = 4
HOW_MANY = 10


def new_codes() -> list[str]:
    """A set of codes, such as `7K2M-0QWX-ZN4E-9TBH`."""
    return [_new_code() for _ in range(HOW_MANY)]


def _new_code() -> str:
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(text[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def digest(key: bytes, user_id: UUID, code: str) -> bytes:
    """What is kept of a code, however it was typed: HMAC-SHA256 over person and code."""
    normal = _IGNORED.sub("", code).upper().translate(_MISREAD)
    return hmac.digest(key, user_id.bytes + normal.encode(), "sha256")
