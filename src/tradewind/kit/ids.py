"""Identifiers: random ones for things people make, derived ones for things the engine makes.

A derived id is a pure function of what it names. The engine can therefore be killed at any line and run
again: it arrives at the same ids, so the database refuses the second row and a venue the second order.
"""

from __future__ import annotations

import os
import time
from hashlib import sha256
from uuid import UUID

_SEPARATOR = "\x1f"
_UNVERSIONED = ~(0xF << 76 | 0x3 << 62)
_VERSION_8 = 0x8 << 76 | 0x2 << 62


def derive_id(kind: str, *parts: str | int | UUID) -> UUID:
    """The id of the `kind` named by `parts`: a version-8 UUID over their SHA-256.

    Order and boundaries of the parts matter: ("a", "bc") and ("ab", "c") differ.
    """
    digest = sha256(_SEPARATOR.join((kind, *map(str, parts))).encode()).digest()
    return UUID(int=int.from_bytes(digest[:16]) & _UNVERSIONED | _VERSION_8)


def new_id() -> UUID:
    """A fresh version-7 UUID (RFC 9562): random, sorted by creation time, so that indexes grow at one end."""
    raw = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return UUID(bytes=bytes(raw))
