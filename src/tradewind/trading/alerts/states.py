"""The enumerations of alerts."""

from __future__ import annotations

from enum import StrEnum


class AlertState(StrEnum):
    """Where an alert stands. Deleted ones are gone as soon as the engine knows."""

    ACTIVE = "active"
    TRIGGERED = "triggered"
    PAUSED = "paused"
    EXPIRED = "expired"
    DELETED = "deleted"


class Repeat(StrEnum):
    """How often it triggers."""

    ONCE = "once"
    EVERY_TIME = "every_time"


class AlertChannel(StrEnum):
    """Where it is told."""

    DASHBOARD = "dashboard"
    TELEGRAM = "telegram"
