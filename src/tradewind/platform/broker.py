"""Valkey (or Redis): the broker of jobs and the fan-out of realtime messages; nothing there may not be lost."""

from __future__ import annotations

from redis.asyncio import Redis

from tradewind.platform.settings import SettingError, Settings


def broker_url(settings: Settings) -> str:
    """The broker's URL.

    Raises:
        SettingError: none is set.
    """
    if settings.redis_url is None:
        raise SettingError(
            "no broker: set TRADEWIND_REDIS_URL, or start the command through `tradewind up`, which brings one"
        )
    return settings.redis_url


def open_broker(settings: Settings) -> Redis:
    """A client with its own connection pool; close it with `aclose`."""
    client: Redis = Redis.from_url(broker_url(settings), health_check_interval=15)
    return client
