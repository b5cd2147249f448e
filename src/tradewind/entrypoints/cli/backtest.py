"""`tradewind backtest`: a strategy document over recorded candles, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.core.candles import Timeframe
from tradewind.entrypoints.cli.parameters import MOMENT, OUTPUT, write_whole
from tradewind.kit.clock import to_ms
from tradewind.kit.language import Language

if TYPE_CHECKING:
    from tradewind.core.series import Columns
    from tradewind.core.strategy import Strategy
    from tradewind.research.backtest import BacktestResult
    from tradewind.research.validation import Evidence, Verdict

_PROFILES = ("ideal", "paper")
_SUFFIXES = (".yaml", ".yml", ".json")

type _Bounds = tuple[int | None, int | None]
type _Ran = tuple[BacktestResult, Mapping[str, Columns]]


class _RefusedError(Exception):
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
@click.option("--html", type=OUTPUT, help="Write a report for people here, one file that needs no network.")
@click.option("--csv", "trades_file", type=OUTPUT, help="Write the trades here, as CSV.")
@click.option("--equity-csv", "equity_file", type=OUTPUT, help="Write the equity of every day here, as CSV.")
@click.option("--check", is_flag=True, help="Look for a look ahead, a short warm-up and a lucky order of the trades.")
@click.option(
    "--language", type=click.Choice([each.value for each in Language]), default="en", help="Of summary and report."
)
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
    html: Path | None,
    trades_file: Path | None,
    equity_file: Path | None,
    check: bool,
    language: str,
) -> None:
    """Back-test STRATEGY, a built-in's name or a document's path, over recorded candles."""
    # Nothing here multiplies matrices, and the threads kept ready for it cost more than the back-test.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tradewind.market import MarketDataError
    from tradewind.research.backtest import ParameterError, set_parameters
    from tradewind.research.reports import document, equity_csv, judged, trades_csv
    from tradewind.research.validation import ValidationError
    from tradewind.trading.strategies import DocumentError, UnknownStrategyError

    names = tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol.strip())
    finest = Timeframe(timeframe) if timeframe else None
    bounds = (None if start is None else to_ms(start), None if stop is None else to_ms(stop))
    try:
        chosen = set_parameters(_strategy(strategy), settings)
        if (profile or ("ideal" if chosen.blueprint.research_only else "paper")) == "ideal":
            result, columns = _ideal(chosen, candles, names, finest, bounds, fee, year)
        else:
            result, columns = _paper(chosen, candles, names, finest, bounds, fee, year)
        evidence, verdict = judged(result, columns if check else None)
    except DocumentError as error:
        sys.exit(f"tradewind backtest: {strategy}: {'; '.join(map(str, error.problems))}")
    except (MarketDataError, ParameterError, UnknownStrategyError, _RefusedError) as error:
        sys.exit(f"tradewind backtest: {error}")
    except ValidationError as error:
        sys.exit(f"tradewind backtest: --check: {error}")
    if html is not None:
        from tradewind.research.reports.html import html_page

        write_whole(html, html_page(result, verdict, columns, Language(language)))
    if trades_file is not None:
        write_whole(trades_file, trades_csv(result.trades))
    if equity_file is not None:
        write_whole(equity_file, equity_csv(result))
    if as_json:
        json.dump(document(result, evidence, verdict), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        print()
    else:
        _summarise(result, evidence, verdict, language)


def _strategy(named: str) -> Strategy:
    """The built-in of that name, or the document at that path."""
    from tradewind.trading.strategies import load_builtin, parse_document
    from tradewind.trading.strategies.reading import MAX_TEXT

    path = Path(named)
    if path.suffix not in _SUFFIXES and len(path.parts) == 1:
        return load_builtin(named)
    try:
        with path.open(encoding="utf-8") as file:
            return parse_document(file.read(MAX_TEXT + 1))
    except OSError as error:
        raise _RefusedError(f"{named}: expected a strategy document, got: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _RefusedError(f"{named}: expected a strategy document as UTF-8 text, got something else") from None


def _ideal(
    strategy: Strategy,
    folder: Path,
    symbols: tuple[str, ...],
    timeframe: Timeframe | None,
    bounds: _Bounds,
    fee: float | None,
    year: float,
) -> _Ran:
    from tradewind.research.backtest import IdealOptions, load_candles, run_ideal

    finest, columns = load_candles(folder, symbols=symbols, timeframe=timeframe, bounds=bounds)
    options = IdealOptions(periods=year) if fee is None else IdealOptions(fee=fee, periods=year)
    with _progress_bar(sum(map(len, columns.values()))) as progress:
        return run_ideal(strategy, columns, finest, options, bounds=bounds, progress=progress), columns


def _paper(
    strategy: Strategy,
    folder: Path,
    symbols: tuple[str, ...],
    timeframe: Timeframe | None,
    bounds: _Bounds,
    fee: float | None,
    year: float,
) -> _Ran:
    if fee is not None:
        raise _RefusedError("--fee: expected only with --profile ideal; the paper venue has rates of its own")
    from tradewind.research.backtest import open_paper_feed

    feed = open_paper_feed(folder, symbols=symbols, timeframe=timeframe, bounds=bounds)
    from tradewind.research.paper import run_paper  # heavy; what is wrong with the candles has been said by now

    columns = {symbol: held for (symbol, _), held in feed.recorded().items()}
    with _progress_bar(sum(map(len, columns.values()))) as progress:
        return run_paper(strategy, feed, periods=year, bounds=bounds, progress=progress), columns


@contextmanager
def _progress_bar(candles: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=candles, label="backtest", file=sys.stderr, show_pos=True) as bar:
        yield bar.update


def _summarise(result: BacktestResult, evidence: Evidence, verdict: Verdict, language: str) -> None:
    from tradewind.research.metrics import DEFINITIONS, shown

    document = result.document()
    values = ", ".join(f"{name}={value}" for name, value in document["parameters"].items())
    print(f"{document['strategy']} v{document['version']} ({values})")
    russian = language == Language.RU
    print(
        f"{', '.join(result.symbols)} · {result.timeframe} · {document['from']} – {document['to']} · "
        f"{result.candles:,} {'свечей · профиль' if russian else 'candles · profile'} {result.profile}"
    )
    titles = {name: definition.title[language] for name, definition in DEFINITIONS.items()}
    width = max(map(len, titles.values()))
    for name, value in result.metrics.items().items():
        print(f"  {titles[name]:<{width}}  {shown(value, DEFINITIONS[name].unit):>14}")
    if verdict.reasons:
        print("Почему результат может быть слишком хорош:" if russian else "Why it may be too good:")
    for reason in verdict.reasons:
        print(f"  • {reason.words(language)}")
    ahead, early = evidence.look_ahead, evidence.warm_up
    if ahead is not None and not ahead.biased:
        print(
            f"Будущего не видит: проверено обрывов истории {ahead.cuts}."
            if russian
            else f"It does not see the future: {ahead.cuts} shorter histories gave the same decisions."
        )
    if early is not None and not early.biased:
        print(
            f"Прогрев достаточен: {early.claimed} свечей, сравнено решений {early.compared}."
            if russian
            else f"Its warm-up of {early.claimed} candles is enough: {early.compared} decisions compared."
        )
    print(f"{'отпечаток' if russian else 'fingerprint'} {result.fingerprint}")
