"""Settings from the environment and from files; production takes nothing that is for trying out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from tradewind.entrypoints.cli import main
from tradewind.platform.settings import SettingError, Settings, get_settings

STRONG = secrets.token_urlsafe(48)


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_a_secret_out_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(STRONG + "\n", encoding="utf-8")
    monkeypatch.setenv("TRADEWIND_SECRET_KEY_FILE", str(file))
    key = Settings().secret_key
    assert key is not None
    assert key.get_secret_value() == STRONG
    assert STRONG not in repr(Settings())


def test_a_setting_and_its_file_contradict_each_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRADEWIND_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("TRADEWIND_SECRET_KEY", STRONG)
    with pytest.raises(SettingError, match="got both") as error:
        Settings()
    assert STRONG not in str(error.value)


def test_a_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRADEWIND_TELEGRAM_TOKEN_FILE", str(tmp_path / "gone"))
    done = CliRunner().invoke(main, ["seed"], prog_name="tradewind")
    assert done.exit_code == 78
    assert "TRADEWIND_TELEGRAM_TOKEN_FILE: expected a file with the value" in done.output


FIT = {
    "TRADEWIND_PRODUCTION": "true",
    "TRADEWIND_SECRET_KEY": STRONG,
    "TRADEWIND_PUBLIC_URL": "https://trade.example.com",
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"TRADEWIND_SECRET_KEY": None}, "TRADEWIND_SECRET_KEY: expected 32 random characters or more, got none"),
        ({"TRADEWIND_SECRET_KEY": "short"}, "got one that could be guessed"),
        ({"TRADEWIND_SECRET_KEY": "changeme" * 8}, "got one that could be guessed"),
        ({"TRADEWIND_PUBLIC_URL": None}, "expected an address that begins with https://, got http://localhost:8000"),
        ({"TRADEWIND_PUBLIC_URL": "http://trade.example.com"}, "expected an address that begins with https://"),
        ({"TRADEWIND_DEMO_PASSWORD": "demo"}, "TRADEWIND_DEMO_PASSWORD: expected none"),
    ],
)
def test_production_refuses_what_is_for_trying_out(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], told: str
) -> None:
    for name, value in (FIT | changed).items():
        if value is not None:
            monkeypatch.setenv(name, value)
    for command in ("api", "engine", "worker", "beat", "migrate", "seed"):
        get_settings.cache_clear()
        done = CliRunner().invoke(main, [command], prog_name="tradewind")
        assert done.exit_code == 78, command
        assert told in done.output
        assert done.output.count("\n") == 1
        for secret in ("short", "changeme"):
            assert secret not in done.output


def test_production_has_no_demo_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FIT.items():
        monkeypatch.setenv(name, value)
    assert get_settings().production
    done = CliRunner().invoke(main, ["seed"], prog_name="tradewind")
    assert done.exit_code == 78
    assert "the demo user is not for production" in done.output


@pytest.mark.parametrize(
    "origins", ["*", "null", "https://a.example/path", "https://", "app.example", "https://a.example, *"]
)
def test_foreign_origins_are_exact(origins: str) -> None:
    with pytest.raises(ValidationError, match="expected origins such as"):
        Settings(cors_origins=origins)


@pytest.mark.parametrize("contact", ["security@example.com", "http://example.com", "mailto:a@b.c\nContact: x"])
def test_a_contact_is_an_address(contact: str) -> None:
    with pytest.raises(ValidationError, match="mailto: or https:"):
        Settings(security_contact=contact)
