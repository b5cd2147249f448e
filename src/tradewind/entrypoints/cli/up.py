"""`tradewind up`: everything, on this machine, with one command.

This process stays small: it starts the embedded servers and the children, restarts what dies and stops all.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from tradewind.entrypoints.cli.stand_ins import start_stand_ins
from tradewind.platform.embedded import (
    DataFolder,
    EmbeddedError,
    EmbeddedServer,
    PortTakenError,
    PostgresServer,
    ValkeyServer,
    holder,
    is_free,
    next_free,
    trim_log,
)
from tradewind.platform.supervision import ChildError, ChildSpec, Command, Console, Supervisor, stop_signals

MARKETS = ("simulated", "replay", "live")
DEFAULT_PORT = 8000

_DEMO_USER = "demo@tradewind.example"
_SPEEDS = {"simulated": "600", "replay": "600"}  # market seconds per second: enough to see trading at once
_SERVICES = ("api", "engine", "worker", "beat")

_READY_WITHIN = 120.0  # seconds from the services' start until /readyz says yes
_HOPELESS_EXITS = 3  # of one service before everything was ready once
_PORT_PATIENCE = 0.5  # seconds for the port of an `up` that was just killed to become free
_TRIM_INTERVAL = 60.0  # seconds between looks at the size of the servers' logs


class OptionError(Exception):
    """Options that contradict each other, or name what is not there. The message is one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `tradewind up` was asked for."""

    market: str
    candles: Path | None
    speed: str
    port: int
    data: Path
    symbols: str
    timeframe: str
    seed: int | None
    demo: bool
    quiet: bool

    def environment(self) -> dict[str, str]:
        """The settings of the children. Not on their command lines: those everybody can read."""
        settings = {
            "TRADEWIND_MARKET": self.market,
            "TRADEWIND_PORT": str(self.port),
            "TRADEWIND_DATA": str(self.data),
            "TRADEWIND_SPEED": self.speed,
            "TRADEWIND_SYMBOLS": self.symbols,
            "TRADEWIND_TIMEFRAME": self.timeframe,
        }
        if self.candles is not None:
            settings["TRADEWIND_CANDLES"] = str(self.candles)
        if self.seed is not None:
            settings["TRADEWIND_SEED"] = str(self.seed)
        return settings

    def market_banner(self) -> str:
        """What kind of prices these are, so that nobody takes them for what they are not."""
        pace = "" if not self.speed else ", as fast as possible" if self.speed == "max" else f", {self.speed}×"
        if self.market == "simulated":
            return f"simulated market{pace} – not real prices"
        if self.market == "replay":
            return f"recorded candles from {self.candles}{pace} – not today's prices"
        return "live market"


@click.command("up")
@click.option(
    "--market",
    type=click.Choice(MARKETS),
    default="simulated",
    envvar="TRADEWIND_MARKET",
    show_default=True,
    help="Where prices come from.",
)
@click.option(
    "--candles",
    type=click.Path(path_type=Path),
    envvar="TRADEWIND_CANDLES",
    help="Folder of Parquet candles; for --market replay.",
)
@click.option(
    "--speed",
    default="",
    envvar="TRADEWIND_SPEED",
    metavar="N|max",
    help="Market seconds per second; not for --market live.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=DEFAULT_PORT,
    envvar="TRADEWIND_PORT",
    show_default=True,
    help="Port of the dashboard and the API.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="TRADEWIND_DATA",
    help="Folder that keeps everything.  [default: .tradewind/MARKET]",
)
@click.option(
    "--symbols", default="", envvar="TRADEWIND_SYMBOLS", help="Comma-separated; all of the market if not given."
)
@click.option("--timeframe", default="", envvar="TRADEWIND_TIMEFRAME", help="Finest timeframe to trade on, such as 5m.")
@click.option("--seed", type=click.IntRange(0), envvar="TRADEWIND_SEED", help="Seed of the simulated market.")
@click.option("--demo/--no-demo", default=True, show_default=True, help="Create the demo user.")
@click.option("--quiet", is_flag=True, help="Leave out what the parts print.")
def command(
    market: str,
    candles: Path | None,
    speed: str,
    port: int,
    data: Path | None,
    symbols: str,
    timeframe: str,
    seed: int | None,
    demo: bool,
    quiet: bool,
) -> None:
    """Run everything: embedded servers, api, engine, worker, beat."""
    try:
        options = Options(
            market=market,
            candles=_checked_candles(market, candles),
            speed=_checked_speed(market, speed),
            port=port,
            data=(data or default_data(market)).expanduser().resolve(),
            symbols=symbols,
            timeframe=timeframe,
            seed=seed,
            demo=demo,
            quiet=quiet,
        )
        _serve(options)
    except (OptionError, EmbeddedError, ChildError, OSError) as error:
        if quiet and isinstance(error, ChildError):
            click.echo("\n".join(error.output), err=True)
        click.echo(f"tradewind: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("tradewind: stopped while starting", err=True)
        sys.exit(130)


def default_data(market: str) -> Path:
    """The data folder of a market when none is given: they do not mix."""
    return Path(".tradewind") / market


def check_port(port: int) -> None:
    """Make sure that the API can listen on `port`.

    Raises:
        PortTakenError: somebody else does; the message says who, if that can be told, and which port is free.
    """
    deadline = time.monotonic() + _PORT_PATIENCE
    try:
        while not is_free(port):
            if time.monotonic() > deadline:
                by = holder(port)
                other = next_free(port)
                raise PortTakenError(
                    f"port {port} is taken{f' by {by}' if by else ''}; stop that process or choose another port"
                    + (f": --port {other}" if other else " with --port")
                )
            time.sleep(0.05)
    except PermissionError:
        raise PortTakenError(
            f"port {port} may only be used by root; choose one from 1024 on: --port {DEFAULT_PORT}"
        ) from None


def _checked_candles(market: str, candles: Path | None) -> Path | None:
    if market != "replay":
        if candles is not None:
            raise OptionError(f"--candles goes with --market replay only, got --market {market}")
        return None
    if candles is None:
        raise OptionError("--market replay needs --candles DIR, a folder of Parquet candles such as BTCUSDT-5m.parquet")
    folder = candles.expanduser().resolve()
    if not folder.is_dir():
        raise OptionError(f"--candles {candles}: expected a folder of Parquet candles, and there is none")
    if next(folder.glob("*.parquet"), None) is None:
        raise OptionError(f"--candles {candles}: expected files such as BTCUSDT-5m.parquet, found no .parquet file")
    return folder


def _checked_speed(market: str, speed: str) -> str:
    if market == "live":
        if speed:
            raise OptionError(f"--speed goes with --market simulated and replay only, got --speed {speed} for live")
        return ""
    if speed in ("", "max"):
        return speed or _SPEEDS[market]
    try:
        value = float(speed)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise OptionError(f'--speed: expected a positive number of market seconds per second or "max", got {speed!r}')
    return f"{value:g}"


def _serve(options: Options) -> None:
    """Start the embedded servers, then run everything until a signal."""
    _check_market(options)
    folder = DataFolder(options.data)
    with ExitStack() as stack:
        console = stack.enter_context(Console(quiet=options.quiet))
        stack.enter_context(folder.claimed())
        stack.enter_context(_signals_as_interrupts())
        check_port(options.port)
        environment = {
            **os.environ,
            **options.environment(),
            "PYTHONUNBUFFERED": "1",
            "PYTHONSAFEPATH": "1",  # what lies in the current folder is not ours to import
        }
        servers: list[EmbeddedServer] = []
        if not environment.get("TRADEWIND_DATABASE_URL"):
            console.say("starting PostgreSQL")
            postgres = PostgresServer(folder, report=console.say)
            stack.callback(postgres.stop)
            postgres.start()
            urls = postgres.admin.urls()
            environment["TRADEWIND_DATABASE_URL"] = urls.owner
            environment["TRADEWIND_DATABASE_APP_URL"] = urls.app
            environment["TRADEWIND_DATABASE_SYSTEM_URL"] = urls.system
            servers.append(postgres)
        if not environment.get("TRADEWIND_REDIS_URL"):
            console.say("starting Valkey")
            valkey = ValkeyServer(folder, report=console.say)
            stack.callback(valkey.stop)
            valkey.start()
            environment["TRADEWIND_REDIS_URL"] = valkey.url
            servers.append(valkey)
        asyncio.run(_supervise(options, folder, environment, servers, console))
        console.say("everything is stopped")


def _check_market(options: Options) -> None:
    """Refuse a market that cannot be had before anything is started or written.

    Raises:
        OptionError: what is wrong, as the engine says it.
    """
    if options.market == "live":
        return  # only the venue can tell, and it may be back in a minute
    argv = (sys.executable, "-m", "tradewind", "engine", "--check")
    environment = {**os.environ, **options.environment()}
    checked = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    if checked.returncode:
        last = checked.stderr.strip().splitlines()[-1:] or ["the engine cannot start"]
        raise OptionError(last[0].removeprefix("tradewind engine: "))


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    """Until the supervisor takes the signals over, each of them ends the start as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in stop_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _supervise(
    options: Options,
    folder: DataFolder,
    environment: dict[str, str],
    servers: Sequence[EmbeddedServer],
    console: Console,
) -> None:
    async with Supervisor(console) as supervisor:
        for server in servers:
            supervisor.adopt(*server.hand_over())
        pages = await start_stand_ins(supervisor, folder, environment)
        await supervisor.run(_part("migrate", environment))
        for name in _SERVICES:
            await supervisor.start(_part(name, environment))
        await _until_ready(supervisor, options.port)
        login = folder.path / "demo-login.txt"
        is_new = not login.exists()
        if options.demo:
            # Now that the engine has told the market's time, which is when the demo account opens.
            await supervisor.run(_part("seed", environment))
        console.say(_banner(options, login, is_new, pages))
        await asyncio.gather(supervisor.forever(), _trim_logs(servers))


