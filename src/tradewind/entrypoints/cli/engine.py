"""`tradewind engine`: the trading engine as a process of its own."""

from __future__ import annotations

import sys

import click

from tradewind.entrypoints.cli.main import WRONG_SETTINGS
from tradewind.market import MarketDataError, check_market
from tradewind.platform.settings import get_settings


@click.command("engine")
@click.option("--check", is_flag=True, help="Only see whether the market can be had as the settings ask.")
def command(check: bool) -> None:
    """Run the trading engine: market, signals, execution and guardian."""
    try:
        if check:
            check_market(get_settings())
        else:
            # Not at the top: a check at every start of `up` should not load the whole engine.
            import uvloop

            from tradewind.entrypoints.engine_process import run_engine

            uvloop.run(run_engine(get_settings()))
    except MarketDataError as error:
        print(f"tradewind engine: {error}", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
