"""The tokens of API clients: short-lived signed access tokens and long-lived refresh tokens."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import GuestProtocol, OctKey

from tradewind.kit.ids import new_id
from tradewind.platform.secrets import SigningKey
from tradewind.platform.token_keys import TokenKeys

_ALGORITHM = "HS256"
_ISSUER = "tradewind"
_REFRESH_PREFIX = "twr_"
_MAC_BYTES = 16
_RANDOM_BYTES = 32


class Claims(NamedTuple):
    """Whom an access token speaks of."""

    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    expires_at: int


class AccessTokens:
    """Signs access tokens (RFC 9068) and reads them back."""

    def __init__(self, keys: TokenKeys, life: timedelta) -> None:
        self._keys = keys
        self.life = life

    def issue(self, user_id: UUID, tenant_id: UUID, session_id: UUID, now: datetime) -> str:
        """A token for that person, good from `now` for its life as long as the session lives."""
        claims = {
            "iss": _ISSUER,
            "sub": str(user_id),
            "tid": str(tenant_id),
            "sid": str(session_id),
            "jti": new_id().hex,
            "iat": int(now.timestamp()),
            "exp": int((now + self.life).timestamp()),
        }
        key = self._keys.present
        header = {"alg": _ALGORITHM, "typ": "at+jwt", "kid": key.id}
        return jwt.encode(header, claims, OctKey.import_key(key.secret), [_ALGORITHM])

    def read(self, token: str, now: datetime) -> Claims | None:
        """What the token says; None when we did not sign it, or it has expired."""

        def key_of(signed: GuestProtocol) -> OctKey:
            key = self._keys.by_id(str(signed.headers().get("kid")), now)
            if key is None:
                raise InvalidKeyIdError("a key that we do not have, or have no longer")
            return OctKey.import_key(key.secret)

        try:
            read = jwt.decode(token, key_of, [_ALGORITHM])
            claims = read.claims
            if read.header.get("typ") != "at+jwt" or claims["iss"] != _ISSUER or claims["exp"] <= now.timestamp():
                return None
            return Claims(UUID(claims["sub"]), UUID(claims["tid"]), UUID(claims["sid"]), claims["exp"])
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            return None


class RefreshTokens:
    """Makes refresh tokens: session, randomness and a MAC over both.

    Any token with a right MAC was given out by us. One that is not its session's present one is therefore an old one,
    however old, and whoever presents it (or has presented the next) has stolen it.
    """

    def __init__(self, key: SigningKey) -> None:
        self._key = key.of("refresh tokens")

    def make(self, session_id: UUID) -> str:
        content = session_id.bytes + os.urandom(_RANDOM_BYTES)
        return _REFRESH_PREFIX + base64.urlsafe_b64encode(content + self._mac(content)).rstrip(b"=").decode()

    def session_of(self, token: str) -> UUID | None:
        """The session it was made for; None when we did not make it."""
        if not token.startswith(_REFRESH_PREFIX):
            return None
        text = token.removeprefix(_REFRESH_PREFIX)
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(content) != 16 + _RANDOM_BYTES or not hmac.compare_digest(mac, self._mac(content)):
            return None
        return UUID(bytes=content[:16])

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:_MAC_BYTES]
