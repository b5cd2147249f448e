"""The signing key: one for all processes, and nobody else's to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from tradewind.platform.secrets import WeakKeyError, make_once, signing_key
from tradewind.platform.settings import Settings

_TELL = "from tradewind.platform.secrets import *; print(signing_key(Settings(data={data!r})).id)"


def test_all_processes_agree_on_one_key(tmp_path: Path) -> None:
    code = _TELL.format(data=str(tmp_path))
    told = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
        for _ in range(4)
    ]
    ids = {process.communicate()[0].strip() for process in told}
    assert ids == {signing_key(Settings(data=tmp_path)).id}
    file = tmp_path / "secrets" / "signing-key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["signing-key"], "no drafts are left"


def test_a_key_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeakKeyError, match="at least 32"):
        signing_key(Settings(data=tmp_path, secret_key=SecretStr("short")))


def test_a_key_file_that_was_cut_off_is_not_signed_with(tmp_path: Path) -> None:
    make_once(tmp_path / "secrets" / "signing-key", b"")
    with pytest.raises(WeakKeyError, match=r"secrets/signing-key: expected at least 32 .* got 0"):
        signing_key(Settings(data=tmp_path))


def test_purposes_have_keys_of_their_own(tmp_path: Path) -> None:
    key = signing_key(Settings(data=tmp_path))
    assert len({key.of("tokens"), key.of("cursors"), key.secret}) == 3
    assert key.secret.hex() not in repr(key)
    assert str(key.secret) not in repr(key)


def test_a_file_is_made_once(tmp_path: Path) -> None:
    assert make_once(tmp_path / "deep" / "file", b"first")
    assert not make_once(tmp_path / "deep" / "file", b"second")
    assert (tmp_path / "deep" / "file").read_bytes() == b"first"
