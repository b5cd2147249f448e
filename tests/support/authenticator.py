"""A passkey authenticator in software, which also does what a real one never would."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.http import Person

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One credential, as yet unregistered.

    Attributes:
        origin: of the page that it believes to be asked by.
        counter: how often it has signed; None = it does not count, as those that sync do not.
        verifies: whether it makes sure of its user.
    """

    origin: str
    rp_id: str = "localhost"
    counter: int | None = 0
    verifies: bool = True
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def of(cls, person: Person, **more: Any) -> Self:
        """One in the browser of somebody who looks at the dashboard of the API that he uses."""
        return cls(person.client.base.replace("127.0.0.1", "localhost"), **more)

    def make(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """`navigator.credentials.create`; `changes` go into the client data."""
        self.user_handle = unb64(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        data = self._data(_ATTESTED) + attested
        response = {
            "clientDataJSON": b64(self._client_data("webauthn.create", options["challenge"], changes)),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._credential(response)

    def answer(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """`navigator.credentials.get`; `changes` go into the client data."""
        if self.counter is not None:
            self.counter += 1
        data = self._data(0)
        client_data = self._client_data("webauthn.get", options["challenge"], changes)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(self.user_handle),
        }
        return self._credential(response)

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + (self.counter or 0).to_bytes(4)

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | changes).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = b64(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }


async def add_passkey(person: Person, authenticator: Authenticator, name: str = "Laptop") -> dict[str, Any]:
    """Register the authenticator's credential; what the API answers."""
    begun = await person.ok("POST", "/auth/passkeys/registration")
    credential = authenticator.make(begun["options"])
    added: dict[str, Any] = await person.ok("POST", "/auth/passkeys", json={"name": name, "credential": credential})
    return added
