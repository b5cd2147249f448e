"""`tradewind backtest`: a strategy document over recorded candles, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.core.candles import Timeframe

if TYPE_CHECKING:
    from tradewind.core.strategy import Strategy
    from tradewind.research.backtest import BacktestResult

_PROFILES = ("ideal", "paper")
_SUFFIXES = (".yaml", ".yml", ".json")
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])

type _Bounds = tuple[int | None, int | None]


class RefusedError(Exception):
    """What was asked for cannot be done; the message says what was expected and what came."""


@click.command("backtest")
@click.argument("strategy")
@click.option("--candles", type=click.Path(path_type=Path), required=True, help="Folder of Parquet candles.")
@click.option("--symbols", default="", help="Comma-separated; every symbol of the folder when not given.")
@click.option("--timeframe", type=click.Choice([item.value for item in Timeframe]), help="The folder's finest if none.")
@click.option("--from", "start", type=MOMENT, help="First open time, UTC.")
@click.option("--to", "stop", type=MOMENT, help="Open time to stop before, UTC.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
@click.option("--profile", type=click.Choice(_PROFILES), help="How orders fill; paper, but ideal for a yardstick.")
@click.option("--fee", type=click.FloatRange(0, 0.1), help="Rate paid on either side; ideal only.  [default: 0.0006]")
@click.option("--year", type=click.FloatRange(1, 366), default=365, show_default=True, help="Days that make a year.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
def command(
    strategy: str,
    candles: Path,
    symbols: str,
    timeframe: str | None,
    start: datetime | None,
    stop: datetime | None,
    settings: tuple[str, ...],
    profile: str | None,
    fee: float | None,
    year: float,
    as_json: bool,
) -> None:
    """Back-test STRATEGY, a built-in's name or a document's path, over recorded candles."""
    # Nothing here multiplies matrices, and the threads kept ready for it cost more than the back-test.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tradewind.market import MarketDataError
    from tradewind.research.backtest import ParameterError, set_parameters
    from tradewind.trading.strategies import DocumentError, UnknownStrategyError

    names = tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol.strip())
    finest = Timeframe(timeframe) if timeframe else None
    bounds = (milliseconds(start), milliseconds(stop))
    try:
        chosen = set_parameters(named_strategy(strategy)[0], settings)
        if (profile or ("ideal" if chosen.blueprint.research_only else "paper")) == "ideal":
            result = _ideal(chosen, candles, names, finest, bounds, fee, year)
        else:
            result = _paper(chosen, candles, names, finest, bounds, fee, year)
    except DocumentError as error:
        sys.exit(f"tradewind backtest: {strategy}: {'; '.join(map(str, error.problems))}")
    except (MarketDataError, ParameterError, UnknownStrategyError, RefusedError) as error:
        sys.exit(f"tradewind backtest: {error}")
    if as_json:
        json.dump(result.document(), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        print()
    else:
        _summarise(result)


def milliseconds(moment: datetime | None) -> int | None:
    """Milliseconds UTC; a time without a zone is UTC."""
    from tradewind.kit.clock import to_ms

    if moment is None:
        return None
    return to_ms(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)


def named_strategy(named: str) -> tuple[Strategy, str | None]:
    """The built-in of that name, or the document at that path and its text.

    Raises:
        RefusedError: the file cannot be read.
        UnknownStrategyError, DocumentError: there is no such strategy, or it is none.
    """
    from tradewind.trading.strategies import load_builtin, parse_document
    from tradewind.trading.strategies.reading import MAX_TEXT

    path = Path(named)
    if path.suffix not in _SUFFIXES and len(path.parts) == 1:
        return load_builtin(named), None
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise RefusedError(f"{named}: expected a strategy document, got: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RefusedError(f"{named}: expected a strategy document as UTF-8 text, got something else") from None
    return parse_document(text), text


def _ideal(
    strategy: Strategy,
    folder: Path,
    symbols: tuple[str, ...],
    timeframe: Timeframe | None,
    bounds: _Bounds,
    fee: float | None,
    year: float,
) -> BacktestResult:
    from tradewind.research.backtest import IdealOptions, load_candles, run_ideal

    finest, columns = load_candles(folder, symbols=symbols, timeframe=timeframe, bounds=bounds)
    options = IdealOptions(periods=year) if fee is None else IdealOptions(fee=fee, periods=year)
    with _progress_bar(sum(map(len, columns.values()))) as progress:
        return run_ideal(strategy, columns, finest, options, bounds=bounds, progress=progress)


def _paper(
    strategy: Strategy,
    folder: Path,
    symbols: tuple[str, ...],
    timeframe: Timeframe | None,
    bounds: _Bounds,
    fee: float | None,
    year: float,
) -> BacktestResult:
    if fee is not None:
        raise RefusedError("--fee: expected only with --profile ideal; the paper venue has rates of its own")
    from tradewind.research.backtest import open_paper_feed

    feed = open_paper_feed(folder, symbols=symbols, timeframe=timeframe, bounds=bounds)
    from tradewind.research.paper import run_paper  # heavy; what is wrong with the candles has been said by now

    with _progress_bar(sum(map(len, feed.recorded().values()))) as progress:
        return run_paper(strategy, feed, periods=year, bounds=bounds, progress=progress)


@contextmanager
def _progress_bar(candles: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=candles, label="backtest", file=sys.stderr, show_pos=True) as bar:
        yield bar.update


def _summarise(result: BacktestResult) -> None:
    metrics = result.metrics
    percents = (
        "total_return",
        "cagr",
        "volatility",
        "max_drawdown",
        "win_rate",
        "exposure",
        "average_mfe",
        "average_mae",
    )
    spoken = {name: _shown(value, percent=name in percents) for name, value in metrics.items().items()}
    values = ", ".join(f"{name}={value}" for name, value in result.document()["parameters"].items())
    document = result.document()
    print(f"{document['strategy']} v{document['version']} ({values})")
    print(
        f"{', '.join(result.symbols)} · {result.timeframe} · {document['from']} to {document['to']} · "
        f"{result.candles:,} candles · profile {result.profile}"
    )
    width = max(map(len, spoken))
    for name, value in spoken.items():
        print(f"  {name.replace('_', ' '):<{width}}  {value:>14}")
    print(f"fingerprint {result.fingerprint}")


def _shown(value: float | None, *, percent: bool) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value * 100:,.2f} %" if percent else f"{value:,.2f}"
