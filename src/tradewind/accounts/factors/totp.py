"""Time-based one-time codes (RFC 6238 over RFC 4226): HMAC-SHA1, 30 seconds, six digits, as every app computes them."""

from __future__ import annotations

import base64
import io
import os
import re
from datetime import datetime, timedelta

import pyotp
import segno

from tradewind.kit.crypto import same

STEP = timedelta(seconds=30)
ISSUER = "Tradewind"
#: As long as SHA-1's digest, as RFC 4226 §4 wants it.
_SEED_BYTES = 20
#: Steps before and after the present one whose codes are good: clocks differ, and typing takes time.
_LEEWAY = 1
_CODE = re.compile(r"[0-9]{6}")


def new_seed() -> bytes:
    """A seed that nobody else has."""
    return os.urandom(_SEED_BYTES)


def seed_text(seed: bytes) -> str:
    """The seed as people type it into an app: base32."""
    return base64.b32encode(seed).decode()


def is_code(text: str) -> bool:
    """Whether it has the form of a one-time code."""
    return _CODE.fullmatch(text) is not None


def code_at(seed: bytes, step: int) -> str:
    """The code of a time step, or of a counter."""
    return pyotp.HOTP(seed_text(seed)).at(step)


def step_at(at: datetime) -> int:
    """The time step of a moment."""
    return int(at.timestamp()) // int(STEP.total_seconds())


def matching_step(seed: bytes, code: str, at: datetime) -> int | None:
    """The newest step near `at` whose code this is; None when it is of none."""
    present = step_at(at)
    good = [step for step in range(present - _LEEWAY, present + _LEEWAY + 1) if same(code_at(seed, step), code)]
    return max(good, default=None)


def provisioning_uri(seed: bytes, email: str) -> str:
    """What authenticator apps read from the QR code: `otpauth://totp/…`."""
    return pyotp.TOTP(seed_text(seed)).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_svg(uri: str) -> str:
    """The QR code as an SVG document: black on white with its quiet zone, so that it can be read on a dark page."""
    out = io.BytesIO()
    segno.make_qr(uri, error="m").save(
        out, kind="svg", xmldecl=False, nl=False, light="#fff", border=4, unit="", scale=1
    )
    return out.getvalue().decode()
