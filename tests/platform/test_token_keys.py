"""The key ring of access tokens: replaced while they are in use, and nobody notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from tests.support.http import Api
from tradewind.accounts.sessions.tokens import AccessTokens
from tradewind.entrypoints.cli.admin import command
from tradewind.kit.ids import new_id
from tradewind.platform.secrets import WeakKeyError, signing_key
from tradewind.platform.settings import Settings, get_settings
from tradewind.platform.token_keys import FixedKeysError, TokenKeys

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIFE = timedelta(minutes=15)
ONE, TWO = "one-" + "1" * 40, "two-" + "2" * 40


def ring(folder: Path, **given: str) -> TokenKeys:
    settings = Settings(data=folder, **{name: SecretStr(value) for name, value in given.items()})
    return TokenKeys(settings, signing_key(settings))


def issue(keys: TokenKeys, now: datetime = NOW) -> str:
    return AccessTokens(keys, LIFE).issue(new_id(), new_id(), new_id(), now)


def good(keys: TokenKeys, token: str, now: datetime = NOW) -> bool:
    return AccessTokens(keys, LIFE).read(token, now) is not None


def test_every_process_of_a_folder_has_the_same_key(tmp_path: Path) -> None:
    assert good(ring(tmp_path), issue(ring(tmp_path)))


def test_tokens_from_before_a_rotation_are_good_until_they_expire(tmp_path: Path) -> None:
    keys, elsewhere = ring(tmp_path), ring(tmp_path)
    first = issue(keys)
    keys.rotate(NOW)
    second = issue(keys)
    keys.rotate(NOW)
    for token in (first, second, issue(keys)):
        for process in (keys, elsewhere, ring(tmp_path)):
            assert good(process, token), "a running process takes the new key up by itself"
            assert not good(process, token, NOW + LIFE)
    assert elsewhere.present.id == keys.present.id


def test_a_retired_key_signs_nothing_any_more(tmp_path: Path) -> None:
    keys = ring(tmp_path)
    old = keys.present
    keys.rotate(NOW)
    later = NOW + timedelta(hours=3)
    assert keys.by_id(old.id, NOW + LIFE) is not None
    assert keys.by_id(old.id, later) is None
    keys.rotate(later)
    assert old.secret not in (tmp_path / "secrets" / "token-keys").read_bytes()


def test_after_a_theft_old_tokens_end_at_once(tmp_path: Path) -> None:
    keys = ring(tmp_path)
    token = issue(keys)
    keys.rotate(NOW, drop_old=True)
    assert not good(keys, token)
    assert good(keys, issue(keys))


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    ring(tmp_path).rotate(NOW)
    file = tmp_path / "secrets" / "token-keys"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in file.parent.iterdir()) == ["signing-key", "token-keys"]


def test_keys_in_the_settings_overlap_as_their_keeper_says(tmp_path: Path) -> None:
    before, both, after = (ring(tmp_path, token_keys=keys) for keys in (ONE, f"{TWO}, {ONE}", TWO))
    token = issue(before)
    assert good(both, token)
    assert not good(after, token)
    assert both.present.id == after.present.id
    with pytest.raises(FixedKeysError, match="TRADEWIND_TOKEN_KEYS"):
        both.rotate(NOW)


def test_a_weak_key_in_the_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeakKeyError, match="TRADEWIND_TOKEN_KEYS: expected keys of at least 32"):
        ring(tmp_path, token_keys=f"{ONE},short")


async def test_an_operator_rotates_the_key_of_a_running_api(own_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await own_api.register()
    monkeypatch.setenv("TRADEWIND_DATA", str(own_api.settings.data))
    assert own_api.settings.secret_key is not None
    monkeypatch.setenv("TRADEWIND_SECRET_KEY", own_api.settings.secret_key.get_secret_value())
    get_settings.cache_clear()
    try:
        done = CliRunner().invoke(command, ["rotate-signing-key"])
        assert done.exit_code == 0, done.output
        assert (await person.get("/user/me")).status == 200, "the token from before is still good"
        renewed = await person.post("/auth/refresh", {"refresh_token": person.tokens["refresh_token"]})
        person.client.headers["Authorization"] = f"Bearer {renewed.json['access_token']}"
        assert (await person.get("/user/me")).status == 200
        done = CliRunner().invoke(command, ["rotate-signing-key", "--drop-old"])
        assert done.exit_code == 0, done.output
        again = await person.post("/auth/refresh", {"refresh_token": renewed.json["refresh_token"]})
        assert again.status == 200, "nobody is logged out"
        monkeypatch.setenv("TRADEWIND_TOKEN_KEYS", ONE)
        get_settings.cache_clear()
        refused = CliRunner().invoke(command, ["rotate-signing-key"])
        assert refused.exit_code == 1
        assert "TRADEWIND_TOKEN_KEYS" in refused.output
    finally:
        get_settings.cache_clear()
