"""The `tradewind` command."""

from tradewind.entrypoints.cli.main import main

__all__ = ["main"]
