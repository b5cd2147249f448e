"""What a run can be asked for, and what the measures of its result are."""

from __future__ import annotations

from tradewind.billing import ResearchLimits
from tradewind.kit.clock import from_ms
from tradewind.kit.language import Language
from tradewind.market import MarketDataError
from tradewind.research.metrics import DEFINITIONS
from tradewind.research.runs.schemas import DefinitionItem, ResearchLimitsItem, ResearchOffer, SeriesItem
from tradewind.research.studies import CandleArchive


def offer(archive: CandleArchive, limits: ResearchLimits) -> ResearchOffer:
    """What `archive` has, with its spans, and what a plan allows. Files that cannot be read are left out."""
    series: list[SeriesItem] = []
    for timeframe, symbols in archive.series().items():
        for symbol in symbols:
            try:
                first, end = archive.span(symbol, timeframe)
            except MarketDataError:
                continue
            values = {"symbol": symbol, "timeframe": timeframe, "from": from_ms(first), "to": from_ms(end)}
            series.append(SeriesItem.model_validate(values))
    allowed = ResearchLimitsItem(runs=limits.runs, candles=limits.candles, trials=limits.trials)
    return ResearchOffer(series=series, limits=allowed)


def definitions(language: Language) -> list[DefinitionItem]:
    return [
        DefinitionItem(name=name, unit=each.unit, title=each.title[language], text=each.text[language])
        for name, each in DEFINITIONS.items()
    ]
