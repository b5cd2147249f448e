"""The two ceremonies of WebAuthn (Level 3 §7): making a passkey and proving to hold one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, options_to_json_dict, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from tradewind.accounts.factors.totp import ISSUER
from tradewind.accounts.passkeys.challenges import LIFE, Challenges, Purpose
from tradewind.accounts.passkeys.models import PasskeyRow
from tradewind.platform.settings import Settings

#: As `navigator.credentials` takes them, in JSON.
type Options = dict[str, Any]
#: What `PublicKeyCredential.toJSON()` gives.
type Credential = Mapping[str, Any]

_TIMEOUT_MS = int(LIFE.total_seconds() * 1000)
_TRANSPORTS = frozenset(each.value for each in AuthenticatorTransport)
#: What the library lets through of input that is not what it should be.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom passkeys are made: the host that browsers know this installation by, and the origin of its pages."""

    id: str
    origin: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """None when the installation is reached by its number: browsers make passkeys for names only."""
        address = urlsplit(settings.url)
        host = address.hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return cls(host, f"{address.scheme}://{address.netloc}") if host else None
        return None


class Ceremonies:
    """Options to be sent to a browser, and the verification of what comes back."""

    def __init__(self, party: RelyingParty, challenges: Challenges) -> None:
        self._party = party
        self._challenges = challenges

    def registration_options(
        self, user_id: UUID, session_id: UUID, email: str, name: str | None, existing: Iterable[PasskeyRow]
    ) -> Options:
        """How a browser is to make a passkey: one that names its user itself and makes sure of him."""
        options = generate_registration_options(
            rp_id=self._party.id,
            rp_name=ISSUER,
            user_id=user_id.bytes,
            user_name=email,
            user_display_name=name or email,
            challenge=self._challenges.make(Purpose.REGISTER, user_id, session_id),
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(existing),
        )
        return options_to_json_dict(options)

    async def registered(self, credential: Credential, user_id: UUID, session_id: UUID) -> VerifiedRegistration | None:
        """The new credential; None when it is not an answer to a challenge of ours to this session."""
        try:
            challenge = _challenge_of(credential)
            if not self._challenges.is_ours(challenge, Purpose.REGISTER, user_id, session_id):
                return None
            verified = verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                require_user_verification=True,
            )
        except _MALFORMED:
            return None
        return verified if await self._challenges.use(challenge) else None

    def assertion_options(self, purpose: Purpose, *holders: object, allowed: Iterable[PasskeyRow] = ()) -> Options:
        """How a browser is to prove that a passkey is held.

        Args:
            allowed: the passkeys that will do; none = whichever names its user itself.
        """
        options = generate_authentication_options(
            rp_id=self._party.id,
            challenge=self._challenges.make(purpose, *holders),
            timeout=_TIMEOUT_MS,
            allow_credentials=_descriptors(allowed),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    async def asserted(
        self, credential: Credential, public_key: bytes, purpose: Purpose, *holders: object
    ) -> VerifiedAuthentication | None:
        """The proof; None when it is not one, or does not answer a challenge of ours for this purpose.

        The counter is the caller's to compare.
        """
        try:
            challenge = _challenge_of(credential)
            if not self._challenges.is_ours(challenge, purpose, *holders):
                return None
            verified = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=self._party.origin,
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except _MALFORMED:
            return None
        return verified if await self._challenges.use(challenge) else None


def credential_id(credential: Credential) -> bytes | None:
    """The id that a credential gives itself."""
    try:
        return base64url_to_bytes(credential["rawId"])
    except _MALFORMED:
        return None


def user_of(credential: Credential) -> UUID | None:
    """Whom a passkey that names its user names."""
    try:
        return UUID(bytes=base64url_to_bytes(credential["response"]["userHandle"]))
    except _MALFORMED:
        return None


def known_transports(credential: Credential) -> list[str]:
    """How the browser says that it reaches the authenticator, as far as we know the words."""
    told = credential["response"].get("transports") or ()
    return [each for each in told if each in _TRANSPORTS]


def _challenge_of(credential: Credential) -> bytes:
    return parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).challenge


def _descriptors(passkeys: Iterable[PasskeyRow]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id, transports=[AuthenticatorTransport(way) for way in each.transports]
        )
        for each in passkeys
    ]
