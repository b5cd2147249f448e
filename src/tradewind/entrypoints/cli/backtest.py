"""`tradewind backtest`: a strategy document over recorded candles, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from tradewind.core.candles import Timeframe

if TYPE_CHECKING:
    from tradewind.core.strategy import Strategy
    from tradewind.research.backtest import BacktestResult

_INSIDE = ("none", "auto", *(item.value for item in Timeframe))
_PROFILES = ("ideal", "paper")
_SUFFIXES = (".yaml", ".yml", ".json")
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])

type _Bounds = tuple[int | None, int | None]


class _Market(NamedTuple):
    """The candles that were asked for, and the days that make a year."""

    folder: Path
    symbols: tuple[str, ...]
    timeframe: Timeframe | None
    bounds: _Bounds
    year: float


@dataclass(frozen=True, slots=True)
class _Assumed:
    """The options that say what is assumed; None where none was given."""

    inside: str
    balance: float | None
    leverage: float | None
    fee: float | None
    maker: float | None
    spread: float | None
    slippage: float | None
    latency: int | None
    funding: float | None
    risk: float | None

    @property
    def finer(self) -> Timeframe | Literal["auto"] | None:
        """With which candles to look inside."""
        if self.inside == "auto":
            return "auto"
        return None if self.inside == "none" else Timeframe(self.inside)


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
@click.option("--inside", type=click.Choice(_INSIDE), default="none", show_default=True, help="Finer candles to use.")
@click.option("--balance", type=click.FloatRange(1, 1e12), help="What the account begins with.  [default: 10000]")
@click.option("--leverage", type=click.FloatRange(1, 125), help="Most notional ÷ equity.  [default: 5; ideal: 1]")
@click.option("--fee", type=click.FloatRange(0, 0.1), help="Rate of takers; ideal: on both sides.  [default: 0.0006]")
@click.option("--maker", type=click.FloatRange(0, 0.1), help="Rate on what rested; paper only.  [default: 0.0002]")
@click.option("--spread", type=click.FloatRange(0, 0.1), help="Bid to ask, a fraction; paper only.  [default: 0.0001]")
@click.option("--slippage", type=click.FloatRange(0, 0.1), help="Of what takes; paper only.  [default: 0.0001]")
@click.option("--latency", type=click.IntRange(0, 60_000), help="Milliseconds; paper only.  [default: 250]")
@click.option("--funding", type=click.FloatRange(-0.01, 0.01), help="Every 8 hours; paper only.  [default: 0.0001]")
@click.option("--risk", type=click.FloatRange(0.0001, 0.1), help="Of equity per trade; paper only.  [default: 0.005]")
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
    year: float,
    as_json: bool,
    **assumed: Any,
) -> None:
    """Back-test STRATEGY, a built-in's name or a document's path, over recorded candles."""
    # Nothing here multiplies matrices, and the threads kept ready for it cost more than the back-test.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tradewind.market import MarketDataError
    from tradewind.research.backtest import ParameterError, set_parameters
    from tradewind.trading.strategies import DocumentError, UnknownStrategyError

    names = tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol.strip())
    market = _Market(
        candles, names, Timeframe(timeframe) if timeframe else None, (milliseconds(start), milliseconds(stop)), year
    )
    try:
        chosen = set_parameters(named_strategy(strategy)[0], settings)
        run = _ideal if (profile or ("ideal" if chosen.blueprint.research_only else "paper")) == "ideal" else _paper
        result = run(chosen, market, _Assumed(**assumed))
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


def _ideal(strategy: Strategy, market: _Market, assumed: _Assumed) -> BacktestResult:
    for name in ("maker", "spread", "slippage", "latency", "funding", "risk"):
        if getattr(assumed, name) is not None:
            raise RefusedError(f"--{name}: expected only with --profile paper; the ideal profile has nothing of it")
    from tradewind.research.backtest import IdealOptions, load_candles, load_inside, run_ideal

    folder, symbols, timeframe, bounds, year = market
    finest, columns = load_candles(folder, symbols=symbols, timeframe=timeframe, bounds=bounds)
    inside = load_inside(folder, columns, finest, assumed.finer) if assumed.finer else {}
    given = _given(fee=assumed.fee, start_equity=assumed.balance, leverage=assumed.leverage)
    options = replace(IdealOptions(periods=year), **given)
    with _progress_bar(sum(map(len, columns.values()))) as progress:
        return run_ideal(strategy, columns, finest, options, bounds=bounds, inside=inside, progress=progress)


def _paper(strategy: Strategy, market: _Market, assumed: _Assumed) -> BacktestResult:
    from tradewind.core.costs import Costs
    from tradewind.core.risk import RiskLimits
    from tradewind.core.values import decimal_of
    from tradewind.research.backtest import open_paper_feed

    folder, symbols, timeframe, bounds, year = market
    feed = open_paper_feed(folder, symbols=symbols, timeframe=timeframe, bounds=bounds, inside=assumed.finer)
    # Heavy; what is wrong with the candles has been said by now.
    from tradewind.research.paper import run_paper
    from tradewind.trading import PAPER_DEPOSIT

    rates = _given(
        taker=assumed.fee,
        maker=assumed.maker,
        half_spread=None if assumed.spread is None else assumed.spread / 2,
        slippage=assumed.slippage,
        latency_ms=assumed.latency,
        funding_rate=assumed.funding,
    )
    limits = _given(risk_per_trade=assumed.risk, max_leverage=assumed.leverage)
    with _progress_bar(sum(map(len, feed.recorded().values()))) as progress:
        return run_paper(
            strategy,
            feed,
            costs=replace(Costs(), **rates),
            deposit=PAPER_DEPOSIT if assumed.balance is None else decimal_of(assumed.balance),
            limits=RiskLimits(**{name: decimal_of(value) for name, value in limits.items()}),
            periods=year,
            bounds=bounds,
            progress=progress,
        )


def _given(**options: float | None) -> dict[str, Any]:
    """Those that were given; the others keep their defaults."""
    return {name: value for name, value in options.items() if value is not None}


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
    for assumption in result.assumptions:
        print(f"  · {assumption.en}")
    print(f"fingerprint {result.fingerprint}")


def _shown(value: float | None, *, percent: bool) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value * 100:,.2f} %" if percent else f"{value:,.2f}"
