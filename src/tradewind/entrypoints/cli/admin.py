"""`tradewind admin`: what whoever runs an installation does to it."""

from __future__ import annotations

import sys

import click

from tradewind.kit.clock import WallClock
from tradewind.platform.secrets import WeakKeyError, signing_key
from tradewind.platform.settings import get_settings
from tradewind.platform.token_keys import FixedKeysError, TokenKeys


@click.group("admin")
def command() -> None:
    """Look after the installation."""


@command.command("rotate-signing-key")
@click.option("--drop-old", is_flag=True, help="Void every access token at once, as after a theft of the key.")
def rotate_signing_key(drop_old: bool) -> None:
    """Sign access tokens with a new key from now on.

    Running API processes take it up by themselves. Tokens that are out stay good until they expire, or until their
    clients refresh them with --drop-old; nobody is logged out.
    """
    settings = get_settings()
    try:
        keys = TokenKeys(settings, signing_key(settings))
        key = keys.rotate(WallClock().now(), drop_old=drop_old)
    except (FixedKeysError, WeakKeyError, OSError) as error:
        print(f"tradewind admin rotate-signing-key: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"access tokens are signed with {key.id} from now on")
