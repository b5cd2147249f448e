"""`tradewind engine`: the trading engine as a process of its own."""

from __future__ import annotations

import sys

import click
import uvloop

from tradewind.entrypoints.engine_process import run_engine
from tradewind.market import MarketDataError
from tradewind.platform.settings import get_settings

#: sysexits' EX_CONFIG: starting again will not help until somebody changes the settings.
_WRONG_SETTINGS = 78


@click.command("engine")
def command() -> None:
    """Run the trading engine: market, signals, execution and guardian."""
    try:
        uvloop.run(run_engine(get_settings()))
    except MarketDataError as error:
        print(f"tradewind engine: {error}", file=sys.stderr)
        sys.exit(_WRONG_SETTINGS)
