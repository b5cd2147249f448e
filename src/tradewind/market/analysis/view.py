"""From an analysis to its HTTP shape; the command line prints the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from tradewind.core.analysis import LINE, NEEDED, Analysis, Phases, Readings, Shortage, Trend, VolumeProfile
from tradewind.core.values import decimal_of
from tradewind.kit.clock import from_ms
from tradewind.kit.language import Language
from tradewind.market.analysis.schemas import (
    AnalysisReport,
    AverageDistanceItem,
    LevelItem,
    MarketAnalysis,
    ReadingsItem,
    RegimeItem,
    RegimePhaseItem,
    RegimeShareItem,
    TrendItem,
    VolumeProfileItem,
)
from tradewind.market.analysis.service import Found
from tradewind.market.analysis.wording import sentences

#: Phases that are told; there may be dozens.
_PHASES = 12
_DIRECTIONS: dict[int, Literal["up", "down", "flat"]] = {1: "up", -1: "down", 0: "flat"}


def market_analysis(found: Found, language: Language) -> MarketAnalysis:
    """The analysis with prices on the symbol's digits, and its sentences in `language`."""
    return MarketAnalysis(
        symbol=found.symbol,
        timeframe=found.timeframe,
        candles=found.candles,
        needs=NEEDED,
        sentences=list(sentences(found, language)),
        report=_report(found),
    )


def _report(found: Found) -> AnalysisReport | None:
    if isinstance(found.result, Shortage):
        return None
    analysis, digits = found.result, found.digits
    return AnalysisReport(
        candle=from_ms(analysis.ts),
        close=_rounded(analysis.close, digits),
        window=analysis.window,
        regime=_regime(analysis.phases),
        readings=_readings(analysis.readings, digits),
        levels=_levels(analysis, digits),
        profile=None if analysis.profile is None else _profile(analysis.profile, digits),
        trends=[_trend(trend) for trend in analysis.trends],
        agreement=_rounded_or_none(analysis.agreement, 4),
    )


def _regime(phases: Phases) -> RegimeItem:
    now = phases.now
    return RegimeItem(
        regime=now.regime,
        since=from_ms(now.since),
        candles=now.candles,
        began=phases.now_began,
        shares=[RegimeShareItem(regime=regime, share=_rounded(share, 4)) for regime, share in phases.shares.items()],
        phases=[
            RegimePhaseItem(regime=run.regime, since=from_ms(run.since), candles=run.candles)
            for run in phases.runs[-_PHASES:]
        ],
    )


def _readings(read: Readings, digits: int) -> ReadingsItem:
    return ReadingsItem(
        rsi=_rounded(read.rsi, 4),
        adx=_rounded(read.adx, 4),
        plus_di=_rounded(read.plus_di, 4),
        minus_di=_rounded(read.minus_di, 4),
        atr=_rounded(read.atr, digits + 1),
        atr_percent=_rounded(read.atr_percent, 4),
        volatility_rank=_rounded(read.volatility_rank, 4),
        volume_ratio=_rounded_or_none(read.volume_ratio, 4),
        averages=[
            AverageDistanceItem(period=each.period, percent=_rounded_or_none(each.percent, 4), needs=each.needs)
            for each in read.averages
        ],
        range_low=_rounded(read.range_low, digits),
        range_high=_rounded(read.range_high, digits),
        range_position=_rounded(read.range_position, 4),
    )


def _levels(analysis: Analysis, digits: int) -> list[LevelItem]:
    return [
        LevelItem(
            price=_rounded(level.price, digits),
            low=_rounded(level.low, digits),
            high=_rounded(level.high, digits),
            role=level.role,
            touches=level.touches,
            first_touch=from_ms(level.first_touch),
            last_touch=from_ms(level.last_touch),
            strength=_rounded(level.strength, 4),
            flipped=level.flipped,
        )
        for level in analysis.levels
    ]


def _profile(profile: VolumeProfile, digits: int) -> VolumeProfileItem:
    return VolumeProfileItem(
        low=_rounded(profile.low, digits),
        high=_rounded(profile.high, digits),
        volumes=[decimal_of(volume) for volume in profile.volumes],
        poc=_rounded(profile.poc, digits),
        value_low=_rounded(profile.value_low, digits),
        value_high=_rounded(profile.value_high, digits),
        high_nodes=[_rounded(node, digits) for node in profile.high_nodes],
        low_nodes=[_rounded(node, digits) for node in profile.low_nodes],
    )


def _trend(trend: Trend) -> TrendItem:
    return TrendItem(
        timeframe=trend.timeframe,
        candles=trend.candles,
        needs=LINE,
        direction=None if trend.direction is None else _DIRECTIONS[trend.direction],
        strength=_rounded_or_none(trend.strength, 4),
    )


def _rounded(value: float, digits: int) -> Decimal:
    return round(decimal_of(value), digits)


def _rounded_or_none(value: float | None, digits: int) -> Decimal | None:
    return None if value is None else _rounded(value, digits)
