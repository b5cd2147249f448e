"""The command group. Each command lives in a module of its own and is imported only when it is called,
so that `tradewind --help` and the supervisor start without loading the whole platform."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence
from typing import IO, Any

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
    "strategy": "list, explain and check strategy documents",
    "backtest": "back-test a strategy over recorded candles",
    "sweep": "back-test many parameter sets and say what the best is worth",
    "validate": "say whether a back-test may be believed, and why not",
    "analyse": "analyse a symbol at the end of recorded candles",
    "parity": "split what separates two runs of a strategy",
    "replay": "run the whole engine over recorded candles and write a report",
    "admin": "look after the installation: its signing keys",
    "doctor": "say what is wrong, in plain words",
    "verify-record": "say whether the audit log is as it was sealed and published",
    "openapi": "print the OpenAPI document",
}


#: sysexits' EX_CONFIG: starting again will not help until somebody changes the settings.
WRONG_SETTINGS = 78


class _UsageError(click.UsageError):
    """A mistake on the command line, told in one line: what was expected, what came, and where to read on."""

    def __init__(self, error: click.UsageError, ctx: click.Context | None) -> None:
        super().__init__(" ".join(_told(error).split()).rstrip("."), ctx)
        path = error.ctx or ctx
        self._path = path.command_path if path else "tradewind"
        if error.ctx is None and ctx is not None and ctx.invoked_subcommand:
            self._path += f" {ctx.invoked_subcommand}"

    def show(self, file: IO[Any] | None = None) -> None:
        print(f"{self._path}: {self.message}; see {self._path} --help", file=file or sys.stderr)


def _told(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter(param=click.Parameter() as missing):
            return f"expected {_named(missing)}, got nothing"
        case click.NoSuchOption(option_name=came):
            return f"expected an option that there is, got {came}{_close(error.possibilities)}"
        case click.exceptions.NoSuchCommand(command_name=came):
            return f"expected a command, got {came}{_close(difflib.get_close_matches(came, _COMMANDS))}"
        case click.BadParameter(param=click.Parameter() as wrong):
            return f"{_named(wrong)}: {_wanted(wrong.type, error.message)}"
    return error.message


def _named(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else (parameter.name or "").upper()


def _close(possibilities: Sequence[str] | None) -> str:
    return f", did you mean {possibilities[0]}" if possibilities else ""


def _wanted(kind: click.ParamType[Any], message: str) -> str:
    """`message`, but what click says of its own types as we say it."""
    came = message.partition(" is not ")[0].strip("'")
    match kind:
        case click.Choice():
            return f"expected one of {', '.join(map(str, kind.choices))}, got {came}"
        case click.IntRange() | click.FloatRange():
            number = "a whole number" if isinstance(kind, click.IntRange) else "a number"
            limits = f"of {kind.min} or more" if kind.max is None else f"from {kind.min} to {kind.max}"
            return f"expected {number} {limits}, got {came}"
    return message


class _LazyGroup(click.Group):
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _UsageError(error, None) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _UsageError(error, ctx) from None
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
        module = importlib.import_module(f"tradewind.entrypoints.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tradewind")
def main() -> None:
    """Tradewind watches markets, makes signals and trades them within each user's limits."""
