"""Secrets at rest: AES-256-GCM, bound to the place where they are kept."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class BrokenSealError(Exception):
    """What was sealed was changed, moved, or sealed with another key."""


def seal(key: bytes, secret: bytes, place: str) -> bytes:
    """`secret` encrypted: nonce, ciphertext and tag.

    Args:
        key: 32 bytes, of this purpose only.
        place: table, column and row, such as `totp_seeds.sealed_seed:0197…`; elsewhere it cannot be opened.
    """
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """What `seal` was given.

    Raises:
        BrokenSealError: key, place or content are not those of the seal.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise BrokenSealError(f"{place}: the seal is broken; was the installation's secret key replaced?") from error
