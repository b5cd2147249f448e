"""Every setting, in one place. Each can be given as an environment variable `TRADEWIND_<NAME>`, or as the name of a
file that holds it, `TRADEWIND_<NAME>_FILE`: what is in the environment is easily seen by others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from tradewind.kit.language import Language

_PREFIX = "TRADEWIND_"
#: Of a secret: a shorter one could be guessed, and one of fewer different characters was typed, not drawn.
_LEAST_LONG = 32
_LEAST_DIFFERENT = 12


class SettingError(Exception):
    """A setting is missing or cannot be; the message says which, what was expected and what to do."""


class MarketSource(StrEnum):
    """Where market data comes from."""

    SIMULATED = "simulated"
    REPLAY = "replay"
    LIVE = "live"


class SmtpSecurity(StrEnum):
    """How the line to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class ProxyHeader(StrEnum):
    """The header in which proxies say whom they speak for."""

    X_FORWARDED_FOR = "x-forwarded-for"
    FORWARDED = "forwarded"


class _Files(PydanticBaseSettingsSource):
    """Settings out of the files that the environment names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{_PREFIX}{field_name.upper()}"
        name = os.environ.get(f"{variable}_FILE")
        if name is None:
            return None, field_name, False
        if variable in os.environ:
            raise SettingError(f"{variable}: expected it or {variable}_FILE, got both; take one away")
        try:
            return Path(name).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"{variable}_FILE: expected a file with the value, got {name!r} ({error})") from None

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """What a process needs to know about where it runs. Immutable once read."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore")

    production: bool = Field(
        default=False, description="Refuse to run with secrets, addresses and users that are for trying out."
    )

    data: Path = Field(default=Path(".tradewind"), description="Folder for everything this installation keeps.")
    host: str = Field(default="127.0.0.1", description="Address the API binds.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port the API binds.")
    public_url: str | None = Field(
        default=None, description="Where browsers reach the API; http://localhost:PORT when unset."
    )
    dashboard_dir: Path | None = Field(
        default=None, description="Folder of the built dashboard; web/dist of the checkout when unset."
    )

    cors_origins: str = Field(
        default="",
        description="Comma-separated origins whose pages may use the API with access tokens; none when empty.",
    )
    security_contact: str | None = Field(
        default=None, description="mailto: or https: address for reports of weaknesses, told in security.txt."
    )
    metrics_token: SecretStr | None = Field(
        default=None, min_length=16, description="Bearer token of /metrics; told to this very machine only when unset."
    )

    database_url: str | None = Field(
        default=None,
        description="PostgreSQL URL of the schema's owner (migrations); embedded server when unset.",
    )
    database_app_url: str | None = Field(
        default=None,
        description="PostgreSQL URL of the API's role; the owner's login with SET ROLE when unset.",
    )
    database_system_url: str | None = Field(
        default=None,
        description="PostgreSQL URL of engine and workers; the owner's login with SET ROLE when unset.",
    )
    redis_url: str | None = Field(default=None, description="Valkey or Redis URL; embedded server when unset.")

    secret_key: SecretStr | None = Field(
        default=None, description="Seals secrets and signs tokens; generated into DATA/secrets when unset."
    )
    token_keys: SecretStr | None = Field(
        default=None,
        description="Keys that sign access tokens, comma-separated, the one at work first, the one before it after it; "
        "kept in DATA/secrets when unset, see tradewind admin rotate-signing-key.",
    )
    access_token_minutes: int = Field(default=15, ge=1, le=60, description="Life of an access token.")
    session_days: int = Field(default=14, ge=1, le=90, description="Life of a browser session or refresh token.")

    trusted_proxies: str = Field(
        default="",
        description="Comma-separated addresses or networks (CIDR) of proxies that say whom they speak for.",
    )
    proxy_header: ProxyHeader = Field(
        default=ProxyHeader.X_FORWARDED_FOR,
        description="The one header that those proxies write: x-forwarded-for (with x-forwarded-proto) or forwarded.",
    )
    rate_limits: bool = Field(default=True, description="Whether requests are counted and limited here.")
    rate_entrance: int = Field(
        default=30,
        ge=1,
        description="Log-ins, registrations and the like a minute and network (IPv4 address, IPv6 /64).",
    )
    rate_anonymous: int = Field(
        default=120, ge=1, description="Other requests without a valid credential a minute and network."
    )
    rate_dashboard: int = Field(default=600, ge=1, description="Requests a minute of one person's browser sessions.")
    rate_fair_use: int = Field(
        default=6000, ge=1, description="Requests a minute of tenants whose plan names no number."
    )

    market: MarketSource = Field(default=MarketSource.SIMULATED, description="Where market data comes from.")
    candles: Path | None = Field(default=None, description="Folder of Parquet candles for the replay market.")
    symbols: str = Field(default="", description="Comma-separated symbols; every symbol of the source when empty.")
    timeframe: str = Field(default="", description="Finest timeframe to trade on; the source's finest when empty.")
    speed: str = Field(default="", description='Market seconds per second, or "max"; the source\'s default when empty.')
    seed: int = Field(default=1, ge=0, description="Seed of the simulated market.")
    live_venue: str = Field(default="binance", description="ccxt id of the venue whose public data feeds live.")
    venue_url: str | None = Field(
        default=None, description="Base URL that replaces every host of the live venue (emulators, tests)."
    )

    telegram_token: SecretStr | None = Field(default=None, description="Bot token for publishing signals.")
    telegram_channel: str = Field(default="", description="Channel to publish to: @name or numeric chat id.")
    telegram_api_base: str = Field(default="https://api.telegram.org", description="Base URL of the Bot API.")
    telegram_language: Language = Field(default=Language.EN, description="Language of what goes to Telegram: en, ru.")
    telegram_per_second: float = Field(default=1.0, gt=0, le=30, description="Most messages per second and chat.")
    telegram_per_minute: int = Field(
        default=20, ge=1, le=1800, description="Most messages per minute and chat; what Telegram allows in channels."
    )

    smtp_host: str | None = Field(default=None, description="Mail server; mails wait when unset.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: SmtpSecurity = Field(
        default=SmtpSecurity.STARTTLS, description="Protection of the line to the mail server: starttls, tls, none."
    )
    smtp_user: str | None = Field(default=None, description="Log-in at the mail server; none when unset.")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the mail server.")
    mail_from: str = Field(default="Tradewind <no-reply@tradewind.example>", description="Sender of mails.")

    research_processes: int = Field(
        default=2, ge=1, le=64, description="Processes of a worker that compute back-tests and sweeps."
    )
    research_lease: float = Field(
        default=30.0, ge=1, le=600, description="Seconds after which the work of a dead worker is taken over."
    )

    demo_password: SecretStr | None = Field(
        default=None, description="Password of the demo user; generated when unset."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        networks(given)
        return given

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in _listed(value):
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or not parts.netloc
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(f"expected origins such as https://app.example.com, got {origin}")
        return value

    @field_validator("security_contact")
    @classmethod
    def _can_be_contacted(cls, value: str | None) -> str | None:
        if value is not None and not (value.isprintable() and value.startswith(("mailto:", "https://"))):
            raise ValueError("expected an address that begins with mailto: or https://")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _Files(settings_cls), dotenv_settings, file_secret_settings

    @property
    def foreign_origins(self) -> list[str]:
        """Origins other than our own whose pages may use the API."""
        return _listed(self.cors_origins)

    @property
    def url(self) -> str:
        """Where a browser on this machine reaches the API."""
        return self.public_url or f"http://localhost:{self.port}"


def networks(given: str) -> list[IPv4Network | IPv6Network]:
    """The networks of a comma-separated list; an address alone is a network of one.

    Raises:
        ValueError: one is neither.
    """
    return [ip_network(each.strip()) for each in given.split(",") if each.strip()]


def _listed(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once from its environment.

    Raises:
        SettingError: some cannot be, or are not fit for production although this is said to be.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = (
            f"TRADEWIND_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}, got {each['input']!r}"
            for each in error.errors()
        )
        raise SettingError("; ".join(wrong)) from None
    if settings.production and (unfit := list(_unfit(settings))):
        raise SettingError(f"not fit for production: {'; '.join(unfit)}")
    return settings


def _unfit(settings: Settings) -> Iterator[str]:
    """What is good enough only for trying out; no secret is told."""
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    if len(key) < _LEAST_LONG or len(set(key)) < _LEAST_DIFFERENT:
        state = "one that could be guessed" if key else "none"
        yield f"TRADEWIND_SECRET_KEY: expected {_LEAST_LONG} random characters or more, got {state}"
    if not settings.url.startswith("https://"):
        yield f"TRADEWIND_PUBLIC_URL: expected an address that begins with https://, got {settings.url}"
    if settings.demo_password is not None:
        yield "TRADEWIND_DEMO_PASSWORD: expected none, for there is no demo user in production"
