"""`tradewind validate`: may a back-test be believed? Without a database."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.core.candles import Timeframe
from tradewind.entrypoints.cli.parameters import MOMENT, OUTPUT, write_whole
from tradewind.entrypoints.cli.strategy import UnreadableDocumentError, open_strategy
from tradewind.kit.clock import to_ms
from tradewind.kit.language import Language

if TYPE_CHECKING:
    from tradewind.core.strategy import Strategy
    from tradewind.research.reports.validating import Validation

_SAMPLERS = ("grid", "random", "tpe")
_OBJECTIVES = ("sharpe", "sortino", "calmar", "profit_factor", "total_return", "expectancy_r")
#: Sets of one sweep; they are tried in this process, once for the whole time and once for every window.
_MOST_TRIALS = 10_000


@click.command("validate")
@click.argument("strategy")
@click.option("--candles", type=click.Path(path_type=Path), required=True, help="Folder of Parquet candles.")
@click.option("--symbols", default="", help="Comma-separated; every symbol of the folder when not given.")
@click.option("--timeframe", type=click.Choice([item.value for item in Timeframe]), help="The folder's finest if none.")
@click.option("--from", "start", type=MOMENT, help="First open time, UTC.")
@click.option("--to", "stop", type=MOMENT, help="Open time to stop before, UTC.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
@click.option("--vary", multiple=True, metavar="NAME=FROM:TO:STEP", help="Or NAME=VALUE,VALUE or NAME; repeatable.")
@click.option("--sampler", type=click.Choice(_SAMPLERS), default="grid", show_default=True)
@click.option("--trials", type=click.IntRange(1), help="Sets to try; the whole grid, or 100, if not given.")
@click.option("--objective", type=click.Choice(_OBJECTIVES), default="sharpe", show_default=True)
@click.option("--min-trades", type=click.IntRange(1), default=30, show_default=True, help="Fewer have no score.")
@click.option("--folds", type=click.IntRange(1, 100), default=5, show_default=True, help="Windows of walk-forward.")
@click.option("--mode", type=click.Choice(["anchored", "rolling"]), default="rolling", show_default=True)
@click.option("--purge", type=click.IntRange(0, 1000), default=0, show_default=True, help="Days left out in between.")
@click.option("--paths", type=click.IntRange(1, 100_000), default=2000, show_default=True, help="Of the bootstrap.")
@click.option("--ruin", type=click.FloatRange(0.01, 1), default=0.5, show_default=True, help="Drawdown that ruins.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of all that is drawn.")
@click.option("--fee", type=click.FloatRange(0, 0.1), default=0.0006, show_default=True, help="Rate paid a side.")
@click.option("--year", type=click.FloatRange(1, 366), default=365, show_default=True, help="Days that make a year.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
@click.option("--html", type=OUTPUT, help="Write a report for people here, one file that needs no network.")
@click.option("--language", type=click.Choice([item.value for item in Language]), default="en", show_default=True)
def command(
    strategy: str,
    candles: Path,
    symbols: str,
    timeframe: str | None,
    start: datetime | None,
    stop: datetime | None,
    settings: tuple[str, ...],
    vary: tuple[str, ...],
    sampler: str,
    trials: int | None,
    objective: str,
    min_trades: int,
    folds: int,
    mode: str,
    purge: int,
    paths: int,
    ruin: float,
    seed: int,
    fee: float,
    year: float,
    as_json: bool,
    html: Path | None,
    language: str,
) -> None:
    """Say whether the back-test of STRATEGY may be believed, and why not.

    With --vary the best set is judged, by what the search itself was worth. Fills are those of the ideal profile.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tradewind.market import MarketDataError
    from tradewind.research.backtest import IdealOptions, ParameterError, load_candles, set_parameters
    from tradewind.research.studies import Inquiry, SweepPlan, ValidationPlan
    from tradewind.research.sweeps.errors import SweepError
    from tradewind.research.sweeps.objective import Measure, Objective
    from tradewind.research.sweeps.samplers import Sampler, SamplerKind
    from tradewind.research.sweeps.space import Space, parse_vary
    from tradewind.research.validation import ValidationError, WalkForward
    from tradewind.trading.strategies import DocumentError, UnknownStrategyError

    names = tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol.strip())
    bounds = (None if start is None else to_ms(start), None if stop is None else to_ms(stop))
    options = IdealOptions(fee=fee, periods=year)
    try:
        chosen = set_parameters(open_strategy(strategy), settings)
        _check_whole(chosen)
        drawn = None
        if vary:
            space = Space.of(chosen, parse_vary(vary))
            drawn = Sampler.of(SamplerKind(sampler), space, trials, seed, _MOST_TRIALS)
        finest, columns, beside = load_candles(
            candles,
            symbols=names,
            timeframe=Timeframe(timeframe) if timeframe else None,
            bounds=bounds,
            strategy=chosen,
        )
        inquiry = Inquiry(
            chosen,
            columns,
            beside,
            finest,
            options,
            ValidationPlan(folds, WalkForward(mode), purge, paths, ruin, seed),
            None if drawn is None else SweepPlan(drawn, Objective(Measure(objective), min_trades)),
        )
        validation = inquiry.verdict([inquiry.window(span) for span in inquiry.spans()], bounds)
    except DocumentError as error:
        sys.exit(f"tradewind validate: {strategy}: {'; '.join(map(str, error.problems))}")
    except (
        MarketDataError,
        ParameterError,
        SweepError,
        UnknownStrategyError,
        UnreadableDocumentError,
        ValidationError,
    ) as error:
        sys.exit(f"tradewind validate: {error}")
    if html is not None:
        from tradewind.research.reports.html import html_page

        page = html_page(
            validation.result,
            validation.verdict,
            columns.__getitem__,
            Language(language),
            validation.document()["validation"],
        )
        write_whole(html, page)
    if as_json:
        json.dump(validation.document(), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        print()
    else:
        _summarise(validation, language)


def _check_whole(strategy: Strategy) -> None:
    from tradewind.research.sweeps.errors import SweepError

    if strategy.scale_in is not None:
        raise SweepError("strategy", f"expected one that enters whole positions, {strategy.ref.name} scales in")


def _summarise(found: Validation, language: str) -> None:
    russian = language == Language.RU
    document = found.result.document()
    values = ", ".join(f"{name}={value}" for name, value in document["parameters"].items())
    metrics = found.result.metrics
    print(f"{document['strategy']} v{document['version']} ({values})")
    print(
        f"{', '.join(found.result.symbols)} · {found.result.timeframe} · {document['from']} – {document['to']} · "
        + (f"сделок {metrics.trades}, доход" if russian else f"{metrics.trades} trades, return")
        + f" {metrics.total_return:.2%}, Sharpe {metrics.sharpe:.2f}"
    )
    if found.forward is not None:
        for window in found.forward.document()["windows"]:
            inside, outside = window["in_sample_sharpe"], window["out_of_sample_sharpe"]
            chosen = ", ".join(f"{key}={_shown(value)}" for key, value in (window["parameters"] or {}).items())
            print(f"  {_or_none(inside):>7} → {_or_none(outside):>7}  {window['trades']:>5}  {chosen or '–'}")
    if found.bootstrap is not None:
        rank = dict(zip(found.bootstrap.percentiles, range(len(found.bootstrap.percentiles)), strict=True))
        low, middle, high = (found.bootstrap.final_return[rank[each]] for each in (5.0, 50.0, 95.0))
        title = "Бутстреп: итог 5/50/95 %" if russian else "Bootstrap: final return 5/50/95 %"
        deep = found.bootstrap.max_drawdown[rank[95.0]]
        print(f"  {title}: {low:.1%} / {middle:.1%} / {high:.1%}; max drawdown 95 %: {deep:.1%}")
    marks = {"passed": "✓", "doubt": "?", "failed": "✗"}
    for each in found.checked:
        print(f"  {marks[each.state]} {each.words(language)}")
    for reason in found.verdict.reasons:
        print(f"    • {reason.words(language)}")
    print(f"{found.state.value.upper()}: {found.words(language)}")


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _or_none(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
