"""One-time codes against the vectors of their standards, and against another implementation."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.accounts.factors.totp import (
    STEP,
    code_at,
    is_code,
    matching_step,
    new_seed,
    provisioning_uri,
    qr_svg,
    seed_text,
    step_at,
)

#: Of RFC 4226 appendix D and RFC 6238 appendix B.
SEED = b"12345678901234567890"
HOTP = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")
TOTP = (
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(("counter", "code"), list(enumerate(HOTP)))
def test_rfc_4226_appendix_d(counter: int, code: str) -> None:
    assert code_at(SEED, counter) == code


@pytest.mark.parametrize(("seconds", "eight_digits"), TOTP)
def test_rfc_6238_appendix_b(seconds: int, eight_digits: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    code = eight_digits[-6:]
    assert code_at(SEED, step_at(at)) == code
    assert matching_step(SEED, code, at) == seconds // 30


@given(seed=st.binary(min_size=20, max_size=20), at=MOMENTS, off=st.integers(-40, 40))
def test_a_code_is_good_for_one_step_around_its_own(seed: bytes, at: datetime, off: int) -> None:
    code = code_at(seed, step_at(at))
    found = matching_step(seed, code, at + off * STEP)
    if abs(off) <= 1:
        assert found is not None
        assert code_at(seed, found) == code
    elif found is not None:  # one in a million codes is that of another step, too
        assert code_at(seed, found) == code
        assert found != step_at(at)


@given(text=st.text(max_size=12))
def test_only_six_ascii_digits_are_a_code(text: str) -> None:
    assert is_code(text) is (len(text) == 6 and text.isascii() and text.isdigit())


def test_what_apps_read_names_issuer_account_and_seed() -> None:
    seed = new_seed()
    assert len(seed) == 20
    told = urlsplit(provisioning_uri(seed, "some+one@tests.example"))
    assert (told.scheme, told.netloc) == ("otpauth", "totp")
    assert told.path == "/Tradewind:some%2Bone%40tests.example"
    assert parse_qs(told.query) == {"secret": [seed_text(seed)], "issuer": ["Tradewind"]}


def test_the_qr_code_is_one_svg_without_script() -> None:
    svg = qr_svg(provisioning_uri(new_seed(), "a@tests.example"))
    assert svg.startswith("<svg xmlns=")
    assert svg.endswith("</svg>")
    assert "script" not in svg


@pytest.mark.skipif(shutil.which("oathtool") is None, reason="oathtool is not installed")
@pytest.mark.parametrize("minutes", range(0, 600, 60))
def test_oathtool_computes_the_same(minutes: int) -> None:
    seed, at = new_seed(), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    command = ["oathtool", "--totp", "--base32", f"--now={at:%Y-%m-%d %H:%M:%S} UTC", seed_text(seed)]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert code_at(seed, step_at(at)) == theirs
