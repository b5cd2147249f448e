"""`tradewind backtest`: a strategy document over recorded candles, without a database."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from tradewind.core.candles import Timeframe
from tradewind.entrypoints.cli.parameters import MOMENT, OUTPUT, write_whole
from tradewind.entrypoints.cli.strategy import UnreadableDocumentError, open_strategy
from tradewind.kit.clock import to_ms
from tradewind.kit.language import Language

if TYPE_CHECKING:
    from tradewind.core.series import Columns
    from tradewind.core.strategy import Strategy
    from tradewind.research.backtest import BacktestResult
    from tradewind.research.validation import Evidence, Verdict

_INSIDE = ("none", "auto", *(item.value for item in Timeframe))
_PROFILES = ("ideal", "paper")

type _Bounds = tuple[int | None, int | None]
#: What came of it, and the candles by symbol that the strategy traded on or looked at.
type _Ran = tuple[BacktestResult, Mapping[str, Columns]]


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
    year: float,
    as_json: bool,
    html: Path | None,
    trades_file: Path | None,
    equity_file: Path | None,
    check: bool,
    language: str,
    **assumed: Any,
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
    timescale = Timeframe(timeframe) if timeframe else None
    bounds = (None if start is None else to_ms(start), None if stop is None else to_ms(stop))
    market = _Market(candles, names, timescale, bounds, year)
    try:
        chosen = set_parameters(open_strategy(strategy), settings)
        whole = chosen.scale_in is None
        named = profile or ("ideal" if chosen.blueprint.research_only and whole else "paper")
        result, columns = (_ideal if named == "ideal" else _paper)(chosen, market, _Assumed(**assumed))
        evidence, verdict = judged(result, columns if check else None)
    except DocumentError as error:
        sys.exit(f"tradewind backtest: {strategy}: {'; '.join(map(str, error.problems))}")
    except (MarketDataError, ParameterError, UnknownStrategyError, UnreadableDocumentError, _RefusedError) as error:
        sys.exit(f"tradewind backtest: {error}")
    except ValidationError as error:
        sys.exit(f"tradewind backtest: --check: {error}")
    if html is not None:
        from tradewind.research.reports.html import html_page

        write_whole(html, html_page(result, verdict, columns.__getitem__, Language(language)))
    if trades_file is not None:
        write_whole(trades_file, trades_csv(result.trades))
    if equity_file is not None:
        write_whole(equity_file, equity_csv(result))
    if as_json:
        json.dump(document(result, evidence, verdict), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        print()
    else:
        _summarise(result, evidence, verdict, language)


def _ideal(strategy: Strategy, market: _Market, assumed: _Assumed) -> _Ran:
    for name in ("maker", "spread", "slippage", "latency", "funding", "risk"):
        if getattr(assumed, name) is not None:
            raise _RefusedError(f"--{name}: expected only with --profile paper; the ideal profile has nothing of it")
    from tradewind.research.backtest import IdealOptions, load_candles, load_inside, run_ideal

    if strategy.scale_in is not None:
        raise _RefusedError("--profile: expected paper for a strategy that scales in; ideal enters whole positions")
    folder, symbols, timeframe, bounds, year = market
    finest, columns, beside = load_candles(
        folder, symbols=symbols, timeframe=timeframe, bounds=bounds, strategy=strategy
    )
    inside = load_inside(folder, columns, finest, assumed.finer) if assumed.finer else {}
    given = _given(fee=assumed.fee, start_equity=assumed.balance, leverage=assumed.leverage)
    options = replace(IdealOptions(periods=year), **given)
    with _progress_bar(sum(map(len, columns.values()))) as progress:
        result = run_ideal(
            strategy, columns, finest, options, bounds=bounds, inside=inside, beside=beside, progress=progress
        )
    return result, {**beside, **columns}


def _paper(strategy: Strategy, market: _Market, assumed: _Assumed) -> _Ran:
    from tradewind.core.costs import Costs
    from tradewind.core.risk import RiskLimits
    from tradewind.core.values import decimal_of
    from tradewind.market import only_read
    from tradewind.research.backtest import open_paper_feed

    folder, symbols, timeframe, bounds, year = market
    feed = open_paper_feed(
        folder, symbols=symbols, timeframe=timeframe, bounds=bounds, inside=assumed.finer, strategy=strategy
    )
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
    columns = {symbol: held for (symbol, length), held in feed.recorded().items() if length is feed.timeframes[0]}
    with _progress_bar(sum(map(len, columns.values()))) as progress:
        result = run_paper(
            strategy,
            feed,
            costs=replace(Costs(), **rates),
            deposit=PAPER_DEPOSIT if assumed.balance is None else decimal_of(assumed.balance),
            limits=RiskLimits(**{name: decimal_of(value) for name, value in limits.items()}),
            periods=year,
            bounds=bounds,
            silent=only_read([strategy], symbols),
            progress=progress,
        )
    return result, columns


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
    for assumption in result.assumptions:
        print(f"  · {assumption.ru if russian else assumption.en}")
    for refusal in result.refusals():
        print(f"  · {refusal.ru if russian else refusal.en}")
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
