"""The keys that sign access tokens: one at work, and those before it until their last token has expired.

They are apart from the installation's key: replacing them costs nobody his sealed secrets, and nobody his session.
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tradewind.platform.secrets import SigningKey, WeakKeyError, replace_secret
from tradewind.platform.settings import Settings

#: Longer than any access token lives.
_KEPT = timedelta(hours=2)
_LEAST = 32


class FixedKeysError(Exception):
    """The keys come from the settings, which only their keeper can change."""


class TokenKeys:
    """The key ring of this process: from the settings, else from a file that is read again whenever it changes, else
    one key derived from the installation's.

    Raises:
        WeakKeyError: a key could be guessed.
    """

    def __init__(self, settings: Settings, installation: SigningKey) -> None:
        self._path = _path(settings)
        self._first = SigningKey(installation.of("access tokens"))
        given = settings.token_keys.get_secret_value() if settings.token_keys else ""
        self._fixed = [_strong(each.strip()) for each in given.split(",")] if given else None
        self._read: tuple[object, list[_Kept]] = (None, [])

    @property
    def present(self) -> SigningKey:
        """The one that signs."""
        if self._fixed is not None:
            return self._fixed[0]
        kept = self._kept()
        return kept[0].key if kept else self._first

    def by_id(self, key_id: str, now: datetime) -> SigningKey | None:
        """The key of that id, as long as tokens may be signed with it."""
        if self._fixed is not None:
            accepted = self._fixed
        else:
            accepted = [each.key for each in self._kept() if each.good(now)] or [self._first]
        return next((key for key in accepted if key.id == key_id), None)

    def rotate(self, now: datetime, *, drop_old: bool = False) -> SigningKey:
        """Make a new key and sign with it from now on, in every process of this data folder.

        Args:
            drop_old: tokens signed before end at once; their clients get new ones with their refresh tokens.

        Raises:
            FixedKeysError: the keys are not ours to change.
        """
        if self._fixed is not None:
            raise FixedKeysError(
                "the keys are in TRADEWIND_TOKEN_KEYS: put a new one before them (openssl rand -base64 48), restart "
                f"the API, and take the last one away after {_KEPT // timedelta(hours=1)} hours"
            )
        new = _Kept(SigningKey(secrets.token_bytes(_LEAST)), None)
        before = self._kept() or [_Kept(self._first, None)]
        old = [each.retired(now) for each in before if each.good(now)]
        replace_secret(self._path, orjson.dumps([each.document() for each in [new, *([] if drop_old else old)]]))
        return new.key

    def _kept(self) -> list[_Kept]:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return []
        version = (state.st_ino, state.st_mtime_ns)
        if self._read[0] != version:
            self._read = (version, [_Kept.of(each) for each in orjson.loads(self._path.read_bytes())])
        return self._read[1]


class _Kept:
    """A key in the file."""

    def __init__(self, key: SigningKey, retired_at: datetime | None) -> None:
        self.key = key
        self.retired_at = retired_at

    def good(self, now: datetime) -> bool:
        return self.retired_at is None or now < self.retired_at + _KEPT

    def retired(self, now: datetime) -> _Kept:
        return _Kept(self.key, self.retired_at or now)

    def document(self) -> dict[str, Any]:
        return {"key": base64.b64encode(self.key.secret).decode(), "retired_at": self.retired_at}

    @classmethod
    def of(cls, document: dict[str, Any]) -> _Kept:
        at = document["retired_at"]
        return cls(SigningKey(base64.b64decode(document["key"])), datetime.fromisoformat(at) if at else None)


def _path(settings: Settings) -> Path:
    return settings.data / "secrets" / "token-keys"


def _strong(key: str) -> SigningKey:
    if len(key) < _LEAST:
        raise WeakKeyError(
            f"TRADEWIND_TOKEN_KEYS: expected keys of at least {_LEAST} random characters, got {len(key)}; "
            "make one with: openssl rand -base64 48"
        )
    return SigningKey(key.encode())
