"""The report of a run as one HTML file: built from what the run came to and from the candles that are still there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from tradewind.core.expressions import ExpressionError
from tradewind.core.series import Columns
from tradewind.kit.language import Language
from tradewind.market import MarketDataError
from tradewind.research.reports.html import html_page
from tradewind.research.reports.kept import daily_of, kept_result
from tradewind.research.reports.tables import equity_rows
from tradewind.research.studies import CandleArchive, ChangedDocumentError, Study
from tradewind.trading.strategies import DocumentError, UnknownStrategyError

#: Trades of one page: more than anybody reads, and a file that a browser opens.
MOST_TRADES = 20_000


class ReportError(ValueError):
    """A run that there can be no report of; says why."""


class KeptRun(NamedTuple):
    """A run that is done; the study has the whole document, `result` is without the trades."""

    study: Study
    result: dict[str, Any]


class ReportBuilder:
    """Builds one report at a time for all who ask this process, so that what that takes is bounded."""

    def __init__(self, archive: CandleArchive) -> None:
        self._archive = archive
        self._turn = asyncio.Lock()

    async def page(
        self, run: KeptRun, trades: Callable[[], Awaitable[Sequence[dict[str, Any]]]], language: Language
    ) -> str:
        """See `report_page`; `trades` is asked when it is our turn."""
        async with self._turn:
            return await asyncio.to_thread(report_page, run, await trades(), self._archive, language)


def report_page(run: KeptRun, trades: Sequence[dict[str, Any]], archive: CandleArchive, language: Language) -> str:
    """The page that `tradewind backtest --html` or `tradewind validate --html` would have written.

    One symbol's candles are in memory at a time.

    Raises:
        ReportError: the candles or the built-in document are not there any more, or the run is of an earlier version.
    """
    study, document = run
    _check_kept(document)

    def candles(symbol: str) -> Columns:
        return archive.read((symbol,), study.timeframe, (study.start, study.stop))[symbol]

    try:
        strategy = study.prepared().with_parameters(document["parameters"])
        result, verdict = kept_result(document, trades, strategy, study.profile, study.year)
        return html_page(result, verdict, candles, language, document.get("validation"))
    except (MarketDataError, ExpressionError, UnknownStrategyError, DocumentError, ChangedDocumentError) as error:
        raise ReportError(f"what the run was made of is not there any more: {error}") from None


def equity_table(document: dict[str, Any]) -> list[list[str]]:
    """The rows of the curve, see `reports.tables.equity_rows`.

    Raises:
        ReportError: the run is of an earlier version.
    """
    _check_kept(document)
    return list(equity_rows(daily_of(document["daily"]), document["metrics"]["start_equity"]))


def _check_kept(document: dict[str, Any]) -> None:
    if "daily" not in document:
        raise ReportError("it was computed by an earlier version, which kept less; run it again")
