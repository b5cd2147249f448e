"""The command group. Each command lives in a module of its own and is imported only when it is called,
so that `tradewind --help` and the supervisor start without loading the whole platform."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from tradewind import __version__

_COMMANDS = {
    "up": "run everything: embedded servers, api, engine, worker, beat",
    "api": "serve the HTTP API, the WebSocket and the dashboard",
    "engine": "run the trading engine",
    "worker": "run background jobs and deliveries",
    "beat": "run the scheduler of periodic jobs",
    "migrate": "bring the database schema up to date",
    "seed": "create the demo user",
    "backtest": "back-test a strategy over recorded candles",
    "sweep": "back-test many parameter sets and say what the best is worth",
    "analyse": "analyse a symbol at the end of recorded candles",
    "replay": "run the whole engine over recorded candles and write a report",
    "doctor": "say what is wrong, in plain words",
    "openapi": "print the OpenAPI document",
}


#: sysexits' EX_CONFIG: starting again will not help until somebody changes the settings.
WRONG_SETTINGS = 78


class _LazyGroup(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from tradewind.platform.settings import SettingError  # heavy; whoever raises it has paid for it

            if not isinstance(error, SettingError):
                raise
            print(f"tradewind {ctx.invoked_subcommand}: {error}", file=sys.stderr)
            sys.exit(WRONG_SETTINGS)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"tradewind.entrypoints.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tradewind")
def main() -> None:
    """Tradewind watches markets, makes signals and trades them within each user's limits."""
