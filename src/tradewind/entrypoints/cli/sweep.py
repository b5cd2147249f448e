"""`tradewind sweep`: many parameter sets over recorded candles, on this machine and without a database."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.core.candles import Timeframe
from tradewind.entrypoints.cli.parameters import MOMENT, OUTPUT, write_whole
from tradewind.entrypoints.cli.strategy import UnreadableDocumentError, read_strategy
from tradewind.kit.clock import to_ms
from tradewind.kit.language import Language

if TYPE_CHECKING:
    from tradewind.research.studies import CandleArchive, Study, SweepResult
    from tradewind.research.sweeps.heatmap import HeatMap

_SAMPLERS = ("grid", "random", "tpe")
_OBJECTIVES = ("sharpe", "sortino", "calmar", "profit_factor", "total_return", "expectancy_r")
#: Ended by Ctrl-C, as shells have it.
_INTERRUPTED = 130
_SHADES = " ░▒▓█"
_BEST_SHOWN = 10
#: Columns up to which a heat map on the terminal has numbers.
_NUMBERED = 12


@click.command("sweep")
@click.argument("strategy")
@click.option("--candles", type=click.Path(path_type=Path), required=True, help="Folder of Parquet candles.")
@click.option("--symbols", default="", help="Comma-separated; every symbol of the folder when not given.")
@click.option("--timeframe", type=click.Choice([item.value for item in Timeframe]), help="The folder's finest if none.")
@click.option("--from", "start", type=MOMENT, help="First open time, UTC.")
@click.option("--to", "stop", type=MOMENT, help="Open time to stop before, UTC.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
@click.option(
    "--vary", multiple=True, required=True, metavar="NAME=FROM:TO:STEP", help="Or NAME=VALUE,VALUE or NAME; repeatable."
)
@click.option("--sampler", type=click.Choice(_SAMPLERS), default="grid", show_default=True)
@click.option("--trials", type=click.IntRange(1), help="Sets to try; the whole grid, or 100, if not given.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of what the sampler draws.")
@click.option("--objective", type=click.Choice(_OBJECTIVES), default="sharpe", show_default=True)
@click.option("--min-trades", type=click.IntRange(1), default=30, show_default=True, help="Fewer have no score.")
@click.option("--fee", type=click.FloatRange(0, 0.1), default=0.0006, show_default=True, help="Rate paid a side.")
@click.option("--year", type=click.FloatRange(1, 366), default=365, show_default=True, help="Days that make a year.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes; one per processor if not given.")
@click.option("--resume", type=OUTPUT, help="Keep what is done here, and go on.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as JSON.")
@click.option("--html", type=OUTPUT, help="Write a page with heat maps here.")
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
    seed: int,
    objective: str,
    min_trades: int,
    fee: float,
    year: float,
    jobs: int | None,
    resume: Path | None,
    as_json: bool,
    html: Path | None,
    language: str,
) -> None:
    """Back-test STRATEGY with many parameter sets and say which is the best, and what that is worth.

    Fills are those of the ideal profile. Ctrl-C ends it with what is done so far.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tradewind.market import CandleFolder, MarketDataError, check_readable
    from tradewind.research.backtest import ParameterError, Profile, set_parameters
    from tradewind.research.studies import ArchiveKind, CalculatorError, CandleArchive, SweepWish, make_study
    from tradewind.research.studies.page import page
    from tradewind.research.sweeps.errors import SweepError
    from tradewind.research.sweeps.objective import Measure
    from tradewind.research.sweeps.samplers import SamplerKind
    from tradewind.research.sweeps.space import parse_vary
    from tradewind.trading.strategies import DocumentError, UnknownStrategyError

    names = tuple(symbol.strip().upper() for symbol in symbols.split(",") if symbol.strip())
    try:
        held = CandleFolder(candles)
        finest = Timeframe(timeframe) if timeframe else held.finest(names)
        found, text = read_strategy(strategy)
        chosen = set_parameters(found, settings)
        check_readable([chosen], held.symbols(finest), finest)
        wish = SweepWish(
            parse_vary(vary), SamplerKind(sampler), trials, seed, measure=Measure(objective), min_trades=min_trades
        )
        study = make_study(
            chosen,
            text,
            tuple(held.files(names, finest)),
            finest,
            (None if start is None else to_ms(start), None if stop is None else to_ms(stop)),
            Profile.IDEAL,
            fee=fee,
            year=year,
            wish=wish,
        )
        archive = CandleArchive(ArchiveKind.FOLDER, str(candles.absolute()))
        result, interrupted = _run(study, archive, jobs or os.cpu_count() or 1, resume)
    except DocumentError as error:
        sys.exit(f"tradewind sweep: {strategy}: {'; '.join(map(str, error.problems))}")
    except (
        MarketDataError,
        ParameterError,
        SweepError,
        UnknownStrategyError,
        UnreadableDocumentError,
        CalculatorError,
    ) as error:
        sys.exit(f"tradewind sweep: {error}")
    if html is not None:
        write_whole(html, page(result, Language(language)))
    if as_json:
        json.dump(result.document(), sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        print()
    else:
        _summarise(result, Language(language))
    if interrupted:
        sys.exit(_INTERRUPTED)


def _run(study: Study, archive: CandleArchive, processes: int, resume: Path | None) -> tuple[SweepResult, bool]:
    """The result, and whether Ctrl-C ended it."""
    from tradewind.research.studies import Keeper, run_sweep

    assert study.sweep is not None, "it was made with one"
    keeper = None if resume is None else Keeper(resume, study)
    with _progress_bar(study.sweep.sampler.trials) as told:
        # The runner turns Ctrl-C into a cancellation, which the sweep answers with what it has.
        result = asyncio.run(run_sweep(study, archive, processes, keeper=keeper, told=told))
    return result, not result.complete


@contextmanager
def _progress_bar(trials: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=trials, label="sweep", file=sys.stderr, show_pos=True) as bar:
        yield bar.update


def _summarise(result: SweepResult, language: Language) -> None:
    study, plan = result.study, result.plan
    measure = plan.objective.measure.value
    print(f"{study.strategy}: {len(result.points):,} of {plan.sampler.trials:,} sets ({plan.sampler.kind.value})")
    print(f"{', '.join(study.symbols)} · {study.timeframe} · {measure}, at least {plan.objective.min_trades} trades")
    print()
    for place in result.ranked()[:_BEST_SHOWN]:
        values = ", ".join(f"{key}={_shown(each)}" for key, each in _settings(result, place).items())
        metrics = result.answers[place]["metrics"]
        print(
            f"  {result.answers[place]['score']:>10.4g}  {values}  ({metrics['trades']} trades, "
            f"return {metrics['total_return'] * 100:.2f} %)"
        )
    refused = [answer["error"] for answer in result.answers if answer["error"] is not None]
    if refused:
        print(f"  {len(refused):,} sets are refused by the document, such as: {refused[0]}")
    print()
    for line in _drawn(result.heat_map()):
        print(line)
    honesty = result.honesty
    if honesty is not None:
        print()
        print(
            f"{honesty['trials']:,} sets, worth {honesty['effective_trials']:.1f} independent ones · "
            f"deflated Sharpe {_or_none(honesty['deflated_sharpe'])} · PBO {_or_none(honesty['pbo'])}"
        )
        for warning in honesty["warnings"]:
            print(f"! {warning[language.value]}")


def _settings(result: SweepResult, place: int) -> dict[str, float | str]:
    return result.plan.sampler.space.settings(result.points[place])


def _drawn(found: HeatMap) -> Iterator[str]:
    """The heat map with shades, and numbers where there is room."""
    cells = [cell for row in found.cells for cell in row if cell is not None]
    low, high = min(cells, default=0.0), max(cells, default=0.0)
    numbered = len(found.x.values) <= _NUMBERED
    down = found.y
    labels = [""] if down is None else [_shown(value) for value in down.values]
    margin = max(len(label) for label in (*labels, "" if down is None else down.name))
    yield f"{'' if down is None else down.name:>{margin}} ↓  {found.x.name} → {_shown(found.x.values[0])} … " + _shown(
        found.x.values[-1]
    )
    for label, row in zip(labels, found.cells, strict=True):
        drawn = [_drawn_cell(cell, low, high, numbered=numbered) for cell in row]
        yield f"{label:>{margin}}    " + "".join(drawn)


def _drawn_cell(cell: float | None, low: float, high: float, *, numbered: bool) -> str:
    if cell is None:
        return "       ·" if numbered else " ·"
    part = 1.0 if high == low else (cell - low) / (high - low)
    shade = _SHADES[round(part * (len(_SHADES) - 1))]
    return f"{shade}{cell:>7.3g}" if numbered else shade * 2


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _or_none(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