def _part(name: str, environment: Mapping[str, str]) -> ChildSpec:
    return ChildSpec(name, Command((sys.executable, "-m", "tradewind", name), environment))


async def _until_ready(supervisor: Supervisor, port: int) -> None:
    """Wait until the API says that all parts are ready.

    Raises:
        ChildError: a service keeps ending, or they are not ready in time.
    """
    deadline = time.monotonic() + _READY_WITHIN
    while (status := await http_status(port, "/readyz")) != 200:
        exits = supervisor.exits()
        for name in _SERVICES:
            if exits[name] >= _HOPELESS_EXITS:
                raise ChildError(
                    f"{name} keeps ending; what it printed says why (tradewind doctor helps, too)",
                    supervisor.last_words(name),
                )
        if time.monotonic() > deadline:
            answer = "did not answer" if status is None else f"answered {status}"
            raise ChildError(
                f"not ready within {_READY_WITHIN:g} s: http://localhost:{port}/readyz {answer}; "
                "what the parts printed says why (tradewind doctor helps, too)"
            )
        await asyncio.sleep(0.1)


async def http_status(port: int, path: str) -> int | None:
    """The HTTP status that GET `path` on this machine answers; None if there is no answer within 5 s."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request.encode())
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
    return None


async def _trim_logs(servers: Sequence[EmbeddedServer]) -> None:
    while True:
        await asyncio.sleep(_TRIM_INTERVAL)
        for server in servers:
            with suppress(OSError):  # a full disk is no reason to stop
                trim_log(server.log)


def _banner(options: Options, login: Path, is_new: bool, pages: Sequence[tuple[str, str]]) -> str:
    rows = [("Dashboard", f"http://localhost:{options.port}")]
    if options.demo:
        rows.append(("Demo login", f"{_DEMO_USER}, password in {login}"))
        if is_new and not os.environ.get("TRADEWIND_DEMO_PASSWORD"):
            with suppress(OSError):
                rows += [("", line) for line in login.read_text().splitlines()]
    rows += [*pages, ("Market", options.market_banner()), ("Data", str(options.data))]
    lines = [f"  {title:<11} {text}" for title, text in rows]
    return "\n".join(["", "Tradewind is ready", "", *lines, "", "  Ctrl-C stops everything", ""])
