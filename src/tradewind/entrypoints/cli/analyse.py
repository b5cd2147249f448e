"""`tradewind analyse`: what a recorded market looks like at its last closed candle, without a database."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.core.candles import Timeframe
from tradewind.entrypoints.cli.parameters import MOMENT
from tradewind.kit.language import Language, grouped

if TYPE_CHECKING:
    from tradewind.core.analysis import Analysis
    from tradewind.market.analysis import Found


@click.command("analyse")
@click.argument("symbol")
@click.option("--candles", type=click.Path(path_type=Path), required=True, help="Folder of Parquet candles.")
@click.option("--timeframe", type=click.Choice([item.value for item in Timeframe]), default="1h", show_default=True)
@click.option("--at", type=MOMENT, help="Moment to stand at, UTC; the end of the candles when not given.")
@click.option("--language", type=click.Choice([item.value for item in Language]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, as the API answers.")
def command(symbol: str, candles: Path, timeframe: str, at: datetime | None, language: str, as_json: bool) -> None:
    """Analyse SYMBOL: regime, levels, volume by price and agreement of timeframes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing here multiplies large matrices
    from tradewind.core.analysis import Shortage
    from tradewind.market import MarketDataError
    from tradewind.market.analysis import market_analysis, sentences

    spoken = Language(language)
    try:
        found = _find(symbol.upper(), candles, Timeframe(timeframe), at)
    except MarketDataError as error:
        sys.exit(f"tradewind analyse: {error}")
    if as_json:
        print(market_analysis(found, spoken).model_dump_json(indent=1))
    elif isinstance(found.result, Shortage):
        sys.exit(f"tradewind analyse: {' '.join(sentences(found, spoken))}")
    else:
        _show(found, found.result, spoken)


def _find(symbol: str, folder: Path, timeframe: Timeframe, at: datetime | None) -> Found:
    from tradewind.core.analysis import HISTORY, LINE, longer_timeframes
    from tradewind.kit.clock import to_ms
    from tradewind.market import CandleFolder
    from tradewind.market.analysis import found_in
    from tradewind.market.feeds.guard import END_OF_TIME
    from tradewind.market.record.service import recorded_candles

    files = CandleFolder(folder)
    held = [each for of, each in files.series if of == symbol]
    if not any(timeframe is each or timeframe.derives_from(each) for each in held):
        files.files((symbol,), timeframe)  # raises, and says what there is
    now = END_OF_TIME if at is None else to_ms(at)
    longer = {
        other: recorded_candles(folder, symbol, other, other.open_of(now), LINE + 1)
        for other in longer_timeframes(timeframe)
    }
    candles = recorded_candles(folder, symbol, timeframe, timeframe.open_of(now), HISTORY)
    return found_in(symbol, timeframe, candles, longer)


def _show(found: Found, analysis: Analysis, language: Language) -> None:
    from rich.console import Console
    from rich.table import Table

    from tradewind.market.analysis import REGIMES, ROLES, sentences

    console = Console(highlight=False)
    regime = REGIMES[analysis.phases.now.regime][language]
    console.print(f"[bold]{found.symbol} {found.timeframe.value}[/bold]  {regime}")
    for sentence in sentences(found, language):
        console.print(sentence, soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    for _ in ("price", "touches", "strength"):
        table.add_column(justify="right")
    for level in reversed(analysis.levels):
        price = grouped(f"{level.price:.{found.digits}f}", language)
        table.add_row(
            ROLES[level.role][language], price, f"×{level.touches}", grouped(f"{level.strength:.2f}", language)
        )
    console.print(table)
