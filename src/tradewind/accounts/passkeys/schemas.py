"""HTTP shapes of passkeys. Credentials have the form that WebAuthn gives them (Level 3 §5.1), which is not ours."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tradewind.accounts.passkeys.models import PasskeyRow
from tradewind.platform.web.schemas import Answer, Moment, Wish

#: The longest in use are attestation objects of a few kilobytes.
Base64Url = Annotated[str, Field(min_length=1, max_length=16_384, pattern="^[A-Za-z0-9_-]+$")]
CredentialId = Annotated[str, Field(min_length=1, max_length=1_400, pattern="^[A-Za-z0-9_-]+$")]
Transport = Annotated[str, Field(max_length=40)]
PasskeyName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class _FromBrowser(BaseModel):
    """Browsers add members of later levels of the standard; those are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class AssertionResponse(_FromBrowser):
    clientDataJSON: Base64Url  # noqa: N815
    authenticatorData: Base64Url  # noqa: N815
    signature: Base64Url
    userHandle: Base64Url | None = None  # noqa: N815


class PasskeyProof(_FromBrowser):
    """`toJSON()` of what `navigator.credentials.get` gave."""

    id: CredentialId
    rawId: CredentialId  # noqa: N815
    type: Literal["public-key"]
    response: AssertionResponse


class AttestationResponse(_FromBrowser):
    clientDataJSON: Base64Url  # noqa: N815
    attestationObject: Base64Url  # noqa: N815
    transports: Annotated[list[Transport], Field(max_length=10)] = Field(default_factory=list)


class NewCredential(_FromBrowser):
    """`toJSON()` of what `navigator.credentials.create` gave."""

    id: CredentialId
    rawId: CredentialId  # noqa: N815
    type: Literal["public-key"]
    response: AttestationResponse


class NewPasskey(Wish):
    name: PasskeyName
    credential: NewCredential


class PasskeyChange(Wish):
    name: PasskeyName


class PasskeyLogin(Wish):
    credential: PasskeyProof


class PasskeyOptions(Answer):
    """For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`."""

    options: dict[str, Any]


class PasskeyItem(Answer):
    id: UUID
    name: str
    synced: bool = Field(description="Whether it is kept on several devices, in an account of their vendor.")
    created_at: Moment
    last_used_at: Moment | None

    @classmethod
    def of(cls, row: PasskeyRow) -> Self:
        return cls(
            id=row.id, name=row.name, synced=row.synced, created_at=row.created_at, last_used_at=row.last_used_at
        )


class PasskeyAdded(Answer):
    passkey: PasskeyItem
    recovery_codes: list[str] | None = Field(description="Told this once, with the first second factor.")
