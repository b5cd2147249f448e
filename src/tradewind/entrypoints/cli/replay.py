"""`tradewind replay`: the whole engine over recorded candles, and a report that is equal to the byte every time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
import uvloop

from tradewind.billing import PlanCode
from tradewind.core.candles import Timeframe
from tradewind.entrypoints.cli.parameters import MOMENT, OUTPUT, write_whole
from tradewind.entrypoints.replaying import (
    DatabaseGoneError,
    Progress,
    ReplayPlan,
    ReplayStateError,
    open_feed,
    run_replay,
)
from tradewind.kit.clock import from_ms
from tradewind.market import MarketDataError, runnable_on
from tradewind.platform.embedded import EmbeddedError, EmbeddedServers, embedded_servers, temporary_servers
from tradewind.platform.settings import Settings
from tradewind.trading import ReplayReport
from tradewind.trading.strategies import UnknownStrategyError, builtin_strategies, load_builtin

#: Exit code that says: nothing is lost, run it again with --resume.
_RESUMABLE = 75


class _Speed(click.ParamType[float]):
    name = "N|max"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            speed = float("inf") if value == "max" else float(str(value))
        except ValueError:
            speed = 0.0
        if not speed > 0:
            self.fail(f'expected a number above 0 (market seconds per second) or "max", got {value}', param, ctx)
        return speed


@click.command("replay")
@click.option("--candles", type=click.Path(path_type=Path), required=True, help="Folder of Parquet candles.")
@click.option("--symbols", default="", help="Comma-separated; every symbol of the folder when not given.")
@click.option("--timeframe", type=click.Choice([item.value for item in Timeframe]), help="The folder's finest if none.")
@click.option(
    "--inside",
    type=click.Choice(["none", "auto", *(item.value for item in Timeframe)]),
    default="none",
    show_default=True,
    help="Finer candles of the folder that show what happened inside candles.",
)
@click.option("--from", "start", type=MOMENT, help="First open time.")
@click.option("--to", "stop", type=MOMENT, help="Open time to stop before.")
@click.option("--speed", type=_Speed(), default="max", show_default=True, help="Market seconds per second.")
@click.option("--report", type=OUTPUT, help="Write the report (JSON) here.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the database here.")
@click.option("--resume", is_flag=True, help="Go on with the replay in --data after a kill.")
@click.option("--strategies", default="", help="Comma-separated built-in strategies; all when not given.")
@click.option("--followers", type=click.IntRange(1, 10_000), default=1, show_default=True)
@click.option("--plan", type=click.Choice([code.value for code in PlanCode]), default="PRO", show_default=True)
def command(
    candles: Path,
    symbols: str,
    timeframe: str | None,
    inside: str,
    start: datetime | None,
    stop: datetime | None,
    speed: float,
    report: Path | None,
    data: Path | None,
    resume: bool,
    strategies: str,
    followers: int,
    plan: str,
) -> None:
    """Run the whole engine (database, outbox, paper venue, guardian) over recorded candles."""
    names = [name.strip() for name in strategies.split(",") if name.strip()]
    try:
        picked = [load_builtin(name) for name in names] or list(builtin_strategies().values())
    except UnknownStrategyError as error:
        raise click.UsageError(f"--strategies: {error}") from None
    chosen = ReplayPlan(
        candles=candles,
        symbols=tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol.strip()),
        timeframe=Timeframe(timeframe) if timeframe else None,
        start=start,
        stop=stop,
        speed=speed,
        followers=followers,
        plan=PlanCode(plan),
        strategies=picked,
        inside=None if inside == "none" else "auto" if inside == "auto" else Timeframe(inside),
    )
    if resume and data is None:
        raise click.UsageError("--resume needs --data: the folder that the killed replay was given")
    try:
        if not names:
            chosen = _with_those_that_can(chosen)
        _replay(chosen, report, data, resume=resume)
    except (MarketDataError, EmbeddedError, ReplayStateError) as error:
        sys.exit(f"tradewind replay: {error}")
    except DatabaseGoneError as error:
        again = f"; go on with the same command and --resume --data {data}" if data else ""
        print(f"tradewind replay: the database went away ({error}){again}", file=sys.stderr)
        sys.exit(_RESUMABLE)


def _with_those_that_can(plan: ReplayPlan) -> ReplayPlan:
    """`plan` without strategies that nobody named and that these candles do not do for."""
    able, left_out = runnable_on(plan.candles, plan.symbols, plan.timeframe, plan.strategies)
    for reason in left_out:
        print(f"tradewind replay: left out: {reason}", file=sys.stderr)
    return replace(plan, strategies=able)


def _replay(plan: ReplayPlan, report: Path | None, data: Path | None, *, resume: bool) -> None:
    feed = open_feed(plan, None)  # checks every file before anything is written
    with _servers(data) as servers:
        settings = Settings(
            data=servers.folder.path,
            database_url=servers.database.owner,
            database_app_url=servers.database.app,
            database_system_url=servers.database.system,
        )
        began = time.perf_counter()
        with _progress_bar() as progress:
            result = uvloop.run(run_replay(settings, plan, feed, resume=resume, progress=progress))
        _summarise(result, time.perf_counter() - began)
    if report is not None:
        write_whole(report, result.content)
        print(f"report: {report} ({len(result.content) / 1e6:.1f} MB)")


def _servers(data: Path | None) -> AbstractContextManager[EmbeddedServers]:
    """A replay can be repeated, so its database need not survive a power failure."""
    if data is None:
        return temporary_servers(durable=False, max_connections=10)
    return embedded_servers(data, durable=False, max_connections=10)


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal; elsewhere a line at every tenth of the way."""
    if not sys.stderr.isatty():
        shown = -1

        def line(progress: Progress) -> None:
            nonlocal shown
            tenth = 10 * progress.candles // max(progress.total, 1)
            if tenth > shown:
                shown = tenth
                day = f"{from_ms(progress.at):%Y-%m-%d}"
                text = f"{10 * tenth:3d} %  {progress.candles:>9,} candles at {progress.rate:,.0f}/s  market time {day}"
                print(text, file=sys.stderr)

        yield line
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("replay"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("candles · {task.fields[at]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("replay", total=None, at="")

        def update(progress: Progress) -> None:
            at = f"{from_ms(progress.at):%Y-%m-%d} · {progress.rate:,.0f}/s"
            bar.update(task, completed=progress.candles, total=progress.total, at=at)

        yield update


def _summarise(result: ReplayReport, seconds: float) -> None:
    print(f"signals {result.signals:,} · positions {result.positions:,} · fills {result.fills:,} in {seconds:.1f} s")
    for account, (start, balance) in list(result.balances.items())[:5]:
        print(f"account {account[:8]}: {start:,.2f} → {balance:,.2f} (the ledger adds up to the last digit)")
    print("every fill was protected in its own step" if not result.naked else f"UNPROTECTED: {result.naked} times")
    print(f"fingerprint {result.fingerprint}")
