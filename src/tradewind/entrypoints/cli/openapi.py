"""`tradewind openapi`: prints the OpenAPI document; clients are generated from it."""

from __future__ import annotations

import json

import click

from tradewind.entrypoints.api import create_app
from tradewind.platform.settings import Settings


@click.command("openapi")
def command() -> None:
    """Print the OpenAPI document."""
    print(json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False))
