"""Databases for engines."""

from tests.trading.engine.conftest import fresh  # noqa: F401
