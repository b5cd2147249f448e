"""HTTP shapes of second factors and step-up."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, model_validator

from tradewind.accounts.factors.service import TotpState
from tradewind.accounts.passkeys.schemas import PasskeyItem, PasskeyProof
from tradewind.platform.web.schemas import Answer, Moment, Wish
from tradewind.platform.web.subjects import Proof


class TotpItem(Answer):
    confirmed_at: Moment
    last_used_at: Moment | None

    @classmethod
    def of(cls, state: TotpState) -> Self:
        return cls(confirmed_at=state.confirmed_at, last_used_at=state.last_used_at)


class FactorOverview(Answer):
    totp: TotpItem | None = Field(description="The authenticator app; null = none.")
    passkeys: list[PasskeyItem]
    passkeys_available: bool = Field(description="False where the installation is reached by number, not by name.")
    recovery_codes_left: int


class TotpEnrolment(Answer):
    """An authenticator app to be set up; in force once a code of it is confirmed."""

    secret: str = Field(description="Base32, to be typed in where the QR code cannot be read.")
    qr_code_url: str = Field(description="otpauth://totp/…, what the QR code says.")
    qr_svg: str = Field(description="The QR code as an SVG document.")
    expires_at: Moment


class TotpConfirmation(Wish):
    code: Annotated[str, Field(min_length=6, max_length=16)]


class RecoveryCodes(Answer):
    recovery_codes: list[str] = Field(description="Told this once. Each works once.")


class StepUp(Wish):
    """One proof: a second factor of those who have one, the password of the others."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=128)] | None = None
    totp_code: Annotated[str, Field(min_length=6, max_length=32)] | None = Field(
        default=None, description="A one-time code or a recovery code."
    )
    passkey: PasskeyProof | None = Field(default=None, description="The answer to `POST auth/step-up/challenge`.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.password, self.totp_code, self.passkey)) != 1:
            raise ValueError("expected exactly one of password, totp_code and passkey")
        return self


class StepUpChallenge(Answer):
    accepted: list[Proof]
    passkey_options: dict[str, Any] | None = Field(description="For one of the caller's passkeys; null = he has none.")


class SteppedUp(Answer):
    proof: Proof
    fresh_until: Moment
